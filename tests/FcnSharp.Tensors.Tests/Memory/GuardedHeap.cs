using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Tensors.Tests.Memory;

/// <summary>
/// Gives each block pages of its own, between two that nobody may touch: its last byte, rounded up to a line of a cache, lies before the second. A kernel that reads past its memory
/// ends the process here, with its name on the stack, rather than once in a thousand runs elsewhere. Freed pages are never given out again, so that
/// a use after the end is seen, too. For Linux, whose numbers these are.
/// </summary>
internal sealed unsafe partial class GuardedHeap : NativeHeap
{
    private const nuint Page = 4096;
    private const int NoAccess = 0;
    private const int ReadWrite = 3;

    /// <summary>MAP_PRIVATE, MAP_ANONYMOUS and MAP_NORESERVE.</summary>
    private const int Anonymous = 0x2 | 0x20 | 0x4000;

    /// <summary>MAP_FIXED.</summary>
    private const int InPlace = 0x10;

    private readonly Dictionary<nint, (nint Map, nuint Bytes)> _blocks = [];

#pragma warning disable CA2255 // The assembly is a program: every test in it is to run on this heap, and the first buffer comes before the first test.
    [ModuleInitializer]
#pragma warning restore CA2255
    public static void Install()
    {
        if (OperatingSystem.IsLinux() && Environment.SystemPageSize == (int)Page)
        {
            NativeBuffer.Heap = new GuardedHeap();
        }
    }

    public override byte* Allocate(nuint bytes, nuint alignment)
    {
        nuint used = (nuint)NativeBuffer.Align(checked((long)bytes));
        nuint pages = checked(used + Page - 1) / Page * Page;
        nuint all = checked(pages + 2 * Page);
        void* map = Map(null, all, NoAccess, Anonymous, -1, 0);
        if ((nint)map == -1 || Protect((byte*)map + Page, pages, ReadWrite) != 0)
        {
            throw new InsufficientMemoryException();
        }

        byte* block = (byte*)map + Page + pages - used;
        lock (_blocks)
        {
            _blocks.Add((nint)block, ((nint)map, all));
        }

        return block;
    }

    public override void Free(byte* block)
    {
        (nint map, nuint bytes) removed;
        lock (_blocks)
        {
            Assert(_blocks.Remove((nint)block, out removed), "a block is freed that is not there");
        }

        // Over the old pages, whose memory goes back to the system.
        Assert((nint)Map((void*)removed.map, removed.bytes, NoAccess, Anonymous | InPlace, -1, 0) == removed.map, "pages could not be taken back");
    }

    /// <summary>Finalizers free blocks, too, where a failure is to be heard.</summary>
    private static void Assert(bool condition, string message)
    {
        if (!condition)
        {
            Environment.FailFast(message);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);
}
