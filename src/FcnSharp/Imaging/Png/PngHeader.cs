using System.Buffers.Binary;
using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>The header of a PNG (chunk IHDR): its size and how its pixels are stored.</summary>
/// <param name="Width">Width in pixels, from 1.</param>
/// <param name="Height">Height in pixels, from 1.</param>
/// <param name="BitDepth">Bits a sample: 1, 2, 4, 8 or 16.</param>
/// <param name="ColorType">What the samples of a pixel mean.</param>
/// <param name="Interlaced">Whether the pixels come in the seven passes of Adam7.</param>
public readonly record struct PngHeader(int Width, int Height, int BitDepth, PngColorType ColorType, bool Interlaced)
{
    /// <summary>The length of an IHDR chunk's data in bytes.</summary>
    internal const int Length = 13;

    /// <summary>The most samples of a row that is read or written: a damaged header must not ask for gigabytes.</summary>
    internal const int MaxRowSamples = 1 << 26;

    /// <summary>Samples a pixel: 1 (grey, palette), 2 (grey, alpha), 3 (RGB) or 4 (RGBA).</summary>
    public int Channels => ColorType switch
    {
        PngColorType.Rgb => 3,
        PngColorType.GreyAlpha => 2,
        PngColorType.Rgba => 4,
        _ => 1,
    };

    /// <summary>Samples a row: Width * Channels.</summary>
    public int RowSamples => Width * Channels;

    /// <summary>Bits a pixel: 1 to 64.</summary>
    internal int BitsPerPixel => BitDepth * Channels;

    /// <summary>The distance, in bytes, to the byte of the pixel before that the filters predict from.</summary>
    internal int FilterDistance => Math.Max(1, BitsPerPixel / 8);

    /// <summary>Bytes of a whole row, packed as in the file, without its filter byte.</summary>
    internal int RowBytes => PackedBytes(Width);

    /// <summary>Bytes of so many pixels, packed as in the file; the last byte may be partly used.</summary>
    internal int PackedBytes(int pixels) => (int)((((long)pixels * BitsPerPixel) + 7) / 8);

    /// <summary>For messages: "8-bit RGB", "16-bit grey with alpha".</summary>
    internal string Kind => $"{BitDepth}-bit {NameOf(ColorType)}";

    /// <summary>Reads and checks the data of an IHDR chunk.</summary>
    internal static PngHeader Parse(ReadOnlySpan<byte> data, string name)
    {
        uint width = BinaryPrimitives.ReadUInt32BigEndian(data);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
        {
            throw PngFailure.Damaged(name, $"expected a size of 1x1 to {int.MaxValue}x{int.MaxValue} pixels, found {width}x{height}");
        }

        CheckPixelKind(data[8], data[9], name);
        CheckMethods(data[10], data[11], data[12], name);
        PngHeader header = new((int)width, (int)height, data[8], (PngColorType)data[9], data[12] == 1);
        header.CheckRow(name);
        return header;
    }

    /// <summary>Throws unless the bit depth is one that the colour type allows.</summary>
    internal static void CheckPixelKind(int bitDepth, int colorType, string name)
    {
        int[] depths = (PngColorType)colorType switch
        {
            PngColorType.Grey => [1, 2, 4, 8, 16],
            PngColorType.Palette => [1, 2, 4, 8],
            PngColorType.Rgb or PngColorType.GreyAlpha or PngColorType.Rgba => [8, 16],
            _ => throw PngFailure.Damaged(name, $"expected colour type 0, 2, 3, 4 or 6, found {colorType}"),
        };
        if (!depths.Contains(bitDepth))
        {
            throw PngFailure.Damaged(name, $"{NameOf((PngColorType)colorType)} has a bit depth of {string.Join(" or ", depths)}, found {bitDepth}");
        }
    }

    /// <summary>Throws when one row is longer than <see cref="MaxRowSamples"/>.</summary>
    internal void CheckRow(string name)
    {
        int limit = MaxRowSamples / Channels;
        if (Width > limit)
        {
            throw new FcnSharpException($"{name}: a row of {Width} pixels ({Kind}) is too long, the limit is {limit}; cut the picture into narrower ones.");
        }
    }

    private static void CheckMethods(int compression, int filter, int interlace, string name)
    {
        if (compression != 0 || filter != 0 || interlace > 1)
        {
            throw PngFailure.Damaged(name, $"expected compression 0, filter 0 and interlace 0 or 1, found {compression}, {filter} and {interlace}");
        }
    }

    private static string NameOf(PngColorType colorType) => colorType switch
    {
        PngColorType.Grey => "grey",
        PngColorType.Rgb => "RGB",
        PngColorType.Palette => "palette",
        PngColorType.GreyAlpha => "grey with alpha",
        _ => "RGB with alpha",
    };
}
