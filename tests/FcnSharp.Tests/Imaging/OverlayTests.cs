using FcnSharp.Imaging;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Imaging;

public sealed class OverlayTests
{
    private static readonly Palette TwoColors = new([10, 20, 30, 200, 100, 0]);

    [Fact]
    public void The_VOC_palette_follows_its_known_colours()
    {
        Assert.Equal(256, Palette.Voc.Count);
        Assert.Equal((0, 0, 0), Palette.Voc[0]);
        Assert.Equal((128, 0, 0), Palette.Voc[1]);
        Assert.Equal((0, 128, 0), Palette.Voc[2]);
        Assert.Equal((192, 128, 128), Palette.Voc[15]);
        Assert.Equal((0, 64, 128), Palette.Voc[20]);
        Assert.Equal((224, 224, 192), Palette.Voc[255]);
        Assert.Equal(256, Enumerable.Range(0, 256).Select(i => Palette.Voc[i]).Distinct().Count());
    }

    [Fact]
    public void A_palette_refuses_wrong_lengths_and_indices()
    {
        Assert.Throws<ArgumentException>(() => new Palette([]));
        Assert.Throws<ArgumentException>(() => new Palette(new byte[4]));
        Assert.Throws<ArgumentException>(() => new Palette(new byte[771]));
        Assert.Throws<ArgumentOutOfRangeException>(() => TwoColors[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => TwoColors[-1]);
    }

    [Theory]
    [InlineData(0.0, 100, 101, 102)]
    [InlineData(0.5, 150, 101, 51)]
    [InlineData(1.0, 200, 100, 0)]
    public void Blend_mixes_by_opacity_and_rounds_to_nearest(double opacity, int r, int g, int b)
    {
        RgbImage image = new(1, 1, [100, 101, 102]);
        byte[] pixels = Overlay.Blend(image, new LabelMap(1, 1, [1]), TwoColors, opacity).Pixels;
        Assert.Equal([(byte)r, (byte)g, (byte)b], pixels);
        Assert.Equal([100, 101, 102], image.Pixels);
    }

    [Fact]
    public void Blend_leaves_void_alone_and_starts_again_beyond_the_palette()
    {
        RgbImage image = new(3, 1, [1, 2, 3, 1, 2, 3, 1, 2, 3]);
        byte[] pixels = Overlay.Blend(image, new LabelMap(3, 1, [255, 2, 3]), TwoColors, 1, voidLabel: 255).Pixels;
        Assert.Equal([1, 2, 3, 10, 20, 30, 200, 100, 0], pixels);
    }

    /// <summary>Runs of labels shorter and longer than a vector, with void between: each byte as the formula says.</summary>
    [Fact]
    public void Blend_is_the_same_for_runs_of_any_length()
    {
        Random random = new(1);
        RgbImage image = new(1000, 5);
        random.NextBytes(image.Pixels);
        LabelMap labels = new(1000, 5);
        for (int at = 0; at < labels.Labels.Length;)
        {
            int length = Math.Min(labels.Labels.Length - at, random.Next(1, 60));
            labels.Labels.AsSpan(at, length).Fill((ushort)random.Next(5));
            at += length;
        }

        Palette palette = new([0, 255, 30, 200, 100, 0, 1, 2, 3]);
        foreach (double opacity in (double[])[0, 0.3, 0.6, 1])
        {
            byte[] pixels = Overlay.Blend(image, labels, palette, opacity, voidLabel: 4).Pixels;
            long share = (long)Math.Round(opacity * 65536);
            Assert.Equal(image.Pixels.Select((pixel, i) => labels.Labels[i / 3] == 4
                ? pixel
                : (byte)(((pixel * (65536 - share)) + (palette.Bytes[(labels.Labels[i / 3] % 3 * 3) + (i % 3)] * share) + 32768) >> 16)), pixels);
        }
    }

    [Fact]
    public void A_comparison_is_image_truth_prediction_and_errors_side_by_side()
    {
        RgbImage image = new(1, 1, [100, 100, 100]);
        RgbImage picture = Overlay.Comparison(image, new LabelMap(1, 1, [0]), new LabelMap(1, 1, [1]), TwoColors, 255);

        Assert.Equal(4 + 3 * 4, picture.Width);
        (byte, byte, byte) At(int x) => (picture.Pixels[3 * x], picture.Pixels[3 * x + 1], picture.Pixels[3 * x + 2]);
        Assert.Equal(((byte)100, (byte)100, (byte)100), At(0));
        Assert.Equal((byte.MaxValue, byte.MaxValue, byte.MaxValue), At(1));
        Assert.Equal(((byte)37, (byte)44, (byte)51), At(5));
        Assert.Equal(((byte)170, (byte)100, (byte)30), At(10));
        Assert.Equal(Overlay.Wrong, At(15));
        byte[] ofVoid = Overlay.Comparison(image, new LabelMap(1, 1, [255]), new LabelMap(1, 1, [1]), TwoColors, 255).Pixels;
        Assert.Equal((100, 0), (ofVoid[15], ofVoid[45]));
    }

    [Fact]
    public void Errors_tell_right_wrong_and_void()
    {
        byte[] pixels = Overlay.Errors(new LabelMap(3, 1, [1, 1, 255]), new LabelMap(3, 1, [1, 2, 1]), 255).Pixels;
        Assert.Equal(Overlay.Correct, (pixels[0], pixels[1], pixels[2]));
        Assert.Equal(Overlay.Wrong, (pixels[3], pixels[4], pixels[5]));
        Assert.Equal([0, 0, 0], pixels[6..]);
    }

    [Fact]
    public void Panels_stand_side_by_side_on_white()
    {
        RgbImage panels = Overlay.Panels([new RgbImage(1, 2), new RgbImage(2, 1)], gap: 1);
        Assert.Equal((4, 2), (panels.Width, panels.Height));
        Assert.Equal([0, 0, 0, 255, 255, 255, 0, 0, 0, 0, 0, 0], panels.Row(0).ToArray());
        Assert.Equal([0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255], panels.Row(1).ToArray());
    }

    [Fact]
    public void Wrong_sizes_and_opacities_are_one_line_each()
    {
        RgbImage image = new(2, 2);
        LabelMap labels = new(2, 3);
        Assert.Contains("2x3", Assert.Throws<FcnSharpException>(() => Overlay.Blend(image, labels, TwoColors, 0.5)).Message, StringComparison.Ordinal);
        Assert.Contains("2x2", Assert.Throws<FcnSharpException>(() => Overlay.Errors(new LabelMap(2, 2), labels, 255)).Message, StringComparison.Ordinal);
        Assert.Throws<FcnSharpException>(() => Overlay.Blend(image, new LabelMap(2, 2), TwoColors, double.NaN));
        Assert.Throws<FcnSharpException>(() => Overlay.Blend(image, new LabelMap(2, 2), TwoColors, 1.01));
        Assert.Throws<FcnSharpException>(() => Overlay.Panels([], 1));
        Assert.Throws<FcnSharpException>(() => Overlay.Panels([image, image], int.MaxValue));
    }
}
