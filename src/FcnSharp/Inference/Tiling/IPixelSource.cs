namespace FcnSharp.Inference.Tiling;

/// <summary>An image that is read by rows from the top, so that it need not be in memory at once.</summary>
public interface IPixelSource
{
    /// <summary>Width in pixels.</summary>
    int Width { get; }

    /// <summary>Height in pixels.</summary>
    int Height { get; }

    /// <summary>Makes some rows ready for <see cref="Row"/>. Neither end ever goes back from one call to the next, so rows before the first may be forgotten for good.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many rows.</param>
    void ReadRows(int first, int count);

    /// <summary>A row among those that are ready: the bytes R, G, B of each pixel. Valid until the next <see cref="ReadRows"/>.</summary>
    ReadOnlySpan<byte> Row(int y);
}
