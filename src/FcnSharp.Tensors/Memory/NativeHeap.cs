using System.Runtime.InteropServices;

namespace FcnSharp.Tensors.Memory;

/// <summary>Where blocks come from: the system's allocator, or in tests one that finds out who reads past a block.</summary>
internal abstract unsafe class NativeHeap
{
    public static NativeHeap System { get; } = new SystemHeap();

    /// <summary>A block with whatever content.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="alignment">What its address is a multiple of, a power of two; where that is more than <see cref="NativeBuffer.Alignment"/> it is for speed.</param>
    /// <exception cref="OutOfMemoryException">The system has no more.</exception>
    public abstract byte* Allocate(nuint bytes, nuint alignment);

    /// <summary>Takes back what <see cref="Allocate"/> gave.</summary>
    public abstract void Free(byte* block);

    private sealed class SystemHeap : NativeHeap
    {
        public override byte* Allocate(nuint bytes, nuint alignment) => (byte*)NativeMemory.AlignedAlloc(bytes, alignment);

        public override void Free(byte* block) => NativeMemory.AlignedFree(block);
    }
}
