using System.Runtime.InteropServices;

namespace FcnSharp.Tensors.Memory;

/// <summary>
/// A block of memory outside of the managed heap, aligned to a cache line: kernels need addresses that stay, vector loads
/// that do not cross lines, and sizes beyond an array's.
/// </summary>
internal sealed unsafe partial class NativeBuffer : IDisposable
{
    public const int Alignment = 64;

    /// <summary>Bytes past the end that kernels may read, never use: a tile is up to three vectors of 64 bytes wide.</summary>
    public const int Overread = 256;

    /// <summary>From this size on a block asks for large pages.</summary>
    private const long LargeBlock = 4 << 20;

    private const int LargePage = 2 << 20;

    /// <summary>MADV_HUGEPAGE of Linux.</summary>
    private const int AdviseLargePages = 14;

    public NativeBuffer(long bytes)
    {
        // A size that overflowed must not become one byte that kernels then write past.
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        try
        {
            bool large = bytes >= LargeBlock && OperatingSystem.IsLinux();
            Pointer = Heap.Allocate(checked((nuint)bytes + Overread), (nuint)(large ? LargePage : Alignment));
            if (large)
            {
                AskForLargePages(Pointer, (nuint)bytes);
            }
        }
        catch (OutOfMemoryException e)
        {
            throw new FcnSharpException($"The system refused {ByteSize.Format(bytes)} of memory: close other programs, or reduce the batch size or the image size.", e);
        }

        GC.AddMemoryPressure(Math.Max(bytes, 1));
    }

    ~NativeBuffer() => Free();

    /// <summary>Where all blocks come from; set before the first.</summary>
    public static NativeHeap Heap { get; set; } = NativeHeap.System;

    public long Bytes { get; }

    public byte* Pointer { get; private set; }

    public static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    public void Clear()
    {
        // One call clears at most what a native size holds, which on 64 bits is all there can be.
        NativeMemory.Clear(Pointer, (nuint)Bytes);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Pointer != null)
        {
            Heap.Free(Pointer);
            Pointer = null;
            GC.RemoveMemoryPressure(Math.Max(Bytes, 1));
        }
    }

    /// <summary>Kernels walk many planes at once, more than the processor remembers small pages. Advice only: a refusal costs speed, no more.</summary>
    private static void AskForLargePages(void* address, nuint length)
    {
        try
        {
            _ = Advise(address, length, AdviseLargePages);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system whose C library goes by another name: small pages do as well.
            return;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
