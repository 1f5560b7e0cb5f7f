namespace FcnSharp.Imaging;

/// <summary>Cuts parts out of images.</summary>
public static class ImageCrop
{
    private const int Channels = 3;

    /// <summary>A part of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="left">The first column.</param>
    /// <param name="top">The first row.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches out of the image.</exception>
    public static RgbImage Of(RgbImage image, int left, int top, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegative(left);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, image.Width - left);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, image.Height - top);
        var part = new RgbImage(width, height);
        for (int y = 0; y < height; y++)
        {
            image.Row(top + y).Slice(Channels * left, Channels * width).CopyTo(part.Row(y));
        }

        return part;
    }
}
