namespace FcnSharp.Server.Work;

/// <summary>
/// Whether the server takes on work: not before its models are warm, and not after it was asked to stop. It counts what it has
/// accepted, so that a stop can wait for it.
/// </summary>
internal sealed class Lifecycle : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abort = new();
    private int _accepted;
    private bool _draining;

    /// <summary>Done when the models are warm; failed when one cannot be used.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Whether the models are warm.</summary>
    public bool IsReady => _ready.Task.IsCompletedSuccessfully;

    /// <summary>Whether the server was asked to stop.</summary>
    public bool IsDraining => Volatile.Read(ref _draining);

    /// <summary>Cancelled when the server was asked to stop.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Cancelled when what was accepted cannot be waited for any longer.</summary>
    public CancellationToken Abort => _abort.Token;

    /// <summary>How many requests are accepted and not answered.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>The models are warm.</summary>
    public void SetReady() => _ready.TrySetResult();

    /// <summary>A model cannot be used.</summary>
    public void SetFailed(Exception cause) => _ready.TrySetException(cause);

    /// <summary>Accepts a request; false when the server was asked to stop. <see cref="End"/> ends it.</summary>
    public bool TryBegin()
    {
        lock (_gate)
        {
            if (_draining)
            {
                return false;
            }

            _accepted++;
            return true;
        }
    }

    /// <summary>A request is answered.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (--_accepted == 0 && _draining)
            {
                _drained.TrySetResult();
            }
        }
    }

    /// <summary>Accepts nothing any more and waits for what was accepted, until the time is over; then that is given up.</summary>
    public async Task Drain(TimeSpan limit)
    {
        lock (_gate)
        {
            _draining = true;
            if (_accepted == 0)
            {
                _drained.TrySetResult();
            }
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (await Task.WhenAny(_drained.Task, Task.Delay(limit)).ConfigureAwait(false) != _drained.Task)
        {
            await _abort.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Dispose();
        _abort.Dispose();
    }
}
