using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Devices;

/// <summary>
/// An operation made executable for its shapes. It belongs to one execution at a time, so it may keep the pointers of the
/// run in fields; it must not allocate in <see cref="Execute"/>.
/// </summary>
internal interface IKernel
{
    /// <summary>Scratch bytes it needs while it runs; their content is undefined before.</summary>
    long WorkspaceBytes { get; }

    void Execute(KernelFrame frame);
}

/// <summary>A kernel that keeps a constant parameter in a layout of its own.</summary>
internal interface IPacksParameter
{
    /// <summary>The parameter whose own memory it does not need; null when it needs all.</summary>
    ProgramValue? PackedParameter { get; }
}

/// <summary>Where the values of one execution lie.</summary>
internal sealed unsafe class KernelFrame(MemoryPlanner.Layout layout)
{
    private byte* _arena;

    public ulong Seed { get; set; }

    public ulong Step { get; set; }

    public byte* Workspace { get; private set; }

    public void Bind(byte* arena) => _arena = arena;

    /// <summary>Gives the next kernel its workspace.</summary>
    /// <param name="start">Bytes from the start of the arena.</param>
    public void Place(long start) => Workspace = _arena + start;

    public float* Float(ProgramValue value) => value.Storage is HostTensor tensor
        ? tensor.Pointer
        : (float*)(_arena + layout.Offsets[value.Id]);

    public int* Int(ProgramValue value) => (int*)(_arena + layout.Offsets[value.Id]);
}
