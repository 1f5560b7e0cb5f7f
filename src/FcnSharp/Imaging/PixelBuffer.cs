using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>The pixels of an image as any library holds them, in memory that stays the caller's. Nothing is copied until <see cref="ToImage"/>.</summary>
public readonly ref struct PixelBuffer
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>Describes pixels in memory.</summary>
    /// <param name="bytes">
    /// The rows, with what lies between them; what comes behind the last row does not matter. They may come from an array, or from a pointer by
    /// <c>new ReadOnlySpan&lt;byte&gt;(pointer, length)</c>, which begins at the lowest address even if the rows are upside down.
    /// </param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="format">The bytes of a pixel.</param>
    /// <param name="stride">Bytes from the start of a row to the start of the one below it; 0 for rows without gaps. Negative where the lowest row comes first, as in many Windows bitmaps.</param>
    /// <exception cref="FcnSharpException">A side below 1, an unknown format, rows that overlap, or too few bytes.</exception>
    public PixelBuffer(ReadOnlySpan<byte> bytes, int width, int height, PixelFormat format, int stride = 0)
    {
        if (!Enum.IsDefined(format))
        {
            throw new FcnSharpException($"A pixel buffer has one of the formats {string.Join(", ", Enum.GetNames<PixelFormat>())}, found {(int)format}.");
        }

        if (width < 1 || height < 1)
        {
            throw new FcnSharpException($"A pixel buffer needs at least 1x1 pixels, found {width}x{height}.");
        }

        long row = (long)width * BytesOf(format);
        long step = stride == 0 ? row : Math.Abs((long)stride);
        if (step < row)
        {
            throw new FcnSharpException($"A row of {width} pixels in {format} has {row} bytes, but the stride is {stride}; give the bytes from one row to the next.");
        }

        Int128 needed = ((Int128)step * (height - 1)) + row;
        if (bytes.Length < needed)
        {
            throw new FcnSharpException($"A pixel buffer of {width}x{height} in {format} with a stride of {(stride == 0 ? step : stride)} needs {needed} bytes, found {bytes.Length}; check size, format and stride.");
        }

        _bytes = bytes;
        (Width, Height, Format, Stride) = (width, height, format, stride == 0 ? (int)step : stride);
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>The bytes of a pixel.</summary>
    public PixelFormat Format { get; }

    /// <summary>Bytes from the start of a row to the start of the one below it.</summary>
    public int Stride { get; }

    /// <summary>A copy that depends on the memory no more.</summary>
    /// <exception cref="FcnSharpException">There are no pixels, or more than one array can hold.</exception>
    public RgbImage ToImage()
    {
        RgbImage image = new(Width, Height);
        int bytes = BytesOf(Format);
        for (int y = 0; y < Height; y++)
        {
            int start = Stride > 0 ? y * Stride : (Height - 1 - y) * -Stride;
            Convert(_bytes.Slice(start, Width * bytes), image.Row(y));
        }

        return image;
    }

    private static int BytesOf(PixelFormat format) => format switch
    {
        PixelFormat.Gray8 => 1,
        PixelFormat.Rgb24 or PixelFormat.Bgr24 => 3,
        _ => 4,
    };

    private void Convert(ReadOnlySpan<byte> source, Span<byte> target)
    {
        switch (Format)
        {
            case PixelFormat.Rgb24:
                source.CopyTo(target);
                break;
            case PixelFormat.Bgr24:
                Pick(source, target, 3, 2, 1, 0);
                break;
            case PixelFormat.Rgba32:
                Pick(source, target, 4, 0, 1, 2);
                break;
            case PixelFormat.Bgra32:
                Pick(source, target, 4, 2, 1, 0);
                break;
            case PixelFormat.Argb32:
                Pick(source, target, 4, 1, 2, 3);
                break;
            default:
                Pick(source, target, 1, 0, 0, 0);
                break;
        }
    }

    private static void Pick(ReadOnlySpan<byte> source, Span<byte> target, int step, int red, int green, int blue)
    {
        for (int from = 0, to = 0; to < target.Length; from += step, to += 3)
        {
            target[to] = source[from + red];
            target[to + 1] = source[from + green];
            target[to + 2] = source[from + blue];
        }
    }
}
