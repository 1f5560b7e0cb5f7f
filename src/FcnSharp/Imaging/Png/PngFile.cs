using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>
/// Whole PNG files, read and written at once. Labels are kept exactly: palette indices and grey values raw, up to 16 bits.
/// Files are written beside their target, flushed and renamed, so that a crash never leaves half of one.
/// For pictures larger than memory use <see cref="PngReader"/> and <see cref="PngWriter"/>.
/// </summary>
public static class PngFile
{
    /// <summary>The most pixels that are read at once unless the caller says otherwise: 2^28, about 800 MB of RGB.</summary>
    public const long DefaultMaxPixels = 1L << 28;

    /// <summary>
    /// Reads any PNG as an 8-bit RGB image: palette expanded, grey replicated, other depths scaled to 8 bits (rounded to
    /// nearest). Alpha and tRNS are left out and the stored colour is taken, as PIL, OpenCV and torchvision do when they are
    /// asked for RGB, so that a net sees the same numbers; compose transparent pictures before if that is not wanted.
    /// </summary>
    /// <param name="path">The file's path.</param>
    /// <param name="maxPixels">The most pixels to accept, checked before memory is asked for.</param>
    /// <exception cref="FcnSharpException">The file cannot be read, is no PNG, is damaged, or is larger than the limit.</exception>
    public static RgbImage ReadRgb(string path, long maxPixels = DefaultMaxPixels)
    {
        using PngReader reader = PngReader.Open(path, maxPixels);
        return ReadRgb(reader, path, maxPixels);
    }

    /// <summary>As <see cref="ReadRgb(string, long)"/>, from a stream, which stays open.</summary>
    /// <param name="stream">The file from its first byte.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="maxPixels">The most pixels to accept, checked before memory is asked for.</param>
    /// <exception cref="FcnSharpException">It is no PNG, is damaged, or is larger than the limit.</exception>
    public static RgbImage ReadRgb(Stream stream, string name, long maxPixels = DefaultMaxPixels)
    {
        using PngReader reader = new(stream, name, leaveOpen: true, maxPixels);
        return ReadRgb(reader, name, maxPixels);
    }

    /// <summary>
    /// Reads a label map: the palette index or the grey value of each pixel, raw, whatever its bit depth and whatever the
    /// palette and the gamma say. Files with colour or alpha samples are refused, as no class index can be read from them.
    /// </summary>
    /// <param name="path">The file's path.</param>
    /// <param name="maxPixels">The most pixels to accept, checked before memory is asked for.</param>
    /// <exception cref="FcnSharpException">The file cannot be read, is no PNG, is damaged, has colours, or is larger than the limit.</exception>
    public static LabelMap ReadLabels(string path, long maxPixels = DefaultMaxPixels)
    {
        using PngReader reader = PngReader.Open(path, maxPixels);
        return ReadLabels(reader, path, maxPixels);
    }

    /// <summary>As <see cref="ReadLabels(string, long)"/>, from a stream, which stays open.</summary>
    /// <param name="stream">The file from its first byte.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="maxPixels">The most pixels to accept, checked before memory is asked for.</param>
    /// <exception cref="FcnSharpException">It is no PNG, is damaged, has colours, or is larger than the limit.</exception>
    public static LabelMap ReadLabels(Stream stream, string name, long maxPixels = DefaultMaxPixels)
    {
        using PngReader reader = new(stream, name, leaveOpen: true, maxPixels);
        return ReadLabels(reader, name, maxPixels);
    }

    /// <summary>Writes an RGB image as an 8-bit RGB PNG.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="image">The image.</param>
    /// <param name="packing">What counts more, space or time.</param>
    /// <exception cref="FcnSharpException">The file cannot be written; an old one is left as it was.</exception>
    public static void WriteRgb(string path, RgbImage image, PngPacking packing = PngPacking.Small)
    {
        ArgumentNullException.ThrowIfNull(image);
        AtomicFile.Write(path, stream => WriteRgb(stream, image, packing));
    }

    /// <summary>
    /// Writes a label map: an 8-bit palette PNG when a palette is given and no label is above 255 (labels beyond the palette
    /// get black); else 8-bit grey, or 16-bit grey when a label is above 255. <see cref="ReadLabels(string, long)"/> gives the same labels back.
    /// </summary>
    /// <exception cref="FcnSharpException">The file cannot be written; an old one is left as it was.</exception>
    public static void WriteLabels(string path, LabelMap labels, Palette? palette = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        AtomicFile.Write(path, stream => WriteLabels(stream, labels, palette));
    }

    /// <summary>Writes numbers from 0 to 65535, such as measurements, as a 16-bit grey PNG.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="samples">A number for each pixel, row by row.</param>
    /// <exception cref="ArgumentException">Another count of numbers.</exception>
    /// <exception cref="FcnSharpException">The file cannot be written; an old one is left as it was.</exception>
    public static void WriteGrey16(string path, int width, int height, ushort[] samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Length != ImageSize.CheckedLength(width, height, 1))
        {
            throw new ArgumentException($"A picture of {width}x{height} needs {(long)width * height} numbers, found {samples.Length}.", nameof(samples));
        }

        AtomicFile.Write(path, stream =>
        {
            using PngWriter writer = new(stream, width, height, PngColorType.Grey, 16);
            for (int y = 0; y < height; y++)
            {
                writer.WriteRow(samples.AsSpan(y * width, width));
            }

            writer.Finish();
        });
    }

    /// <summary>The bytes of the file that <see cref="WriteRgb(string, RgbImage, PngPacking)"/> writes.</summary>
    public static byte[] EncodeRgb(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using MemoryStream stream = new();
        WriteRgb(stream, image, PngPacking.Small);
        return stream.ToArray();
    }

    /// <summary>The bytes of the file that <see cref="WriteLabels(string, LabelMap, Palette)"/> writes.</summary>
    public static byte[] EncodeLabels(LabelMap labels, Palette? palette = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        using MemoryStream stream = new();
        WriteLabels(stream, labels, palette);
        return stream.ToArray();
    }

    /// <summary>Throws when a picture that is to be held whole has more pixels than the caller accepts or an array of RGB holds.</summary>
    internal static void CheckPixels(PngHeader header, string name, long maxPixels)
    {
        long pixels = (long)header.Width * header.Height;
        long limit = Math.Min(maxPixels, Array.MaxLength / 3);
        if (pixels > limit)
        {
            throw new FcnSharpException($"{name}: the PNG has {header.Width}x{header.Height} = {pixels} pixels, the limit is {limit}; raise the limit, make the picture smaller, or read it by rows.");
        }
    }

    private static RgbImage ReadRgb(PngReader reader, string name, long maxPixels)
    {
        CheckPixels(reader.Header, name, maxPixels);
        RgbImage image = new(reader.Width, reader.Height);
        for (int y = 0; y < image.Height; y++)
        {
            reader.ReadRgbRow(image.Row(y));
        }

        return image;
    }

    private static LabelMap ReadLabels(PngReader reader, string name, long maxPixels)
    {
        if (reader.ColorType is not (PngColorType.Grey or PngColorType.Palette))
        {
            throw new FcnSharpException($"{name}: a label map has one class index a pixel (palette or grey PNG), found {reader.Header.Kind}; replace the colours by class indices and save it as palette or grey.");
        }

        CheckPixels(reader.Header, name, maxPixels);
        LabelMap labels = new(reader.Width, reader.Height);
        for (int y = 0; y < labels.Height; y++)
        {
            reader.ReadRow(labels.Row(y));
        }

        return labels;
    }

    private static void WriteRgb(Stream stream, RgbImage image, PngPacking packing)
    {
        using PngWriter writer = new(stream, image.Width, image.Height, PngColorType.Rgb, 8, packing: packing);
        for (int y = 0; y < image.Height; y++)
        {
            writer.WriteRow(image.Row(y));
        }

        writer.Finish();
    }

    private static void WriteLabels(Stream stream, LabelMap labels, Palette? palette)
    {
        ushort most = labels.Labels.Max();
        bool wide = most > byte.MaxValue;
        bool coloured = palette is not null && !wide;
        using PngWriter writer = new(
            stream,
            labels.Width,
            labels.Height,
            coloured ? PngColorType.Palette : PngColorType.Grey,
            wide ? 16 : 8,
            coloured ? palette!.PadTo(most + 1) : null,
            PngPacking.Labels);
        byte[] row = new byte[wide ? 0 : labels.Width];
        for (int y = 0; y < labels.Height; y++)
        {
            if (wide)
            {
                writer.WriteRow(labels.Row(y));
                continue;
            }

            PngSamples.Narrow(labels.Row(y), row);
            writer.WriteRow(row);
        }

        writer.Finish();
    }
}
