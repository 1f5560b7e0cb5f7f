using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FcnSharp.Tests.Imaging;

/// <summary>
/// A slow, plain PNG writer for tests, independent of the one under test: any depth, colour type, filter, interlacing and any
/// chunks, right or wrong.
/// </summary>
internal sealed class PngBuilder
{
    private static readonly byte[] SignatureBytes = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];
    private readonly List<byte> _bytes = [.. SignatureBytes];

    public byte[] ToArray() => [.. _bytes];

    public PngBuilder Chunk(string type, params byte[] data)
    {
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        _bytes.AddRange(number);
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        _bytes.AddRange(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        _bytes.AddRange(number);
        return this;
    }

    public PngBuilder Header(uint width, uint height, int depth, int colorType, int interlace = 0, int compression = 0, int filter = 0)
    {
        byte[] data = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(data, width);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4), height);
        (data[8], data[9], data[10], data[11], data[12]) = ((byte)depth, (byte)colorType, (byte)compression, (byte)filter, (byte)interlace);
        return Chunk("IHDR", data);
    }

    public PngBuilder Data(byte[] raw) => Chunk("IDAT", Deflate(raw));

    public PngBuilder End() => Chunk("IEND");

    /// <summary>A whole file; row y (of each pass) takes filter (y + firstFilter) mod 5.</summary>
    public static byte[] Image(ushort[] samples, int width, int height, int channels, int depth, int colorType, bool interlaced, int firstFilter, int chunkSize)
    {
        PngBuilder builder = new PngBuilder().Header((uint)width, (uint)height, depth, colorType, interlaced ? 1 : 0);
        if (colorType == 3)
        {
            builder.Chunk("PLTE", new byte[3 << depth]);
        }

        byte[] data = Deflate(Raw(samples, width, height, channels, depth, interlaced, firstFilter));
        foreach (byte[] part in data.Chunk(chunkSize))
        {
            builder.Chunk("IDAT", part).Chunk("IDAT");
        }

        return builder.Chunk("tEXt", 65, 0, 66).End().ToArray();
    }

    public static byte[] Raw(ushort[] samples, int width, int height, int channels, int depth, bool interlaced, int firstFilter)
    {
        int[][] passes = interlaced
            ? [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]]
            : [[0, 0, 1, 1]];
        List<byte> raw = [];
        int distance = Math.Max(1, channels * depth / 8);
        foreach (int[] p in passes)
        {
            byte[]? above = null;
            int n = 0;
            for (int y = p[1]; y < height && p[0] < width; y += p[3])
            {
                List<ushort> row = [];
                for (int x = p[0]; x < width; x += p[2])
                {
                    row.AddRange(samples.AsSpan(((y * width) + x) * channels, channels));
                }

                byte[] packed = Pack(row, depth);
                int filter = (firstFilter + n++) % 5;
                raw.Add((byte)filter);
                raw.AddRange(Filtered(filter, packed, above ?? new byte[packed.Length], distance));
                above = packed;
            }
        }

        return [.. raw];
    }

    public static byte[] Deflate(byte[] raw)
    {
        using MemoryStream stream = new();
        using (ZLibStream deflate = new(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(raw);
        }

        return stream.ToArray();
    }

    public static uint Crc(byte[] bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }

    private static byte[] Pack(List<ushort> row, int depth)
    {
        string bits = string.Concat(row.Select(sample => Convert.ToString(sample, 2).PadLeft(depth, '0')));
        bits = bits.PadRight((bits.Length + 7) / 8 * 8, '0');
        return [.. bits.Chunk(8).Select(b => Convert.ToByte(new string(b), 2))];
    }

    private static byte[] Filtered(int filter, byte[] row, byte[] above, int distance)
    {
        byte[] result = new byte[row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            int a = i >= distance ? row[i - distance] : 0;
            int b = above[i];
            int c = i >= distance ? above[i - distance] : 0;
            int p = a + b - c;
            int[] order = [a, b, c];
            int prediction = filter switch
            {
                0 => 0,
                1 => a,
                2 => b,
                3 => (a + b) / 2,
                _ => order.MinBy(v => Math.Abs(p - v)),
            };
            result[i] = (byte)(row[i] - prediction);
        }

        return result;
    }
}
