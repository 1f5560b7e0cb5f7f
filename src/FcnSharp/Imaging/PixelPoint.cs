namespace FcnSharp.Imaging;

/// <summary>A corner of pixels: (0, 0) is the image's upper left corner, (Width, Height) its lower right one, so pixel (x, y) lies between (x, y) and (x + 1, y + 1).</summary>
/// <param name="X">From the left edge, 0 to Width.</param>
/// <param name="Y">From the top edge, 0 to Height.</param>
public readonly record struct PixelPoint(int X, int Y);
