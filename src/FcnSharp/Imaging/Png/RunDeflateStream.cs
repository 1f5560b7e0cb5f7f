using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FcnSharp.Imaging;

/// <summary>
/// Packs bytes as a zlib stream (RFC 1950 and 1951) of literals and of runs of one byte. The differences of a picture's neighbours hardly repeat in
/// any other way, so nothing is searched for, which takes a fraction of the time. Each block has a code of its own.
/// </summary>
/// <param name="target">Receives the stream; stays open.</param>
internal sealed class RunDeflateStream(Stream target) : Stream
{
    private const int BlockBytes = 1 << 16;

    /// <summary>Runs are found by whole words of one byte.</summary>
    private const int Word = sizeof(ulong);

    /// <summary>No code is longer, so that four fit a word: with <see cref="BlockBytes"/> it costs nothing.</summary>
    private const int MostBits = 14;
    private const int MostHeaderBytes = 400;
    private const int EndOfBlock = 256;
    private const int LeastCopy = 3;
    private const int MostCopy = 258;

    private readonly byte[] _block = ArrayPool<byte>.Shared.Rent(BlockBytes);
    private readonly byte[] _packed = ArrayPool<byte>.Shared.Rent((BlockBytes * MostBits / 8) + MostHeaderBytes);
    private readonly uint[] _runs = ArrayPool<uint>.Shared.Rent(BlockBytes / Word);
    private readonly uint[] _codes = new uint[HuffmanCode.MostSymbols];
    private Adler32 _checksum = new();
    private (ulong Bits, int Count) _rest;
    private int _used;
    private bool _started;
    private bool _ended;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        while (!buffer.IsEmpty)
        {
            if (_used == BlockBytes)
            {
                WriteBlock(last: false);
            }

            int count = Math.Min(buffer.Length, BlockBytes - _used);
            buffer[..count].CopyTo(_block.AsSpan(_used));
            _used += count;
            buffer = buffer[count..];
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Ends the stream.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_ended)
        {
            _ended = true;
            try
            {
                WriteBlock(last: true);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(_block);
                ArrayPool<byte>.Shared.Return(_packed);
                ArrayPool<uint>.Shared.Return(_runs);
            }
        }

        base.Dispose(disposing);
    }

    private void WriteBlock(bool last)
    {
        ReadOnlySpan<byte> block = _block.AsSpan(0, _used);
        _checksum.Append(block);
        DeflateBits bits = new(_packed);
        if (!_started)
        {
            // Deflate with a window of 32 KB, made for speed.
            bits.Write(0x0178, 16);
            _started = true;
        }

        bits.Continue(_rest);
        bits.Write(last ? 1u : 0u, 1);
        Span<int> counts = stackalloc int[HuffmanCode.MostSymbols];
        counts.Clear();
        int runs = Count(block, counts);
        counts[EndOfBlock] = 1;
        if (block.IsEmpty)
        {
            // A code of one symbol would have no bits.
            counts[0] = 1;
        }

        WriteCodes(ref bits, counts);
        WriteSymbols(ref bits, block, _runs.AsSpan(0, runs));
        _rest = bits.Rest;
        if (last)
        {
            bits.Align();
        }

        target.Write(_packed, 0, bits.Length);
        if (last)
        {
            Span<byte> sum = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(sum, _checksum.Value);
            target.Write(sum);
        }

        _used = 0;
    }

    /// <summary>Finds runs, and counts the symbols that the block will have.</summary>
    private int Count(ReadOnlySpan<byte> block, Span<int> counts)
    {
        // Two equal bytes in turn would wait for each other in one table.
        Span<int> tables = stackalloc int[4 * 256];
        tables.Clear();
        ref int table = ref MemoryMarshal.GetReference(tables);
        int runs = 0;
        int done = 0;
        int i = 0;
        while (i <= block.Length - Word)
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(block[i..]);
            if (word != BitOperations.RotateLeft(word, 8))
            {
                CountWord(ref table, word);
                i += Word;
                continue;
            }

            byte value = (byte)word;
            int start = i;
            for (; start > done && block[start - 1] == value; start--)
            {
                counts[value]--;
            }

            int more = block[i..].IndexOfAnyExcept(value);
            done = i = more < 0 ? block.Length : i + more;
            _runs[runs++] = Run(start, i - start);
            CountRun(value, i - start, counts);
        }

        for (; i < block.Length; i++)
        {
            counts[block[i]]++;
        }

        for (int value = 0; value < 256; value++)
        {
            counts[value] += tables[value] + tables[256 + value] + tables[512 + value] + tables[768 + value];
        }

        return runs;
    }

    private static void CountWord(ref int table, ulong word)
    {
        for (int part = 0; part < 2; part++)
        {
            Unsafe.Add(ref table, (byte)word)++;
            Unsafe.Add(ref table, 256 + (byte)(word >> 8))++;
            Unsafe.Add(ref table, 512 + (byte)(word >> 16))++;
            Unsafe.Add(ref table, 768 + (byte)(word >> 24))++;
            word >>= 32;
        }
    }

    /// <summary>A run's first byte is a literal, and so are the last ones where they are too few to copy.</summary>
    private static void CountRun(byte value, int length, Span<int> counts)
    {
        (int whole, int rest) = Math.DivRem(length - 1, MostCopy);
        counts[value]++;
        counts[Copy(MostCopy).Symbol] += whole;
        if (rest >= LeastCopy)
        {
            counts[Copy(rest).Symbol]++;
        }
        else
        {
            counts[value] += rest;
        }
    }

    private void WriteSymbols(ref DeflateBits bits, scoped ReadOnlySpan<byte> block, scoped ReadOnlySpan<uint> runs)
    {
        int done = 0;
        foreach (uint run in runs)
        {
            (int start, int length) = ((int)(run >> 16), (int)(ushort)run + 1);
            bits.Write(block[done..(start + 1)], _codes);
            WriteCopies(ref bits, block[start], length - 1);
            done = start + length;
        }

        bits.Write(block[done..], _codes);
        WriteSymbol(ref bits, EndOfBlock);
    }

    private void WriteCopies(ref DeflateBits bits, byte value, int length)
    {
        (int whole, int rest) = Math.DivRem(length, MostCopy);
        for (int i = 0; i < whole; i++)
        {
            WriteCopy(ref bits, MostCopy);
        }

        if (rest >= LeastCopy)
        {
            WriteCopy(ref bits, rest);
            return;
        }

        for (int i = 0; i < rest; i++)
        {
            WriteSymbol(ref bits, value);
        }
    }

    private void WriteCopy(ref DeflateBits bits, int length)
    {
        (int symbol, int extra, int extraBits) = Copy(length);
        WriteSymbol(ref bits, symbol);

        // Then the distance, always 1: the one code of its alphabet, a bit of zero.
        bits.Write((uint)extra, extraBits + 1);
    }

    private void WriteSymbol(ref DeflateBits bits, int symbol) => bits.Write((ushort)_codes[symbol], (int)(_codes[symbol] >> 16));

    /// <summary>The symbol of a copy's length, and what of the length it leaves open (RFC 1951, 3.2.5): from 11 on four symbols for each power of two.</summary>
    private static (int Symbol, int Extra, int ExtraBits) Copy(int length)
    {
        if (length == MostCopy)
        {
            return (285, 0, 0);
        }

        int above = length - LeastCopy;
        int extraBits = Math.Max(0, BitOperations.Log2((uint)above) - 2);
        return (257 + (4 * extraBits) + (above >> extraBits), above & ((1 << extraBits) - 1), extraBits);
    }

    /// <summary>Where a run begins and how long it is, which may be the whole block.</summary>
    private static uint Run(int start, int length) => ((uint)start << 16) | (uint)(length - 1);

    /// <summary>Chooses the codes of a block and writes its head, from which a reader finds them, too.</summary>
    private void WriteCodes(ref DeflateBits bits, scoped ReadOnlySpan<int> counts)
    {
        Span<byte> lengths = stackalloc byte[HuffmanCode.MostSymbols];
        Span<ushort> codes = stackalloc ushort[HuffmanCode.MostSymbols];
        int symbols = counts.LastIndexOfAnyExcept(0) + 1;
        HuffmanCode.Lengths(counts, MostBits, lengths);
        HuffmanCode.Codes(lengths, codes);
        for (int symbol = 0; symbol < codes.Length; symbol++)
        {
            _codes[symbol] = codes[symbol] | ((uint)lengths[symbol] << 16);
        }

        DeflateHead.Write(ref bits, lengths[..symbols], [1]);
    }
}
