using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Tensors.Cpu;

/// <summary>A kernel that is one job: it binds its pointers, then its items run on the workers.</summary>
internal abstract unsafe class ParallelKernel(WorkerPool workers) : IKernel, IParallelJob
{
    /// <summary>Elements of an elementwise item: large enough to outweigh its dispatch, small enough for the cache.</summary>
    protected const int Chunk = 16384;

    /// <summary>Bytes of a result that no cache holds until somebody reads it: it is better stored past the caches.</summary>
    private const long BeyondCaches = 32 << 20;

    public virtual long WorkspaceBytes => 0;

    public bool InRanges => true;

    protected abstract int Items { get; }

    public void Execute(KernelFrame frame)
    {
        Bind(frame);
        workers.Run(this, Items);
        Finish(frame);
    }

    public abstract void Run(int item, int worker);

    protected abstract void Bind(KernelFrame frame);

    /// <summary>What is left to do after all items, on the calling thread.</summary>
    protected virtual void Finish(KernelFrame frame)
    {
    }

    protected static int Chunks(long elements) => checked((int)((elements + Chunk - 1) / Chunk));

    protected static int ChunkLength(long elements, int item) => (int)Math.Min(Chunk, elements - (long)item * Chunk);

    /// <summary>Whether a result should be stored past the caches, which do not first read what is written over then.</summary>
    protected static bool GoesAroundCaches(float* result, long elements) =>
        elements * sizeof(float) >= BeyondCaches && (nint)result % NativeBuffer.Alignment == 0;
}
