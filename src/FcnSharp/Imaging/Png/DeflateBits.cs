using System.Buffers.Binary;

namespace FcnSharp.Imaging;

/// <summary>Bits in the order of deflate: the first is the lowest of the first byte.</summary>
/// <param name="bytes">Receives them, with eight bytes to spare behind them.</param>
internal ref struct DeflateBits(Span<byte> bytes)
{
    private readonly Span<byte> _bytes = bytes;
    private ulong _bits;
    private int _count;

    /// <summary>Whole bytes so far.</summary>
    public int Length { get; private set; }

    /// <summary>Bits of the byte behind these, up to 7, and how many.</summary>
    public readonly (ulong Bits, int Count) Rest => (_bits, _count);

    /// <summary>Appends up to 32 bits; those above must be zero.</summary>
    public void Write(uint bits, int count)
    {
        _bits |= (ulong)bits << _count;
        _count += count;
        Store();
    }

    /// <summary>Appends what each byte stands for.</summary>
    /// <param name="literals">The bytes.</param>
    /// <param name="codes">For each byte its code, and from bit 16 on how many bits it has, up to 14.</param>
    public void Write(scoped ReadOnlySpan<byte> literals, scoped ReadOnlySpan<uint> codes)
    {
        codes = codes[..256];
        ulong bits = _bits;
        int count = _count;
        int length = Length;
        int i = 0;
        for (; i <= literals.Length - 4; i += 4)
        {
            // Four of 14 bits and seven from before fit 64.
            uint a = codes[literals[i]];
            uint b = codes[literals[i + 1]];
            uint c = codes[literals[i + 2]];
            uint d = codes[literals[i + 3]];
            int first = (int)(a >> 16);
            int second = (int)(c >> 16);
            ulong firstPair = (ushort)a | ((ulong)(ushort)b << first);
            ulong secondPair = (ushort)c | ((ulong)(ushort)d << second);
            first += (int)(b >> 16);
            second += (int)(d >> 16);
            bits |= (firstPair | (secondPair << first)) << count;
            count += first + second;
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes[length..], bits);
            length += count >> 3;
            bits >>= count & ~7;
            count &= 7;
        }

        (_bits, _count, Length) = (bits, count, length);
        for (; i < literals.Length; i++)
        {
            uint code = codes[literals[i]];
            Write((ushort)code, (int)(code >> 16));
        }
    }

    /// <summary>Goes on where another left off.</summary>
    public void Continue((ulong Bits, int Count) rest) => (_bits, _count) = rest;

    /// <summary>Fills the last byte with zeros.</summary>
    public void Align()
    {
        Length += (_count + 7) >> 3;
        (_bits, _count) = (0, 0);
    }

    private void Store()
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes[Length..], _bits);
        Length += _count >> 3;
        _bits >>= _count & ~7;
        _count &= 7;
    }
}
