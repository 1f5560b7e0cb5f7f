namespace FcnSharp.Server.Work;

/// <summary>
/// Computes one image after the other on a thread of its own: kernels use all cores for each, so that two at once would only make
/// both late. The thread sleeps while there is nothing to do.
/// </summary>
internal sealed class ComputeThread : IDisposable
{
    private readonly object _gate = new();
    private readonly LinkedList<Job> _jobs = [];
    private readonly Thread _thread;
    private bool _stopping;

    /// <summary>Starts the thread.</summary>
    public ComputeThread()
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = "FcnSharp compute" };
        _thread.Start();
    }

    /// <summary>Computes something in its turn.</summary>
    /// <param name="compute">What; runs on the thread.</param>
    /// <param name="cancellation">Takes it out of the queue, at once; what runs already has to look at it itself.</param>
    /// <returns>What was computed, or thrown.</returns>
    public async Task<T> Run<T>(Func<T> compute, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<Job> node = new(new Job(() => Complete(result, compute), () => result.TrySetCanceled(cancellation)));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            _jobs.AddLast(node);
            Monitor.Pulse(_gate);
        }

        using (cancellation.UnsafeRegister(_ => Withdraw(node), null))
        {
            return await result.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Ends the thread after what it computes now; what waits is cancelled.</summary>
    public void Dispose()
    {
        Job[] left;
        lock (_gate)
        {
            _stopping = true;
            left = [.. _jobs];
            _jobs.Clear();
            Monitor.Pulse(_gate);
        }

        foreach (Job job in left)
        {
            job.Cancel();
        }

        _thread.Join();
    }

    private static void Complete<T>(TaskCompletionSource<T> result, Func<T> compute)
    {
        try
        {
            result.TrySetResult(compute());
        }
        catch (OperationCanceledException e)
        {
            result.TrySetCanceled(e.CancellationToken);
        }
#pragma warning disable CA1031 // Thrown to whoever waits for the result.
        catch (Exception e)
#pragma warning restore CA1031
        {
            result.TrySetException(e);
        }
    }

    private void Withdraw(LinkedListNode<Job> node)
    {
        lock (_gate)
        {
            if (node.List is null)
            {
                return;
            }

            _jobs.Remove(node);
        }

        node.Value.Cancel();
    }

    private void Loop()
    {
        while (Next() is { } job)
        {
            job.Compute();
        }
    }

    private Job? Next()
    {
        lock (_gate)
        {
            while (_jobs.Count == 0)
            {
                if (_stopping)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }

            Job job = _jobs.First!.Value;
            _jobs.RemoveFirst();
            return job;
        }
    }

    private sealed record Job(Action Compute, Action Cancel);
}
