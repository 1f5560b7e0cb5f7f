namespace FcnSharp.Graph;

/// <summary>
/// Where the pixels of a value lie on the net's input, along one axis: pixel i sees <see cref="Size"/> input pixels around
/// <see cref="Centre"/> + i * <see cref="Stride"/>. Both may be fractions: an even window is centred between two pixels.
/// </summary>
/// <param name="Stride">Input pixels between two pixels of the value.</param>
/// <param name="Centre">The input position that pixel 0 is centred on; negative where padding shifts it out.</param>
/// <param name="Size">The receptive field: input pixels that one pixel of the value sees, padding included.</param>
public readonly record struct PixelGrid(double Stride, double Centre, double Size)
{
    /// <summary>The grid of the input itself.</summary>
    public static PixelGrid Input { get; } = new(1, 0, 1);

    /// <summary>The first input position that a pixel of the value sees; it may lie in the padding.</summary>
    public double FirstSeenBy(int pixel) => Centre + pixel * Stride - (Size - 1) / 2;

    /// <summary>The last input position that a pixel of the value sees; it may lie in the padding.</summary>
    public double LastSeenBy(int pixel) => FirstSeenBy(pixel) + Size - 1;

    /// <summary>The grid after a window has moved over this one.</summary>
    internal PixelGrid After(LayerWindow window) => window.Transposed
        ? new(Stride / window.Stride, Centre + (window.Padding - (window.Extent - 1) / 2.0) / window.Stride * Stride, Size + (Math.Ceiling((double)window.Extent / window.Stride) - 1) * Stride)
        : new(Stride * window.Stride, Centre + ((window.Extent - 1) / 2.0 - window.Padding) * Stride, Size + (window.Extent - 1) * Stride);

    /// <summary>The grid without its first pixels.</summary>
    internal PixelGrid From(int offset) => this with { Centre = Centre + offset * Stride };

    /// <summary>The grid of a value that is computed from two values at the same place; null if their pixels do not lie as far apart.</summary>
    internal PixelGrid? With(PixelGrid other)
    {
        // Two fields of one stride need not have one centre: together they see from the first to the last.
        double first = Math.Min(FirstSeenBy(0), other.FirstSeenBy(0));
        double last = Math.Max(LastSeenBy(0), other.LastSeenBy(0));
        return Stride == other.Stride ? new PixelGrid(Stride, Size >= other.Size ? Centre : other.Centre, last - first + 1) : null;
    }
}
