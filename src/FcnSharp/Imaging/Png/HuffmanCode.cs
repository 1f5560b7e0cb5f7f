namespace FcnSharp.Imaging;

/// <summary>Huffman codes as deflate has them (RFC 1951, 3.2.2): known by the lengths alone, and none longer than a limit.</summary>
internal static class HuffmanCode
{
    /// <summary>The most symbols of an alphabet of deflate: literals, the end of the block, and lengths.</summary>
    public const int MostSymbols = 286;

    private const int MostBits = 15;
    private const int SymbolBits = 16;

    /// <summary>The lengths that take least space for symbols that occur so often, or nearly so where the limit counts.</summary>
    /// <param name="counts">How often each symbol occurs; at least two do.</param>
    /// <param name="longest">The limit in bits, up to 15.</param>
    /// <param name="lengths">Receives the bits of each symbol; 0 for one that does not occur.</param>
    public static void Lengths(ReadOnlySpan<int> counts, int longest, Span<byte> lengths)
    {
        // Rare symbols first; the symbol in the lower bits tells equals apart, so that the order is certain.
        Span<long> sorted = stackalloc long[MostSymbols];
        int used = 0;
        for (int symbol = 0; symbol < counts.Length; symbol++)
        {
            if (counts[symbol] > 0)
            {
                sorted[used++] = ((long)counts[symbol] << SymbolBits) | (long)symbol;
            }
        }

        sorted = sorted[..used];
        sorted.Sort();
        Span<int> ofLength = stackalloc int[MostBits + 1];
        ofLength.Clear();
        CountLengths(sorted, longest, ofLength);

        lengths.Clear();
        int next = 0;
        for (int length = longest; length > 0; length--)
        {
            for (int i = 0; i < ofLength[length]; i++)
            {
                lengths[(ushort)sorted[next++]] = (byte)length;
            }
        }
    }

    /// <summary>The codes that lengths stand for, in the order of the stream: the first bit is the lowest.</summary>
    public static void Codes(ReadOnlySpan<byte> lengths, Span<ushort> codes)
    {
        Span<int> next = stackalloc int[MostBits + 2];
        next.Clear();
        foreach (byte length in lengths)
        {
            next[length + 1]++;
        }

        // From how many there are of each length to the first code of each.
        next[1] = 0;
        for (int length = 2; length < next.Length; length++)
        {
            next[length] = (next[length] + next[length - 1]) << 1;
        }

        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            int length = lengths[symbol];
            codes[symbol] = length == 0 ? (ushort)0 : Reversed(next[length]++, length);
        }
    }

    /// <summary>How many symbols get each length: the tree of the two rarest, again and again.</summary>
    private static void CountLengths(ReadOnlySpan<long> sorted, int longest, Span<int> ofLength)
    {
        // Leaves first, then inner nodes as they come about, which is in the order of their weight, too.
        int nodes = (2 * sorted.Length) - 1;
        Span<int> weights = stackalloc int[2 * MostSymbols];
        Span<int> parents = stackalloc int[2 * MostSymbols];
        for (int i = 0; i < sorted.Length; i++)
        {
            weights[i] = (int)(sorted[i] >> SymbolBits);
        }

        int leaf = 0;
        int inner = sorted.Length;
        for (int node = sorted.Length; node < nodes; node++)
        {
            for (int child = 0; child < 2; child++)
            {
                bool takeLeaf = leaf < sorted.Length && (inner == node || weights[leaf] <= weights[inner]);
                int taken = takeLeaf ? leaf++ : inner++;
                weights[node] = child == 0 ? weights[taken] : weights[node] + weights[taken];
                parents[taken] = node;
            }
        }

        // A node is one deeper than its parent, which comes behind it. Leaves that are too deep count at the limit.
        Span<int> depths = weights;
        depths[nodes - 1] = 0;
        int space = 1 << longest;
        for (int node = nodes - 2; node >= 0; node--)
        {
            depths[node] = depths[parents[node]] + 1;
            if (node < sorted.Length)
            {
                int length = Math.Min(depths[node], longest);
                ofLength[length]++;
                space -= 1 << (longest - length);
            }
        }

        // These take more codes than there are. One of them beside a leaf from above the limit, both a bit longer than that leaf was, frees one code.
        for (; space < 0; space++)
        {
            int length = longest - 1;
            while (ofLength[length] == 0)
            {
                length--;
            }

            ofLength[length]--;
            ofLength[length + 1] += 2;
            ofLength[longest]--;
        }
    }

    private static ushort Reversed(int code, int length)
    {
        int reversed = 0;
        for (int bit = 0; bit < length; bit++)
        {
            reversed = (reversed << 1) | ((code >> bit) & 1);
        }

        return (ushort)reversed;
    }
}
