using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FcnSharp;

/// <summary>
/// The CRC-32 of ISO 3309 that ends every PNG chunk and guards every zip entry (reflected polynomial 0xEDB88320): 64 bytes a step where the processor
/// multiplies polynomials, else eight.
/// </summary>
internal struct Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const int Slices = 8;
    private const int Block = 16;
    private const int Step = 4 * Block;
    private static readonly uint[][] Tables = BuildTables();

    /// <summary>What moves a block on by a step, and by a block.</summary>
    private static readonly Vector128<ulong> ByStep = Factors(8 * Step);
    private static readonly Vector128<ulong> ByBlock = Factors(8 * Block);
    private uint _inverted;

    /// <summary>The checksum of all bytes appended so far; 0 for none.</summary>
    public readonly uint Value => _inverted ^ uint.MaxValue;

    /// <summary>Starts again.</summary>
    public void Reset() => _inverted = uint.MaxValue;

    /// <summary>Takes more bytes into the checksum; <see cref="Reset"/> must have been called first.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (Pclmulqdq.IsSupported && bytes.Length >= Step)
        {
            int folded = bytes.Length / Block * Block;
            _inverted = Fold(_inverted, bytes[..folded]);
            bytes = bytes[folded..];
        }

        _inverted = LookUp(_inverted, bytes);
    }

    private static uint LookUp(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[][] t = Tables;
        while (bytes.Length >= Slices)
        {
            uint low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = t[7][(byte)low] ^ t[6][(byte)(low >> 8)] ^ t[5][(byte)(low >> 16)] ^ t[4][low >> 24]
                ^ t[3][(byte)high] ^ t[2][(byte)(high >> 8)] ^ t[1][(byte)(high >> 16)] ^ t[0][high >> 24];
            bytes = bytes[Slices..];
        }

        foreach (byte b in bytes)
        {
            crc = t[0][(byte)(crc ^ b)] ^ (crc >> 8);
        }

        return crc;
    }

    /// <summary>
    /// Whole blocks. A block may be replaced by what it leaves at the place of a later one, which is its product with a power of x; so four blocks
    /// go along at once, and of all only the last is looked up.
    /// </summary>
    private static uint Fold(uint crc, ReadOnlySpan<byte> bytes)
    {
        Vector128<ulong> a = Load(bytes) ^ Vector128.CreateScalar((ulong)crc);
        Vector128<ulong> b = Load(bytes[Block..]);
        Vector128<ulong> c = Load(bytes[(2 * Block)..]);
        Vector128<ulong> d = Load(bytes[(3 * Block)..]);
        for (bytes = bytes[Step..]; bytes.Length >= Step; bytes = bytes[Step..])
        {
            a = Moved(a, ByStep) ^ Load(bytes);
            b = Moved(b, ByStep) ^ Load(bytes[Block..]);
            c = Moved(c, ByStep) ^ Load(bytes[(2 * Block)..]);
            d = Moved(d, ByStep) ^ Load(bytes[(3 * Block)..]);
        }

        Vector128<ulong> last = Moved(Moved(Moved(a, ByBlock) ^ b, ByBlock) ^ c, ByBlock) ^ d;
        for (; !bytes.IsEmpty; bytes = bytes[Block..])
        {
            last = Moved(last, ByBlock) ^ Load(bytes);
        }

        Span<byte> rest = stackalloc byte[Block];
        last.AsByte().CopyTo(rest);
        return LookUp(0, rest);
    }

    private static Vector128<ulong> Load(ReadOnlySpan<byte> bytes) => Vector128.Create(bytes).AsUInt64();

    private static Vector128<ulong> Moved(Vector128<ulong> block, Vector128<ulong> factors) =>
        Pclmulqdq.CarrylessMultiply(block, factors, 0x00) ^ Pclmulqdq.CarrylessMultiply(block, factors, 0x11);

    /// <summary>The powers of x that move the two halves of a block on by so many bits; the first half, which stands lower, has 64 more to go, and each 32 less for the size of the rest.</summary>
    private static Vector128<ulong> Factors(int bits) => Vector128.Create(Power(bits + 32), Power(bits - 32));

    /// <summary>x to a power, modulo the polynomial, reflected as all is here; a product of reflected numbers is one bit too low, which is put right in advance.</summary>
    private static ulong Power(int exponent)
    {
        uint power = 1u << 31;
        for (int i = 0; i < exponent; i++)
        {
            power = TimesX(power);
        }

        return (ulong)power << 1;
    }

    private static uint TimesX(uint c) => (c & 1) != 0 ? Polynomial ^ (c >> 1) : c >> 1;

    /// <summary>Table s gives the effect of a byte that has s further bytes behind it in the step.</summary>
    private static uint[][] BuildTables()
    {
        uint[][] tables = new uint[Slices][];
        tables[0] = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            uint c = n;
            for (int bit = 0; bit < 8; bit++)
            {
                c = TimesX(c);
            }

            tables[0][n] = c;
        }

        for (int s = 1; s < Slices; s++)
        {
            uint[] before = tables[s - 1];
            tables[s] = Array.ConvertAll(before, c => tables[0][(byte)c] ^ (c >> 8));
        }

        return tables;
    }
}
