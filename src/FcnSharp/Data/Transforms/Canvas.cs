using FcnSharp.Imaging;

namespace FcnSharp.Data.Transforms;

/// <summary>Cuts a window out of a sample that may reach beyond it: there the image has the fill colour and the labels are void.</summary>
internal static class Canvas
{
    /// <summary>The mean colour of ImageNet, near 0 once a net's means are subtracted.</summary>
    public static (byte R, byte G, byte B) Fill => (123, 117, 104);

    /// <summary>The window of width x height whose upper left pixel is (left, top) of the sample.</summary>
    public static Sample Window(Sample sample, int left, int top, int width, int height, int ignoreIndex)
    {
        if (left == 0 && top == 0 && width == sample.Image.Width && height == sample.Image.Height)
        {
            return sample;
        }

        (RgbImage image, LabelMap labels) = Blank(width, height, ignoreIndex);
        int from = Math.Max(0, left);
        int count = Math.Min(sample.Image.Width, left + width) - from;
        for (int y = Math.Max(0, -top); count > 0 && y < Math.Min(height, sample.Image.Height - top); y++)
        {
            sample.Image.Row(y + top).Slice(3 * from, 3 * count).CopyTo(image.Row(y)[(3 * (from - left))..]);
            sample.Labels.Row(y + top).Slice(from, count).CopyTo(labels.Row(y)[(from - left)..]);
        }

        return sample with { Image = image, Labels = labels };
    }

    /// <summary>Nothing but fill and void.</summary>
    public static (RgbImage Image, LabelMap Labels) Blank(int width, int height, int ignoreIndex)
    {
        RgbImage image = new(width, height);
        LabelMap labels = new(width, height);
        labels.Labels.AsSpan().Fill((ushort)ignoreIndex);
        (byte r, byte g, byte b) = Fill;
        for (int i = 0; i < image.Pixels.Length; i += 3)
        {
            (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2]) = (r, g, b);
        }

        return (image, labels);
    }
}
