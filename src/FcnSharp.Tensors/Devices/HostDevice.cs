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
    public IDeviceTensor Allocate(string name, Shape shape) => new HostTensor(name, shape);

    /// <inheritdoc/>
    public IDevicePlan Plan(TensorProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var plan = new HostPlan(this, program);
        long budget = MemoryBudget;

        // Persistent tensors exist already: with a measured budget they are no longer in what is available.
        long needed = _memoryBudget is null ? plan.Memory.ArenaBytes : plan.Memory.TotalBytes;
        if (needed > budget)
        {
            throw new FcnSharpException(
                $"{program.Name} needs {ByteSize.Format(needed)} of memory (activations {ByteSize.Format(plan.Memory.ActivationBytes)}, " +
                $"workspace {ByteSize.Format(plan.Memory.WorkspaceBytes)}, parameters {ByteSize.Format(plan.Memory.PersistentBytes)}), " +
                $"but {ByteSize.Format(budget)} are available: reduce the image size or the batch size.");
        }

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

    internal abstract IKernel CreateKernel(Operation operation);

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
