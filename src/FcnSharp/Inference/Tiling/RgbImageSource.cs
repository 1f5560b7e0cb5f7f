using FcnSharp.Imaging;

namespace FcnSharp.Inference.Tiling;

/// <summary>An image in memory, all of whose rows are always ready; nothing is copied.</summary>
public sealed class RgbImageSource(RgbImage image) : IPixelSource
{
    /// <inheritdoc/>
    public int Width => image.Width;

    /// <inheritdoc/>
    public int Height => image.Height;

    /// <inheritdoc/>
    public void ReadRows(int first, int count)
    {
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Row(int y) => image.Row(y);
}
