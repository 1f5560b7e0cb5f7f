using System.Buffers.Binary;

namespace FcnSharp;

/// <summary>The CRC-32 of ISO 3309 that ends every PNG chunk and guards every zip entry (reflected polynomial 0xEDB88320), eight bytes a step.</summary>
internal struct Crc32
{
    private const int Slices = 8;
    private static readonly uint[][] Tables = BuildTables();
    private uint _inverted;

    /// <summary>The checksum of all bytes appended so far; 0 for none.</summary>
    public readonly uint Value => _inverted ^ uint.MaxValue;

    /// <summary>Starts again.</summary>
    public void Reset() => _inverted = uint.MaxValue;

    /// <summary>Takes more bytes into the checksum; <see cref="Reset"/> must have been called first.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        uint crc = _inverted;
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

        _inverted = crc;
    }

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
                c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
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
