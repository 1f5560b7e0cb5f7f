using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Imaging;

public sealed class ResizeTests
{
    [Theory]
    [InlineData(13, 9)]
    [InlineData(1, 1)]
    [InlineData(5, 31)]
    [InlineData(26, 18)]
    [InlineData(12, 8)]
    [InlineData(40, 3)]
    public void Images_agree_with_the_filter_written_out(int width, int height)
    {
        RgbImage image = TestImages.Scene(26, 18).Image;
        RgbImage found = Resize.Image(image, width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < 3 * width; x++)
            {
                Assert.True(Math.Abs(found.Row(y)[x] - Naive(image, width, height, x / 3, y, x % 3)) <= 0.51, $"({x}, {y})");
            }
        }
    }

    [Fact]
    public void A_plain_colour_stays_and_the_same_size_is_a_copy()
    {
        RgbImage plain = new(31, 17);
        plain.Pixels.AsSpan().Fill(201);
        Assert.All(Resize.Image(plain, 7, 44).Pixels, value => Assert.Equal(201, value));
        RgbImage scene = TestImages.Scene(20, 16).Image;
        RgbImage copy = Resize.Image(scene, 20, 16);
        Assert.Equal(scene.Pixels, copy.Pixels);
        Assert.NotSame(scene.Pixels, copy.Pixels);
    }

    [Fact]
    public void Fine_stripes_become_grey_and_not_a_pattern()
    {
        RgbImage stripes = new(64, 64);
        for (int i = 0; i < stripes.Pixels.Length; i++)
        {
            stripes.Pixels[i] = (byte)(i / 3 % 2 * 254);
        }

        Assert.All(Resize.Image(stripes, 16, 16).Pixels.Skip(48).Take(48).Skip(3).SkipLast(3), value => Assert.InRange(value, 120, 134));
    }

    [Fact]
    public void Labels_take_the_label_at_the_centre()
    {
        LabelMap labels = new(4, 2, [1, 2, 3, 255, 5, 6, 7, 8]);
        Assert.Equal([2, 255], Resize.Labels(labels, 2, 1).Labels.Select(label => label == 6 ? 2 : label == 8 ? 255 : label));
        Assert.Equal([1, 1, 2, 2, 3, 3, 255, 255], Resize.Labels(labels, 8, 4).Row(1).ToArray());
        Assert.Equal(labels.Labels, Resize.Labels(labels, 4, 2).Labels);
        Assert.Equal([2, 7], Resize.Labels(new LabelMap(3, 1, [2, 9, 7]), 2, 1).Labels);
    }

    private static double Naive(RgbImage image, int width, int height, int x, int y, int c)
    {
        (double sum, double weights) = (0, 0);
        (double stepX, double stepY) = ((double)image.Width / width, (double)image.Height / height);
        for (int sy = 0; sy < image.Height; sy++)
        {
            for (int sx = 0; sx < image.Width; sx++)
            {
                double w = Tent(sx, x, stepX) * Tent(sy, y, stepY);
                sum += w * image.Pixels[(3 * ((sy * image.Width) + sx)) + c];
                weights += w;
            }
        }

        return sum / weights;
    }

    private static double Tent(int from, int to, double step) => Math.Max(0, 1 - (Math.Abs(from + 0.5 - ((to + 0.5) * step)) / Math.Max(1, step)));
}
