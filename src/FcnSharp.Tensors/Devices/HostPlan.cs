using System.Collections.Concurrent;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Devices;

/// <summary>A program with kernels and places in memory.</summary>
internal sealed class HostPlan : IDevicePlan
{
    private readonly HostDevice _device;
    private readonly ConcurrentBag<HostExecution> _idle = [];
    private readonly HostTensor[] _unneeded;
    private bool _disposed;

    public HostPlan(HostDevice device, TensorProgram program, MemoryPlanner.Layout layout)
    {
        _device = device;
        Program = program;
        Layout = layout;
        IKernel[] kernels = CreateKernels();
        _unneeded = FindUnneeded(kernels);
        long[] workspaces = Workspaces(kernels);
        long workspace = workspaces.DefaultIfEmpty().Max();
        long persistent = Program.Values.Select(v => v.Storage).OfType<HostTensor>().Distinct().Sum(t => _unneeded.Contains(t) ? t.PackedBytes : t.HeldBytes);
        Memory = new PlanMemory(Layout.TotalBytes, workspace, persistent, Layout.UnsharedBytes);
        WorkspaceStarts = [.. workspaces.Select(bytes => Memory.ArenaBytes - bytes)];
        _idle.Add(new HostExecution(this, kernels));
    }

    public TensorProgram Program { get; }

    public MemoryPlanner.Layout Layout { get; }

    public PlanMemory Memory { get; }

    /// <summary>
    /// Where each kernel's workspace begins, in bytes from the start of the arena. All end where the arena ends: a kernel that reads past its own reads past the
    /// block, which tests on guarded memory see.
    /// </summary>
    public IReadOnlyList<long> WorkspaceStarts { get; }

    public IExecution Begin()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_idle.TryTake(out HostExecution? execution))
        {
            execution = new HostExecution(this, CreateKernels());
        }

        execution.Start(_device.Arenas.Rent(Memory.ArenaBytes));
        return execution;
    }

    public void End(HostExecution execution, NativeBuffer arena)
    {
        _device.Arenas.Return(arena);
        if (!_disposed)
        {
            _idle.Add(execution);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _idle.Clear();
    }

    /// <summary>Frees the parameters that kernels have in a layout of their own, where no other kernel reads them.</summary>
    public void ReleaseUnneeded()
    {
        foreach (HostTensor tensor in _unneeded)
        {
            tensor.ReleaseContent();
        }
    }

    private IKernel[] CreateKernels()
    {
        var kernels = new IKernel[Program.Operations.Count];
        for (int i = 0; i < kernels.Length; i++)
        {
            try
            {
                kernels[i] = _device.CreateKernel(Program.Operations[i], Program.ConstantParameters);
            }
            catch (OverflowException e)
            {
                throw TooLarge(i, e);
            }
        }

        return kernels;
    }

    private HostTensor[] FindUnneeded(IKernel[] kernels)
    {
        if (!Program.ConstantParameters)
        {
            return [];
        }

        var packed = new HashSet<HostTensor>();
        var read = new HashSet<HostTensor>();
        for (int i = 0; i < kernels.Length; i++)
        {
            ProgramValue? own = (kernels[i] as IPacksParameter)?.PackedParameter;
            foreach (ProgramValue input in Program.Operations[i].Inputs)
            {
                if (input.Storage is HostTensor tensor)
                {
                    (ReferenceEquals(input, own) ? packed : read).Add(tensor);
                }
            }
        }

        return [.. packed.Except(read)];
    }

    /// <summary>The bytes that each kernel needs.</summary>
    private long[] Workspaces(IKernel[] kernels)
    {
        var bytes = new long[kernels.Length];
        for (int i = 0; i < kernels.Length; i++)
        {
            try
            {
                bytes[i] = NativeBuffer.Align(kernels[i].WorkspaceBytes);
            }
            catch (OverflowException e)
            {
                throw TooLarge(i, e);
            }
        }

        return bytes;
    }

    /// <summary>Kernels count their items with checked 32-bit arithmetic.</summary>
    private FcnSharpException TooLarge(int index, OverflowException cause)
    {
        Operation operation = Program.Operations[index];
        return new FcnSharpException($"{Program.Name}: {operation.Kind} of {operation.Name} is too large ({operation.Inputs[0]}): reduce the image size or the batch size.", cause);
    }
}

/// <summary>One run of a plan in a rented arena.</summary>
internal sealed unsafe class HostExecution(HostPlan plan, IKernel[] kernels) : IExecution
{
    private readonly KernelFrame _frame = new(plan.Layout);
    private NativeBuffer? _arena;

    public ulong Seed
    {
        get => _frame.Seed;
        set => _frame.Seed = value;
    }

    public ulong Step
    {
        get => _frame.Step;
        set => _frame.Step = value;
    }

    public void Start(NativeBuffer arena)
    {
        _arena = arena;
        _frame.Bind(arena.Pointer);
        _frame.Seed = 0;
        _frame.Step = 0;
    }

    public void Write(ProgramValue input, ReadOnlySpan<float> source)
    {
        Check(input, ElementType.Float32, ValueRole.Input, source.Length);
        source.CopyTo(new Span<float>(_frame.Float(input), source.Length));
    }

    public void Write(ProgramValue input, ReadOnlySpan<int> source)
    {
        Check(input, ElementType.Int32, ValueRole.Input, source.Length);
        source.CopyTo(new Span<int>(_frame.Int(input), source.Length));
    }

    public void Run(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_arena is null, this);
        for (int i = 0; i < kernels.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _frame.Place(plan.WorkspaceStarts[i]);
            kernels[i].Execute(_frame);
        }
    }

    public void Read(ProgramValue output, Span<float> destination)
    {
        Check(output, ElementType.Float32, role: null, destination.Length);
        new ReadOnlySpan<float>(_frame.Float(output), destination.Length).CopyTo(destination);
    }

    public void Read(ProgramValue output, Span<int> destination)
    {
        Check(output, ElementType.Int32, role: null, destination.Length);
        new ReadOnlySpan<int>(_frame.Int(output), destination.Length).CopyTo(destination);
    }

    public void Dispose()
    {
        if (_arena is { } arena)
        {
            _arena = null;
            plan.End(this, arena);
        }
    }

    private void Check(ProgramValue value, ElementType type, ValueRole? role, int length)
    {
        ObjectDisposedException.ThrowIf(_arena is null, this);
        if (value.Id >= plan.Program.Values.Count || !ReferenceEquals(plan.Program.Values[value.Id], value))
        {
            throw new InvalidOperationException($"{value} belongs to another program.");
        }

        if (value.Type != type || (role is { } wanted ? value.Role != wanted : !value.IsOutput))
        {
            throw new InvalidOperationException($"{value} is not {(role is null ? "an output" : "an input")} of type {type}.");
        }

        if (length != value.Shape.ElementCount)
        {
            throw new FcnSharpException($"{value.Name} has the shape {value.Shape}, {value.Shape.ElementCount} elements; found {length}.");
        }
    }
}
