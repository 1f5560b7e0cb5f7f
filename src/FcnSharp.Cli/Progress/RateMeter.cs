namespace FcnSharp.Cli.Progress;

/// <summary>
/// The speed of a task over its last seconds: long enough to be steady, short enough to follow a change,
/// and without the slow first steps, in which code is still compiled.
/// </summary>
internal sealed class RateMeter
{
    private const int Slots = 20;
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(0.5);

    private readonly (TimeSpan Time, long Done)[] _marks = new (TimeSpan, long)[Slots];
    private int _count;

    /// <summary>Items a second, 0 until it is known.</summary>
    public double ItemsPerSecond { get; private set; }

    /// <summary>Takes the number of items done by a time; both only ever grow.</summary>
    public void Add(TimeSpan time, long done)
    {
        if (_count > 0)
        {
            // The oldest mark is in the slot to be written next once the ring is full.
            (TimeSpan oldTime, long oldDone) = _marks[_count < Slots ? 0 : _count % Slots];
            double seconds = (time - oldTime).TotalSeconds;
            ItemsPerSecond = seconds > 0 ? (done - oldDone) / seconds : ItemsPerSecond;
            if (time - _marks[(_count - 1) % Slots].Time < Spacing)
            {
                return;
            }
        }

        _marks[_count % Slots] = (time, done);
        _count = _count + 1 < 2 * Slots ? _count + 1 : Slots + ((_count + 1) % Slots);
    }

    /// <summary>How long the rest will take at this speed; null while the speed is not known.</summary>
    public TimeSpan? TimeFor(long items)
    {
        double seconds = items / ItemsPerSecond;
        return ItemsPerSecond > 0 && seconds < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : null;
    }
}
