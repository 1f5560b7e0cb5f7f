namespace FcnSharp.Cli.Predict;

/// <summary>Bytes that several threads share. Who asks for more than there are waits, unless nobody else has any: there would be no other way on.</summary>
/// <param name="bytes">How many there are.</param>
internal sealed class ByteBudget(long bytes)
{
    private readonly object _gate = new();
    private long _taken;

    /// <summary>Waits until there are so many, and takes them.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting; nothing was taken.</exception>
    public void Take(long count, CancellationToken cancellation)
    {
        using CancellationTokenRegistration wake = cancellation.Register(WakeAll);
        lock (_gate)
        {
            while (_taken > 0 && _taken + count > bytes)
            {
                cancellation.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
            }

            _taken += count;
        }
    }

    /// <summary>Gives back what was taken.</summary>
    public void Give(long count)
    {
        lock (_gate)
        {
            _taken -= count;
            Monitor.PulseAll(_gate);
        }
    }

    private void WakeAll()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }
}
