using FcnSharp.Data;
using Xunit;

namespace FcnSharp.Tests.Data;

public sealed class EpochSamplerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(37)]
    public void Each_epoch_visits_every_sample_once(int count)
    {
        EpochSampler sampler = new(count, 5);
        for (int epoch = 0; epoch < 4; epoch++)
        {
            Assert.Equal(Enumerable.Range(0, count), Epoch(sampler, epoch).Order());
        }
    }

    [Fact]
    public void Epochs_and_seeds_differ()
    {
        EpochSampler sampler = new(50, 5);
        Assert.NotEqual(Epoch(sampler, 0), Epoch(sampler, 1));
        Assert.NotEqual(Epoch(sampler, 0), Epoch(new EpochSampler(50, 6), 0));
    }

    [Fact]
    public void The_order_is_pinned() =>
        Assert.Equal([3, 1, 6, 5, 7, 2, 4, 0], Epoch(new EpochSampler(8, 1337), 2));

    [Fact]
    public void A_position_alone_gives_the_sample_in_whatever_order_positions_are_asked()
    {
        EpochSampler forwards = new(9, 3);
        int[] expected = [.. Enumerable.Range(0, 45).Select(position => forwards.IndexAt(position))];

        Assert.Equal(expected[40], new EpochSampler(9, 3).IndexAt(40));
        EpochSampler backwards = new(9, 3);
        Assert.Equal(expected.Reverse(), Enumerable.Range(0, 45).Reverse().Select(position => backwards.IndexAt(position)));
    }

    [Fact]
    public void Threads_agree()
    {
        EpochSampler alone = new(5, 1);
        int[] expected = [.. Enumerable.Range(0, 2000).Select(position => alone.IndexAt(position))];
        EpochSampler shared = new(5, 1);
        int[] found = new int[2000];
        Parallel.For(0, found.Length, position => found[position] = shared.IndexAt(position));
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Permutations_of_three_are_equally_likely()
    {
        Dictionary<int, int> seen = [];
        for (int epoch = 0; epoch < 6000; epoch++)
        {
            int[] order = EpochSampler.Permutation(3, 1, epoch);
            int key = (100 * order[0]) + (10 * order[1]) + order[2];
            seen[key] = seen.GetValueOrDefault(key) + 1;
        }

        // 6000 draws of probability 1/6: mean 1000, deviation sqrt(6000 * 1/6 * 5/6) = 29; five of them is a sure sign.
        Assert.Equal(6, seen.Count);
        Assert.All(seen.Values, times => Assert.InRange(times, 855, 1145));
    }

    [Fact]
    public void Nonsense_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new EpochSampler(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EpochSampler(1, 1).IndexAt(-1));
    }

    private static int[] Epoch(EpochSampler sampler, int epoch) =>
        [.. Enumerable.Range(0, sampler.Count).Select(i => sampler.IndexAt(((long)epoch * sampler.Count) + i))];
}
