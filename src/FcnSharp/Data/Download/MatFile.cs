using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Download;

/// <summary>
/// Reads a matrix of bytes that is a field of a struct in a MATLAB 5 file (.mat of version 5 to 7.2, little-endian, compressed or not).
/// Such a file is a row of elements: a type, a length, the data; matrices are elements made of elements.
/// </summary>
internal static class MatFile
{
    private const int HeaderBytes = 128;
    private const int EndianMark = 126;
    private const int MaxExpanded = 64 << 20;

    /// <summary>Reads the labels.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="variable">The struct's name.</param>
    /// <param name="field">The field's name.</param>
    /// <exception cref="FcnSharpException">It is no such file, is damaged, or has no such field of bytes.</exception>
    public static LabelMap ReadLabels(ReadOnlyMemory<byte> file, string name, string variable, string field)
    {
        ReadOnlySpan<byte> bytes = file.Span;
        if (bytes.Length < HeaderBytes || bytes[EndianMark] != 'I' || bytes[EndianMark + 1] != 'M' || bytes[EndianMark - 1] != 1)
        {
            throw Bad(name, "expected the header of a little-endian MATLAB 5 file");
        }

        MatElements variables = new(bytes[HeaderBytes..], padded: false, name);
        while (variables.Next(out MatType type, out ReadOnlySpan<byte> data))
        {
            byte[]? expanded = type == MatType.Compressed ? Expand(data, name) : null;
            if (expanded is not null)
            {
                new MatElements(expanded, padded: false, name).Next(out type, out data);
            }

            if (type == MatType.Matrix && FindField(new(data, padded: true, name), variable, field, name) is { Length: > 0 } matrix)
            {
                return ReadMatrix(new(matrix, padded: true, name), name, field);
            }
        }

        throw Bad(name, $"expected a struct {variable} with a field {field}");
    }

    /// <summary>The content of the field's matrix; empty where the element is another variable or has no such field.</summary>
    private static ReadOnlySpan<byte> FindField(MatElements elements, string variable, string field, string name)
    {
        byte matrixClass = elements.Flags().Class;
        ReadOnlySpan<byte> dimensions = elements.Read(MatType.Int32);
        string found = Encoding.ASCII.GetString(elements.Read(MatType.Int8));
        if (found != variable || matrixClass != MatElements.StructClass)
        {
            return default;
        }

        if (dimensions.Length != 8 || Number(dimensions) != 1 || Number(dimensions[4..]) != 1)
        {
            throw Bad(name, $"expected {variable} to be a single struct");
        }

        ReadOnlySpan<byte> length = elements.Read(MatType.Int32);
        int nameBytes = length.Length == 4 ? Number(length) : 0;
        ReadOnlySpan<byte> names = elements.Read(MatType.Int8);
        if (nameBytes < 1 || names.Length % nameBytes != 0)
        {
            throw Bad(name, $"expected names of the fields of {variable}");
        }

        for (int i = 0; i < names.Length; i += nameBytes)
        {
            ReadOnlySpan<byte> matrix = elements.Read(MatType.Matrix);
            if (Encoding.ASCII.GetString(names.Slice(i, nameBytes)).TrimEnd('\0') == field)
            {
                return matrix;
            }
        }

        return default;
    }

    private static LabelMap ReadMatrix(MatElements elements, string name, string field)
    {
        bool isComplex = elements.Flags().IsComplex;
        ReadOnlySpan<byte> dimensions = elements.Read(MatType.Int32);
        elements.Read(MatType.Int8);
        if (isComplex || dimensions.Length != 8)
        {
            throw Bad(name, $"expected {field} to be a matrix of rows and columns");
        }

        int height = Number(dimensions);
        int width = Number(dimensions[4..]);
        ReadOnlySpan<byte> values = elements.Read(MatType.UInt8);
        if (height < 1 || width < 1 || (long)height * width != values.Length)
        {
            throw Bad(name, $"expected {height}x{width} bytes of {field}, found {values.Length}");
        }

        LabelMap labels = new(width, height);
        for (int y = 0; y < height; y++)
        {
            Span<ushort> row = labels.Row(y);
            for (int x = 0; x < width; x++)
            {
                // MATLAB stores columns one after the other.
                row[x] = values[(x * height) + y];
            }
        }

        return labels;
    }

    private static byte[] Expand(ReadOnlySpan<byte> data, string name)
    {
        try
        {
            using ZLibStream zlib = new(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
            using MemoryStream expanded = new();
            byte[] block = new byte[1 << 16];
            for (int read; (read = zlib.Read(block)) > 0;)
            {
                expanded.Write(block, 0, read);
                if (expanded.Length > MaxExpanded)
                {
                    throw Bad(name, $"expected at most {MaxExpanded} bytes of uncompressed labels");
                }
            }

            return expanded.ToArray();
        }
        catch (InvalidDataException e)
        {
            throw Bad(name, "expected data that can be decompressed", e);
        }
    }

    private static int Number(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(bytes);

    private static FcnSharpException Bad(string name, string expected, Exception? cause = null) =>
        new($"{name}: {expected}; the file is damaged or of another version: download the archive again.", cause);
}
