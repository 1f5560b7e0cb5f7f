using System.Buffers.Binary;
using System.Text;

namespace FcnSharp.Tests.Formats.Caffe;

/// <summary>Builds .caffemodel files field by field, so that tests can say what the writer never would.</summary>
internal static class CaffeBytes
{
    private const int VarintType = 0;
    private const int DoubleType = 1;
    private const int BytesType = 2;
    private const int FloatType = 5;

    public static byte[] Varint(int field, long value) => [.. Number((field << 3) | VarintType), .. Number(value)];

    public static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    public static byte[] Bytes(int field, params byte[][] content)
    {
        byte[] all = [.. content.SelectMany(part => part)];
        return [.. Length(field, all.Length), .. all];
    }

    /// <summary>A tag and a length, without the bytes that it promises.</summary>
    public static byte[] Length(int field, long length) => [.. Number((field << 3) | BytesType), .. Number(length)];

    public static byte[] Float(int field, float value) => [.. Number((field << 3) | FloatType), .. Floats(value)];

    public static byte[] Double(int field, double value) => [.. Number((field << 3) | DoubleType), .. Doubles(value)];

    public static byte[] Floats(params float[] values)
    {
        byte[] bytes = new byte[sizeof(float) * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(sizeof(float) * i), values[i]);
        }

        return bytes;
    }

    public static byte[] Doubles(params double[] values)
    {
        byte[] bytes = new byte[sizeof(double) * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(sizeof(double) * i), values[i]);
        }

        return bytes;
    }

    /// <summary>A layer of the newer format with one blob.</summary>
    public static byte[] Layer(string name, params byte[][] blob) => Bytes(100, Text(1, name), Text(2, "Convolution"), Bytes(7, blob));

    /// <summary>A blob's shape in the newer form.</summary>
    public static byte[] Shape(params long[] dimensions) => Bytes(7, Bytes(1, [.. dimensions.Select(Number)]));

    private static byte[] Number(long value)
    {
        List<byte> bytes = [];
        ulong rest = (ulong)value;
        do
        {
            bytes.Add((byte)((rest & 0x7F) | (rest > 0x7F ? 0x80u : 0)));
            rest >>= 7;
        }
        while (rest != 0);
        return [.. bytes];
    }
}
