using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>A class index for each pixel: rows from the top, pixels from the left. Values are kept raw, up to 16 bits.</summary>
public sealed class LabelMap
{
    /// <summary>Creates a map of zeros.</summary>
    /// <exception cref="FcnSharpException">A side below 1, or more pixels than one array can hold.</exception>
    public LabelMap(int width, int height)
        : this(width, height, new ushort[ImageSize.CheckedLength(width, height, 1)])
    {
    }

    /// <summary>Wraps an array of height x width labels, which the map then owns.</summary>
    /// <exception cref="ArgumentException">The array's length does not fit the size.</exception>
    public LabelMap(int width, int height, ushort[] labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Length != ImageSize.CheckedLength(width, height, 1))
        {
            throw new ArgumentException($"A label map of {width}x{height} needs {(long)width * height} labels, found {labels.Length}.", nameof(labels));
        }

        Width = width;
        Height = height;
        Labels = labels;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>The label of each pixel, row by row; index y * Width + x.</summary>
    public ushort[] Labels { get; }

    /// <summary>One row of Width labels.</summary>
    public Span<ushort> Row(int y) => Labels.AsSpan(Width * y, Width);
}
