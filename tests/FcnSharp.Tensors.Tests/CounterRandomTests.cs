using Xunit;

namespace FcnSharp.Tensors.Tests;

public sealed class CounterRandomTests
{
    private const int Count = 200_000;

    [Fact]
    public void Bits_at_a_key_are_the_bits_of_its_seed_and_stream()
    {
        foreach (ulong seed in (ulong[])[0, 1, ulong.MaxValue])
        {
            foreach (ulong stream in (ulong[])[0, 7, ulong.MaxValue])
            {
                ulong key = CounterRandom.Key(seed, stream);
                foreach (ulong position in (ulong[])[0, 1, 12345, ulong.MaxValue])
                {
                    Assert.Equal(CounterRandom.Bits(seed, stream, position), CounterRandom.BitsAt(key, position));
                }
            }
        }
    }

    [Fact]
    public void Neighbouring_seeds_streams_and_positions_all_give_different_bits()
    {
        var seen = new HashSet<ulong>();
        for (ulong seed = 0; seed < 32; seed++)
        {
            for (ulong stream = 0; stream < 32; stream++)
            {
                for (ulong position = 0; position < 64; position++)
                {
                    Assert.True(seen.Add(CounterRandom.Bits(seed, stream, position)), $"{seed} {stream} {position}");
                }
            }
        }
    }

    [Fact]
    public void Each_bit_is_set_half_of_the_time_and_flips_half_of_the_time_from_one_position_to_the_next()
    {
        int[] set = new int[64];
        int[] flipped = new int[64];
        for (int i = 0; i < Count; i++)
        {
            ulong bits = CounterRandom.Bits(3, 4, (ulong)i);
            ulong flips = bits ^ CounterRandom.Bits(3, 4, (ulong)i + 1);
            for (int bit = 0; bit < 64; bit++)
            {
                set[bit] += (int)(bits >> bit & 1);
                flipped[bit] += (int)(flips >> bit & 1);
            }
        }

        Assert.All(set.Concat(flipped), n => Assert.True(Math.Abs(n - Count / 2.0) <= 5 * Math.Sqrt(Count / 4.0)));
    }

    [Fact]
    public void Uniform_numbers_fill_the_unit_interval_evenly()
    {
        double sum = 0;
        double squares = 0;
        int[] tenths = new int[10];
        for (int i = 0; i < Count; i++)
        {
            double u = CounterRandom.Uniform(5, 6, (ulong)i);
            Assert.InRange(u, 0, 1 - double.Epsilon);
            Assert.True(u < 1);
            sum += u;
            squares += u * u;
            tenths[(int)(u * 10)]++;
        }

        // Five standard errors: the variance is 1/12, that of the square 4/45.
        Assert.True(Math.Abs(sum / Count - 0.5) <= 5 * Math.Sqrt(1.0 / 12 / Count));
        Assert.True(Math.Abs(squares / Count - 1.0 / 3) <= 5 * Math.Sqrt(4.0 / 45 / Count));
        Assert.All(tenths, n => Assert.True(Math.Abs(n - Count / 10.0) <= 5 * Math.Sqrt(Count * 0.09)));
    }

    [Fact]
    public void Normal_numbers_have_mean_zero_variance_one_and_the_tails_of_the_normal_distribution()
    {
        double sum = 0;
        double squares = 0;
        double product = 0;
        int beyondTwo = 0;
        double last = 0;
        for (int i = 0; i < Count; i++)
        {
            double x = CounterRandom.Normal(7, 8, (ulong)i);
            Assert.True(double.IsFinite(x));
            sum += x;
            squares += x * x;
            product += x * last;
            last = x;
            beyondTwo += Math.Abs(x) > 2 ? 1 : 0;
        }

        Assert.True(Math.Abs(sum / Count) <= 5 / Math.Sqrt(Count));
        Assert.True(Math.Abs(squares / Count - 1) <= 5 * Math.Sqrt(2.0 / Count));
        Assert.True(Math.Abs(product / Count) <= 5 / Math.Sqrt(Count));
        const double Outside = 0.04550026;
        Assert.True(Math.Abs(beyondTwo - Count * Outside) <= 5 * Math.Sqrt(Count * Outside));
    }

    [Fact]
    public void Streams_of_names_are_told_apart_and_never_change()
    {
        string[] names = ["", "a", "b", "ab", "ba", "conv1_1", "conv1_2", "conv1_1 ", "Conv1_1", "ü"];
        Assert.Equal(names.Length, names.Select(CounterRandom.StreamOf).Distinct().Count());

        // Part of the contract: a checkpoint resumed by a later version must draw the same numbers.
        Assert.Equal(0xCBF29CE484222325UL, CounterRandom.StreamOf(""));
        Assert.Equal(0xAF63DC4C8601EC8CUL, CounterRandom.StreamOf("a"));
        Assert.Equal(0x57B834B23CDC9D17UL, CounterRandom.Bits(1, 2, 3));
    }
}
