using FcnSharp.Imaging;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FcnSharp.Tests.Imaging;

public sealed class HuffmanCodeTests
{
    [Fact]
    public void Frequent_symbols_get_short_codes()
    {
        byte[] lengths = Lengths([10, 0, 1, 1, 3], 15);
        Assert.Equal([1, 0, 3, 3, 2], lengths);
    }

    /// <summary>The example of RFC 1951, 3.2.2, whose codes it lists from their highest bit.</summary>
    [Fact]
    public void Codes_are_those_of_the_standard()
    {
        ushort[] codes = new ushort[8];
        HuffmanCode.Codes([3, 3, 3, 3, 3, 2, 4, 4], codes);
        Assert.Equal([0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111], codes);
    }

    /// <summary>Fibonacci numbers make the deepest tree there is.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(14)]
    [InlineData(15)]
    public void No_code_is_longer_than_the_limit_and_all_are_used(int longest)
    {
        int[] counts = new int[30];
        (counts[0], counts[1]) = (1, 1);
        for (int i = 2; i < counts.Length; i++)
        {
            counts[i] = counts[i - 1] + counts[i - 2];
        }

        byte[] lengths = Lengths(counts, longest);
        Assert.Equal(longest, lengths.Max());
        Assert.Equal(1.0, lengths.Sum(length => Math.Pow(2, -length)));
        Assert.Equal(lengths.OrderDescending(), lengths);
    }

    [Fact]
    public void Codes_are_as_short_as_the_best_where_the_limit_does_not_count()
    {
        Prop.ForAll((int seed) =>
        {
            Random random = new(seed);
            int[] counts = [.. Enumerable.Range(0, random.Next(2, 286)).Select(_ => random.Next(4) == 0 ? 0 : 1 + random.Next(1 << random.Next(1, 6)))];
            (counts[0], counts[^1]) = (1, 2);
            byte[] lengths = Lengths(counts, 15);
            return Kraft(lengths, 15) == 1 << 15 && counts.Zip(lengths, (count, length) => (long)count * length).Sum() == BestBits(counts)
                && counts.Zip(lengths).All(pair => pair.First > 0 == pair.Second > 0);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void No_code_begins_another()
    {
        Prop.ForAll((int seed) =>
        {
            Random random = new(seed);
            int[] counts = [.. Enumerable.Range(0, random.Next(2, 40)).Select(_ => 1 + random.Next(1 << random.Next(1, 16)))];
            byte[] lengths = Lengths(counts, 7);
            ushort[] codes = new ushort[counts.Length];
            HuffmanCode.Codes(lengths, codes);

            // Each code fills all words of seven bits that begin with it; together they fill all, each once.
            int[] filled = new int[128];
            for (int symbol = 0; symbol < codes.Length; symbol++)
            {
                for (int word = codes[symbol]; word < filled.Length; word += 1 << lengths[symbol])
                {
                    filled[word]++;
                }
            }

            return filled.All(times => times == 1);
        }).QuickCheckThrowOnFailure();
    }

    private static byte[] Lengths(int[] counts, int longest)
    {
        byte[] lengths = new byte[counts.Length];
        HuffmanCode.Lengths(counts, longest, lengths);
        return lengths;
    }

    private static int Kraft(byte[] lengths, int longest) => lengths.Sum(length => length == 0 ? 0 : 1 << (longest - length));

    /// <summary>The sum of all inner nodes of the tree, by a queue that is sorted anew each time.</summary>
    private static long BestBits(int[] counts)
    {
        PriorityQueue<long, long> nodes = new();
        foreach (int count in counts.Where(count => count > 0))
        {
            nodes.Enqueue(count, count);
        }

        long bits = 0;
        while (nodes.Count > 1)
        {
            long node = nodes.Dequeue() + nodes.Dequeue();
            bits += node;
            nodes.Enqueue(node, node);
        }

        return bits;
    }
}
