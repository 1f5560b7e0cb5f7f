using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Devices;

/// <summary>
/// What devices that compute in the host's memory share: planning, arenas, execution. Each brings its own kernels.
/// </summary>
public abstract class HostDevice : IDevice
{
    private readonly long? _memoryBudget;

    /// <summary>Creates the device.</summary>
    /// <param name="memoryBudget">Bytes that plans may take; null for what the machine has available when a plan is made.</param>
    protected HostDevice(long? memoryBudget) => _memoryBudget = memoryBudget;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract string Description { get; }

    /// <inheritdoc/>
    public long MemoryBudget => _memoryBudget ?? SystemMemory.AvailableBytes() + Arenas.IdleBytes;

    internal ArenaPool Arenas { get; } = new();

    /// <inheritdoc/>
    public IDeviceTensor Allocate(string name, Shape shape)
    {
        CheckFits($"{name} of shape {shape}", shape.ElementCount * sizeof(float));
        return new HostTensor(this, name, shape);
    }

    /// <inheritdoc/>
    public IDevicePlan Plan(TensorProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        program = Rewrite(program);
        MemoryPlanner.Layout layout = MemoryPlanner.Plan(program);
        long persistent = program.Values.Select(v => v.Storage).OfType<HostTensor>().Distinct().Sum(t => t.HeldBytes);

        // First without workspace: kernels need not be able to count what no memory holds.
        CheckFits(program, new PlanMemory(layout.TotalBytes, 0, persistent, layout.UnsharedBytes));
        var plan = new HostPlan(this, program, layout);
        CheckFits(program, plan.Memory);
        plan.ReleaseUnneeded();
        return plan;
    }

    /// <inheritdoc/>
    public abstract void SgdStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor velocity, SgdCoefficients coefficients);

    /// <inheritdoc/>
    public abstract void AdamWStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor firstMoment, IDeviceTensor secondMoment, AdamWCoefficients coefficients);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The kernel of an operation.</summary>
    /// <param name="operation">What it computes.</param>
    /// <param name="constantParameters">Whether the parameters never change again.</param>
    internal abstract IKernel CreateKernel(Operation operation, bool constantParameters);

    /// <summary>The program as this device computes it: the same values, perhaps fewer operations.</summary>
    private protected virtual TensorProgram Rewrite(TensorProgram program) => program;

    /// <summary>Refuses what is larger than the memory there is, because the system promises more than it has and ends the process when it is touched.</summary>
    /// <param name="what">What it is for.</param>
    /// <param name="bytes">Its size.</param>
    internal void CheckFits(string what, long bytes)
    {
        long budget = MemoryBudget;
        if (bytes > budget)
        {
            throw new FcnSharpException($"{what} needs {ByteSize.Format(bytes)} of memory, but {ByteSize.Format(budget)} are available: use a smaller net.");
        }
    }

    private void CheckFits(TensorProgram program, PlanMemory memory)
    {
        // Persistent tensors exist already: with a measured budget they are no longer in what is available.
        long budget = MemoryBudget;
        long needed = _memoryBudget is null ? memory.ArenaBytes : memory.TotalBytes;
        if (needed > budget)
        {
            string workspace = memory.WorkspaceBytes > 0 ? $"workspace {ByteSize.Format(memory.WorkspaceBytes)}, " : "";
            throw new FcnSharpException(
                $"{program.Name} needs {ByteSize.Format(needed)} of memory (activations {ByteSize.Format(memory.ActivationBytes)}, " +
                $"{workspace}parameters {ByteSize.Format(memory.PersistentBytes)}), " +
                $"but {ByteSize.Format(budget)} are available: reduce the image size or the batch size.");
        }
    }

    /// <summary>Refuses a gradient or a velocity of another parameter: the kernels index all three alike, unchecked.</summary>
    private protected static void CheckSameShape(IDeviceTensor weight, params ReadOnlySpan<IDeviceTensor> others)
    {
        ArgumentNullException.ThrowIfNull(weight);
        foreach (IDeviceTensor other in others)
        {
            ArgumentNullException.ThrowIfNull(other);
            if (other.Shape != weight.Shape)
            {
                throw new ArgumentException($"{weight.Name} has the shape {weight.Shape}, {other.Name} {other.Shape}; they must be the same.");
            }
        }
    }

    /// <summary>Frees the arenas that are not in use.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Arenas.Dispose();
        }
    }
}
