namespace FcnSharp.Imaging;

/// <summary>The head of a deflate block with codes of its own (RFC 1951, 3.2.7): the lengths of these codes, packed by a code in turn.</summary>
internal static class DeflateHead
{
    private const int RepeatLast = 16;
    private const int FewZeros = 17;
    private const int ManyZeros = 18;
    private const int Symbols = 19;
    private const int MostBits = 7;

    /// <summary>The order in which the lengths of the lengths' code stand.</summary>
    private static ReadOnlySpan<byte> Order => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    /// <summary>Writes the kind of the block and its codes.</summary>
    /// <param name="bits">Where the block has begun with the bit that tells whether it is the last.</param>
    /// <param name="lengths">Bits of each literal and length, 257 to 286 of them.</param>
    /// <param name="distances">Bits of each distance, 1 to 30 of them.</param>
    public static void Write(ref DeflateBits bits, scoped ReadOnlySpan<byte> lengths, scoped ReadOnlySpan<byte> distances)
    {
        Span<byte> all = stackalloc byte[HuffmanCode.MostSymbols + 30];
        lengths.CopyTo(all);
        distances.CopyTo(all[lengths.Length..]);
        Span<Token> tokens = stackalloc Token[all.Length];
        tokens = tokens[..Pack(all[..(lengths.Length + distances.Length)], tokens)];

        Span<int> counts = stackalloc int[Symbols];
        counts.Clear();
        foreach (Token token in tokens)
        {
            counts[token.Symbol]++;
        }

        Span<byte> bitsOf = stackalloc byte[Symbols];
        Span<ushort> codes = stackalloc ushort[Symbols];
        HuffmanCode.Lengths(counts, MostBits, bitsOf);
        HuffmanCode.Codes(bitsOf, codes);

        int stored = Symbols;
        while (stored > 4 && bitsOf[Order[stored - 1]] == 0)
        {
            stored--;
        }

        bits.Write(2, 2);
        bits.Write((uint)(lengths.Length - 257), 5);
        bits.Write((uint)(distances.Length - 1), 5);
        bits.Write((uint)(stored - 4), 4);
        foreach (byte symbol in Order[..stored])
        {
            bits.Write(bitsOf[symbol], 3);
        }

        foreach (Token token in tokens)
        {
            bits.Write(codes[token.Symbol], bitsOf[token.Symbol]);
            bits.Write(token.Extra, token.ExtraBits);
        }
    }

    /// <summary>Lengths as they are, and runs of them as one token each.</summary>
    private static int Pack(ReadOnlySpan<byte> lengths, Span<Token> tokens)
    {
        int count = 0;
        while (!lengths.IsEmpty)
        {
            byte length = lengths[0];
            int run = lengths.IndexOfAnyExcept(length);
            run = run < 0 ? lengths.Length : run;
            Token token;
            if (length == 0 && run >= 3)
            {
                run = Math.Min(run, 138);
                token = run <= 10 ? new(FewZeros, (byte)(run - 3), 3) : new(ManyZeros, (byte)(run - 11), 7);
            }
            else if (length > 0 && run >= 4)
            {
                // The length itself, and how often again.
                run = Math.Min(run, 7);
                tokens[count++] = new(length, 0, 0);
                token = new(RepeatLast, (byte)(run - 4), 2);
            }
            else
            {
                run = 1;
                token = new(length, 0, 0);
            }

            tokens[count++] = token;
            lengths = lengths[run..];
        }

        return count;
    }

    /// <summary>A symbol, and bits behind its code.</summary>
    private readonly record struct Token(byte Symbol, byte Extra, byte ExtraBits);
}
