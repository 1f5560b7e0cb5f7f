namespace FcnSharp.Tensors.Memory;

/// <summary>
/// The arenas of a device. Plans of different sizes share them: an execution rents one that is large enough, and an idle
/// one that is too small is freed rather than kept beside its successor, so a run over images of many sizes holds one arena
/// for each execution in flight and no more.
/// </summary>
internal sealed class ArenaPool : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<NativeBuffer> _idle = [];
    private bool _disposed;

    /// <summary>Bytes held for the next execution: they count as available to a plan that would use them.</summary>
    public long IdleBytes
    {
        get
        {
            lock (_gate)
            {
                return _idle.Sum(b => b.Bytes);
            }
        }
    }

    public NativeBuffer Rent(long bytes)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            NativeBuffer? best = null;
            foreach (NativeBuffer buffer in _idle)
            {
                if (buffer.Bytes >= bytes && (best is null || buffer.Bytes < best.Bytes))
                {
                    best = buffer;
                }
            }

            if (best is not null)
            {
                _idle.Remove(best);
                return best;
            }

            if (_idle.Count > 0)
            {
                _idle[^1].Dispose();
                _idle.RemoveAt(_idle.Count - 1);
            }
        }

        return new NativeBuffer(bytes);
    }

    public void Return(NativeBuffer buffer)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _idle.Add(buffer);
                return;
            }
        }

        buffer.Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (NativeBuffer buffer in _idle)
            {
                buffer.Dispose();
            }

            _idle.Clear();
        }
    }
}
