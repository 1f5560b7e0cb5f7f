namespace FcnSharp.Server.Work;

/// <summary>
/// Bytes that requests hold together. Those that wait get them in the order in which they asked, so that a large image is not
/// overtaken by small ones for ever. What is larger than the whole budget gets it alone.
/// </summary>
internal sealed class MemoryBudget(long limit)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private long _held;

    /// <summary>The bytes held now.</summary>
    public long Held
    {
        get
        {
            lock (_gate)
            {
                return _held;
            }
        }
    }

    /// <summary>Takes bytes if they are free.</summary>
    public bool TryTake(long bytes)
    {
        lock (_gate)
        {
            if (_waiting.Count > 0 || !Fits(bytes))
            {
                return false;
            }

            _held += bytes;
            return true;
        }
    }

    /// <summary>Takes bytes as soon as they are free.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first; nothing is taken.</exception>
    public async Task Take(long bytes, CancellationToken cancellation)
    {
        LinkedListNode<Waiter> node;
        lock (_gate)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                _held += bytes;
                return;
            }

            node = _waiting.AddLast(new Waiter(bytes));
        }

        using (cancellation.UnsafeRegister(_ => Withdraw(node, cancellation), null))
        {
            await node.Value.Granted.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Give(long bytes)
    {
        lock (_gate)
        {
            _held -= bytes;
            Grant();
        }
    }

    private void Withdraw(LinkedListNode<Waiter> node, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (node.Value.Granted.TrySetCanceled(cancellation))
            {
                _waiting.Remove(node);
                Grant();
            }
        }
    }

    private void Grant()
    {
        while (_waiting.First is { } first && Fits(first.Value.Bytes))
        {
            _held += first.Value.Bytes;
            _waiting.RemoveFirst();
            first.Value.Granted.SetResult();
        }
    }

    private bool Fits(long bytes) => _held == 0 || bytes <= limit - _held;

    private sealed record Waiter(long Bytes)
    {
        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
