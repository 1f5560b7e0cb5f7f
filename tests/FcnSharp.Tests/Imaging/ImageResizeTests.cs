using FcnSharp.Imaging;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Imaging;

/// <summary>Images in another size, and parts of them.</summary>
public sealed class ImageResizeTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(100, 1)]
    [InlineData(31, 64)]
    public void One_colour_stays_one_colour(int width, int height)
    {
        var image = new RgbImage(13, 9);
        image.Pixels.AsSpan().Fill(201);

        RgbImage resized = ImageResize.Resize(image, width, height);

        Assert.Equal((width, height), (resized.Width, resized.Height));
        Assert.All(resized.Pixels, value => Assert.Equal(201, value));
    }

    [Fact]
    public void The_same_size_is_the_same_image()
    {
        RgbImage image = Noise(17, 11);

        Assert.Equal(image.Pixels, ImageResize.Resize(image, 17, 11).Pixels);
    }

    /// <summary>A pattern of single pixels becomes its mean; picking pixels would give black or white.</summary>
    [Fact]
    public void Shrinking_takes_the_mean_of_what_a_pixel_covers()
    {
        var image = new RgbImage(64, 64);
        for (int i = 0; i < 64 * 64; i++)
        {
            image.Pixels.AsSpan(3 * i, 3).Fill((i + i / 64) % 2 == 0 ? byte.MaxValue : (byte)0);
        }

        Assert.All(ImageResize.Resize(image, 8, 8).Pixels, value => Assert.InRange(value, 126, 129));
    }

    [Fact]
    public void Enlarging_is_bilinear_between_the_centres_of_pixels()
    {
        var image = new RgbImage(2, 1, [0, 0, 0, 100, 200, 40]);

        RgbImage resized = ImageResize.Resize(image, 4, 1);

        Assert.Equal([0, 0, 0, 25, 50, 10, 75, 150, 30, 100, 200, 40], resized.Pixels);
    }

    [Fact]
    public void Halving_weighs_four_pixels_by_a_triangle()
    {
        var image = new RgbImage(4, 1, [.. new byte[] { 0, 80, 160, 240 }.SelectMany(v => new[] { v, v, v })]);

        // The centres lie half a pixel off: weights 1/8, 3/8, 3/8, 1/8, of which the border cuts off the first.
        RgbImage resized = ImageResize.Resize(image, 2, 1);

        Assert.Equal((byte)Math.Round((3 * 0 + 3 * 80 + 160) / 7.0), resized.Pixels[0]);
        Assert.Equal((byte)Math.Round((80 + 3 * 160 + 3 * 240) / 7.0), resized.Pixels[3]);
    }

    [Fact]
    public void Rows_and_columns_are_treated_alike()
    {
        RgbImage image = Noise(40, 23);
        RgbImage turned = Turned(image);

        byte[] expected = Turned(ImageResize.Resize(image, 17, 50)).Pixels;
        byte[] actual = ImageResize.Resize(turned, 50, 17).Pixels;

        // Columns are summed before rows, so a half may be rounded the other way.
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second - pair.First, -1, 1));
    }

    [Fact]
    public void A_part_has_the_pixels_of_its_place()
    {
        RgbImage image = Noise(9, 7);
        RgbImage part = ImageResize.Crop(image, 2, 3, 4, 2);

        Assert.Equal((4, 2), (part.Width, part.Height));
        Assert.Equal(image.Row(4).Slice(6, 12).ToArray(), part.Row(1).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageResize.Crop(image, 6, 0, 4, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageResize.Crop(image, 0, 6, 1, 2));
        Assert.Throws<FcnSharpException>(() => ImageResize.Resize(image, 0, 3));
    }

    private static RgbImage Noise(int width, int height)
    {
        var image = new RgbImage(width, height);
        new Random(3).NextBytes(image.Pixels);
        return image;
    }

    private static RgbImage Turned(RgbImage image)
    {
        var turned = new RgbImage(image.Height, image.Width);
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                image.Row(y).Slice(3 * x, 3).CopyTo(turned.Row(x)[(3 * y)..]);
            }
        }

        return turned;
    }
}
