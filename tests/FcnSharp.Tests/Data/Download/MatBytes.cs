using System.IO.Compression;
using System.Text;

namespace FcnSharp.Tests.Data.Download;

/// <summary>MATLAB 5 files as MATLAB writes them, for tests.</summary>
internal static class MatBytes
{
    public const int Int8 = 1;
    public const int UInt8 = 2;
    public const int Int32 = 5;
    public const int UInt32 = 6;
    public const int Matrix = 14;
    public const int Compressed = 15;
    public const byte StructClass = 2;
    public const byte UInt8Class = 9;

    /// <summary>A label file of SBD: boundaries before the labels, what is present behind them.</summary>
    public static byte[] Sbd(int height, int width, Func<int, int, byte> label, bool compressed = true)
    {
        byte[] columns = [.. Enumerable.Range(0, width).SelectMany(x => Enumerable.Range(0, height).Select(y => label(x, y)))];
        byte[] content = Struct("GTcls",
            ("Boundaries", Numbers(3, 1, [1, 2, 3])), ("Segmentation", Numbers(height, width, columns)), ("CategoriesPresent", Numbers(0, 0, [])));
        return File(Numbers(1, 1, [7], "other"), compressed ? Element(Compressed, Zlib(content), pad: false) : content);
    }

    public static byte[] File(params byte[][] elements)
    {
        byte[] header = new byte[128];
        Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file".PadRight(116)).CopyTo(header, 0);
        (header[124], header[125], header[126], header[127]) = (0, 1, (byte)'I', (byte)'M');
        return [.. header, .. elements.SelectMany(element => element)];
    }

    public static byte[] Struct(string name, params (string Name, byte[] Matrix)[] fields) => Element(Matrix,
    [
        .. Element(UInt32, [StructClass, 0, 0, 0, 0, 0, 0, 0]), .. Element(Int32, [1, 0, 0, 0, 1, 0, 0, 0]), .. Element(Int8, Encoding.ASCII.GetBytes(name)),
        .. Element(Int32, [32, 0, 0, 0]), .. Element(Int8, [.. fields.SelectMany(field => Encoding.ASCII.GetBytes(field.Name.PadRight(32, '\0')))]),
        .. fields.SelectMany(field => field.Matrix),
    ]);

    public static byte[] Numbers(int height, int width, byte[] columns, string name = "", byte flags = 0) => Element(Matrix,
    [
        .. Element(UInt32, [UInt8Class, flags, 0, 0, 0, 0, 0, 0]), .. Element(Int32, [.. BitConverter.GetBytes(height), .. BitConverter.GetBytes(width)]),
        .. Element(Int8, Encoding.ASCII.GetBytes(name)), .. Element(UInt8, columns),
    ]);

    /// <summary>An element; one of up to four bytes in the short form.</summary>
    public static byte[] Element(int type, byte[] data, bool pad = true) => data.Length is > 0 and <= 4
        ? [.. BitConverter.GetBytes((short)type), .. BitConverter.GetBytes((short)data.Length), .. data, .. new byte[4 - data.Length]]
        : [.. BitConverter.GetBytes(type), .. BitConverter.GetBytes(data.Length), .. data, .. new byte[pad ? (8 - (data.Length % 8)) % 8 : 0]];

    public static byte[] Zlib(byte[] data)
    {
        using MemoryStream stream = new();
        using (ZLibStream zlib = new(stream, CompressionLevel.Optimal))
        {
            zlib.Write(data);
        }

        return stream.ToArray();
    }
}
