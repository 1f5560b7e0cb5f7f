namespace FcnSharp.Cli.Tests.Progress;

/// <summary>A clock that only moves when a test moves it.</summary>
internal sealed class FakeClock : TimeProvider
{
    private TimeSpan _now = TimeSpan.FromHours(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public void Advance(double seconds) => _now += TimeSpan.FromSeconds(seconds);
}
