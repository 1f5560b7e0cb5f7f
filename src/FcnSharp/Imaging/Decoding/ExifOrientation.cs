using System.Buffers.Binary;

namespace FcnSharp.Imaging;

/// <summary>
/// Finds the one EXIF tag that changes pixels, orientation (0x0112), in JPEG (segment APP1), WebP (chunk EXIF) and PNG (chunk
/// eXIf). EXIF is often damaged by tools that rewrite it: what cannot be read counts as upright, as viewers do.
/// </summary>
internal static class ExifOrientation
{
    private const int OrientationTag = 0x0112;
    private const int MaxChunks = 10_000;
    private const int MaxExifBytes = 1 << 20;

    /// <summary>The orientation that a file asks for. The stream is read from where it stands, its position is not kept.</summary>
    public static ImageOrientation Read(Stream stream)
    {
        Span<byte> head = stackalloc byte[12];
        int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        head = head[..read];
        byte[]? exif = null;
        if (head.StartsWith(new byte[] { 0xFF, 0xD8 }))
        {
            stream.Seek(2 - read, SeekOrigin.Current);
            exif = FromJpeg(stream);
        }
        else if (head.StartsWith("RIFF"u8) && read == 12)
        {
            exif = FromChunks(stream, "EXIF"u8, bigEndian: false);
        }
        else if (head.StartsWith(PngChunkReader.Signature))
        {
            stream.Seek(8 - read, SeekOrigin.Current);
            exif = FromChunks(stream, "eXIf"u8, bigEndian: true);
        }

        return exif is null ? ImageOrientation.Upright : Parse(exif);
    }

    /// <summary>The orientation in a TIFF structure, with or without EXIF's six bytes before it.</summary>
    internal static ImageOrientation Parse(ReadOnlySpan<byte> exif)
    {
        ReadOnlySpan<byte> tiff = exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif;
        bool little = tiff.StartsWith("II*\0"u8);
        if ((!little && !tiff.StartsWith("MM\0*"u8)) || tiff.Length < 10)
        {
            return ImageOrientation.Upright;
        }

        uint start = UInt32(tiff[4..], little);
        if (start > tiff.Length - 2)
        {
            return ImageOrientation.Upright;
        }

        ReadOnlySpan<byte> directory = tiff[(int)start..];
        int entries = Math.Min(UInt16(directory, little), (directory.Length - 2) / 12);
        for (int i = 0; i < entries; i++)
        {
            ReadOnlySpan<byte> entry = directory.Slice(2 + (12 * i), 12);
            if (UInt16(entry, little) == OrientationTag)
            {
                // SHORT by the standard; some writers store LONG.
                long value = UInt16(entry[2..], little) switch
                {
                    3 => UInt16(entry[8..], little),
                    4 => UInt32(entry[8..], little),
                    _ => 1,
                };
                return value is >= 1 and <= 8 ? (ImageOrientation)value : ImageOrientation.Upright;
            }
        }

        return ImageOrientation.Upright;
    }

    private static byte[]? FromJpeg(Stream stream)
    {
        byte[] segment = new byte[4];
        for (int i = 0; i < MaxChunks; i++)
        {
            if (stream.ReadAtLeast(segment, 4, throwOnEndOfStream: false) < 4 || segment[0] != 0xFF)
            {
                return null;
            }

            if (segment[1] == 0xFF)
            {
                // A fill byte before the marker.
                stream.Seek(-3, SeekOrigin.Current);
                continue;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(segment.AsSpan(2)) - 2;
            if (segment[1] is 0xDA or 0xD9 || length < 0)
            {
                return null;
            }

            if (segment[1] == 0xE1 && length > 6)
            {
                byte[] data = new byte[length];
                if (stream.ReadAtLeast(data, length, throwOnEndOfStream: false) < length)
                {
                    return null;
                }

                // APP1 also carries XMP.
                if (data.AsSpan().StartsWith("Exif\0"u8))
                {
                    return data;
                }

                continue;
            }

            stream.Seek(length, SeekOrigin.Current);
        }

        return null;
    }

    /// <summary>Walks the chunks of RIFF (type, little-endian length, padded to even) or of PNG (big-endian length, type, checksum).</summary>
    private static byte[]? FromChunks(Stream stream, ReadOnlySpan<byte> wanted, bool bigEndian)
    {
        byte[] header = new byte[8];
        for (int i = 0; i < MaxChunks && stream.ReadAtLeast(header, 8, throwOnEndOfStream: false) == 8; i++)
        {
            uint length = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(header) : BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4));
            if (header.AsSpan(bigEndian ? 4 : 0, 4).SequenceEqual(wanted))
            {
                if (length > Math.Min(MaxExifBytes, stream.Length - stream.Position))
                {
                    return null;
                }

                byte[] data = new byte[length];
                stream.ReadExactly(data);
                return data;
            }

            stream.Seek(bigEndian ? length + 4L : length + (length & 1L), SeekOrigin.Current);
        }

        return null;
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint UInt32(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
