using FcnSharp.Data;
using Xunit;

namespace FcnSharp.Tests.Data;

public sealed class ReplacementSamplerTests
{
    [Fact]
    public void Each_position_draws_one_of_all_whatever_was_drawn_before()
    {
        var order = new ReplacementSampler(10, seed: 3);
        int[] drawn = [.. Enumerable.Range(0, 10_000).Select(i => order.IndexAt(i))];

        Assert.All(Enumerable.Range(0, 10), index => Assert.InRange(drawn.Count(d => d == index), 850, 1150));
        Assert.True(drawn.Take(10).Distinct().Count() < 10 || drawn.Skip(10).Take(10).Distinct().Count() < 10, "no image came twice in an epoch");
        Assert.Equal(drawn[7777], new ReplacementSampler(10, seed: 3).IndexAt(7777));
        Assert.NotEqual(drawn, Enumerable.Range(0, 10_000).Select(i => new ReplacementSampler(10, seed: 4).IndexAt(i)));
    }

    [Fact]
    public void There_is_no_position_before_the_first_and_no_empty_set()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReplacementSampler(1, 1).IndexAt(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReplacementSampler(0, 1));
    }
}
