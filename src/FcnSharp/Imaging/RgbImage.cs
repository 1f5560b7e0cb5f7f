using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>An 8-bit colour image: rows from the top, pixels from the left, three bytes R, G, B a pixel, no gaps.</summary>
public sealed class RgbImage
{
    /// <summary>Creates a black image.</summary>
    /// <exception cref="FcnSharpException">A side below 1, or more pixels than one array can hold.</exception>
    public RgbImage(int width, int height)
        : this(width, height, new byte[ImageSize.CheckedLength(width, height, 3)])
    {
    }

    /// <summary>Wraps an array of height x width x 3 bytes, which the image then owns.</summary>
    /// <exception cref="ArgumentException">The array's length does not fit the size.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.Length != ImageSize.CheckedLength(width, height, 3))
        {
            throw new ArgumentException($"An RGB image of {width}x{height} needs {3L * width * height} bytes, found {pixels.Length}.", nameof(pixels));
        }

        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>The bytes R, G, B of each pixel, row by row; index 3 * (y * Width + x).</summary>
    public byte[] Pixels { get; }

    /// <summary>One row: 3 * Width bytes.</summary>
    public Span<byte> Row(int y) => Pixels.AsSpan(3 * Width * y, 3 * Width);
}
