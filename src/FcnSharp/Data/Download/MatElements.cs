using System.Buffers.Binary;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Download;

/// <summary>Types of the elements of a MATLAB 5 file.</summary>
internal enum MatType
{
    /// <summary>Signed bytes; names are stored so.</summary>
    Int8 = 1,

    /// <summary>Bytes.</summary>
    UInt8 = 2,

    /// <summary>Signed numbers of four bytes.</summary>
    Int32 = 5,

    /// <summary>Numbers of four bytes.</summary>
    UInt32 = 6,

    /// <summary>Made of elements itself.</summary>
    Matrix = 14,

    /// <summary>Another element, compressed by zlib.</summary>
    Compressed = 15,
}

/// <summary>Walks over the elements of a MATLAB 5 file, or of a matrix in one.</summary>
/// <param name="bytes">The elements.</param>
/// <param name="padded">Whether each begins at a multiple of eight bytes, as within a matrix; else where the one before ends.</param>
/// <param name="name">What messages call the file.</param>
internal ref struct MatElements(ReadOnlySpan<byte> bytes, bool padded, string name)
{
    /// <summary>The class of a matrix that is a struct.</summary>
    public const byte StructClass = 2;

    private const int TagBytes = 8;
    private const int ComplexFlag = 0x08;
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Goes to the next element; false at the end.</summary>
    /// <exception cref="FcnSharpException">It is longer than what is left.</exception>
    public bool Next(out MatType type, out ReadOnlySpan<byte> data)
    {
        type = 0;
        data = default;
        if (_rest.Length < TagBytes)
        {
            return false;
        }

        uint first = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        uint length = first >> 16;
        if (length is > 0 and <= 4)
        {
            // Up to four bytes stand within the tag, their number in its upper half.
            type = (MatType)(first & 0xffff);
            data = _rest.Slice(4, (int)length);
            _rest = _rest[TagBytes..];
            return true;
        }

        type = (MatType)first;
        length = BinaryPrimitives.ReadUInt32LittleEndian(_rest[4..]);
        if (length > _rest.Length - TagBytes)
        {
            throw new FcnSharpException($"{name}: expected {length} bytes of an element, found {_rest.Length - TagBytes}; the file is damaged: download the archive again.");
        }

        data = _rest.Slice(TagBytes, (int)length);
        int end = TagBytes + (int)length;
        end = padded ? Math.Min((end + TagBytes - 1) / TagBytes * TagBytes, _rest.Length) : end;
        _rest = _rest[end..];
        return true;
    }

    /// <summary>The data of the next element.</summary>
    /// <exception cref="FcnSharpException">There is none, or it has another type.</exception>
    public ReadOnlySpan<byte> Read(MatType expected) => Next(out MatType type, out ReadOnlySpan<byte> data) && type == expected
        ? data
        : throw new FcnSharpException($"{name}: expected an element of type {(int)expected}, found {(int)type}; the file is damaged or of another version: download the archive again.");

    /// <summary>What a matrix begins with: its class, and whether it is of complex numbers.</summary>
    public (byte Class, bool IsComplex) Flags()
    {
        ReadOnlySpan<byte> flags = Read(MatType.UInt32);
        return flags.Length == 8
            ? (flags[0], (flags[1] & ComplexFlag) != 0)
            : throw new FcnSharpException($"{name}: expected the flags of a matrix in 8 bytes, found {flags.Length}; the file is damaged: download the archive again.");
    }
}
