namespace FcnSharp.Server.Work;

/// <summary>Places for images that are accepted and not computed yet: a bounded number, so that those who have one are served in time.</summary>
internal sealed class WaitingPlaces(int limit)
{
    private int _taken;

    /// <summary>How many there are.</summary>
    public int Limit => limit;

    /// <summary>How many are taken.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Whether all are taken.</summary>
    public bool AreFull => Taken >= limit;

    /// <summary>Takes one; null where none is free.</summary>
    public WaitingPlace? TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= limit)
        {
            return new WaitingPlace(this);
        }

        Free();
        return null;
    }

    /// <summary>Frees one.</summary>
    internal void Free() => Interlocked.Decrement(ref _taken);
}

/// <summary>A place; dispose it when the image is computed, or given up. More than once does no harm.</summary>
internal sealed class WaitingPlace(WaitingPlaces places) : IDisposable
{
    private int _freed;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _freed, 1) == 0)
        {
            places.Free();
        }
    }
}
