namespace FcnSharp.Inference;

/// <summary>
/// Work for other threads than the caller's, so much at a time as there are processors: more at once would only take more memory,
/// and none would end sooner. Who waits is served in turn and may give up.
/// </summary>
internal sealed class ComputeQueue : IDisposable
{
    private readonly SemaphoreSlim _free = new(Environment.ProcessorCount);

    /// <summary>Runs work on the thread pool.</summary>
    /// <param name="work">Looks at the token by itself once it runs.</param>
    /// <param name="cancellation">Ends the wait for its turn.</param>
    public async Task<T> Run<T>(Func<T> work, CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(work, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();
}
