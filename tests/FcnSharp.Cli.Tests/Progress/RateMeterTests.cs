using FcnSharp.Cli.Progress;
using Xunit;

namespace FcnSharp.Cli.Tests.Progress;

/// <summary>The speed that the time left is computed from.</summary>
public sealed class RateMeterTests
{
    [Fact]
    public void A_steady_rate_is_found_and_gives_the_time_left()
    {
        RateMeter meter = new();
        Feed(meter, fromSecond: 0, seconds: 60, from: 0, itemsPerSecond: 8);

        Assert.Equal(8, meter.ItemsPerSecond, tolerance: 1e-9);
        Assert.Equal(10, meter.TimeFor(80)!.Value.TotalSeconds, tolerance: 1e-6);
    }

    [Fact]
    public void A_change_of_speed_is_forgotten_after_some_seconds()
    {
        RateMeter meter = new();
        Feed(meter, fromSecond: 0, seconds: 60, from: 0, itemsPerSecond: 100);
        Feed(meter, fromSecond: 60, seconds: 12, from: 6000, itemsPerSecond: 4);

        Assert.Equal(4, meter.ItemsPerSecond, tolerance: 1e-9);
    }

    [Fact]
    public void Slow_first_steps_fade_within_the_window()
    {
        RateMeter meter = new();
        meter.Add(TimeSpan.Zero, 0);
        meter.Add(TimeSpan.FromSeconds(5), 1);
        Feed(meter, fromSecond: 5, seconds: 12, from: 1, itemsPerSecond: 20);

        Assert.Equal(20, meter.ItemsPerSecond, tolerance: 1e-9);
    }

    [Fact]
    public void Without_a_rate_there_is_no_time_left()
    {
        RateMeter meter = new();
        Assert.Null(meter.TimeFor(10));

        meter.Add(TimeSpan.FromSeconds(1), 5);
        meter.Add(TimeSpan.FromSeconds(2), 5);

        Assert.Equal(0, meter.ItemsPerSecond);
        Assert.Null(meter.TimeFor(10));
        Assert.Null(meter.TimeFor(0));
    }

    private static void Feed(RateMeter meter, int fromSecond, int seconds, long from, int itemsPerSecond)
    {
        for (int quarter = 0; quarter <= seconds * 4; quarter++)
        {
            meter.Add(TimeSpan.FromSeconds(fromSecond + (quarter / 4.0)), from + (quarter * itemsPerSecond / 4));
        }
    }
}
