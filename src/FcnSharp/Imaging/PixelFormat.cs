namespace FcnSharp.Imaging;

/// <summary>
/// How the bytes of a pixel follow each other in memory. Libraries name formats by bytes or by the digits of a number, which little
/// endian machines store the other way round: Format24bppRgb of System.Drawing is <see cref="Bgr24"/> here, and its Format32bppArgb
/// is <see cref="Bgra32"/>.
/// </summary>
public enum PixelFormat
{
    /// <summary>Red, green, blue.</summary>
    Rgb24,

    /// <summary>Blue, green, red: what OpenCV and Windows bitmaps hold.</summary>
    Bgr24,

    /// <summary>Red, green, blue, alpha, which is left out.</summary>
    Rgba32,

    /// <summary>Blue, green, red, alpha, which is left out: what SkiaSharp and WPF hold.</summary>
    Bgra32,

    /// <summary>Alpha, which is left out, red, green, blue.</summary>
    Argb32,

    /// <summary>One byte for all three.</summary>
    Gray8,
}
