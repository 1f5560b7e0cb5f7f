using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Graph;

/// <summary>A device without memory: a net's program can be written and looked at, but not run, however large its weights are.</summary>
internal sealed class ShapeOnlyDevice : IDevice
{
    /// <inheritdoc/>
    public string Name => "shapes";

    /// <inheritdoc/>
    public string Description => "shapes only";

    /// <inheritdoc/>
    public long MemoryBudget => 0;

    /// <inheritdoc/>
    public IDeviceTensor Allocate(string name, Shape shape) => new Placeholder(name, shape);

    /// <inheritdoc/>
    public IDevicePlan Plan(TensorProgram program) => throw NothingRuns();

    /// <inheritdoc/>
    public void SgdStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor velocity, SgdCoefficients coefficients) => throw NothingRuns();

    /// <inheritdoc/>
    public void AdamWStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor firstMoment, IDeviceTensor secondMoment, AdamWCoefficients coefficients) => throw NothingRuns();

    /// <inheritdoc/>
    public void Dispose()
    {
        // It owns nothing.
    }

    private static NotSupportedException NothingRuns() => new("A device of shapes only cannot compute.");

    private sealed class Placeholder(string name, Shape shape) : IDeviceTensor
    {
        public string Name => name;

        public Shape Shape => shape;

        public void Read(Span<float> destination) => throw NothingRuns();

        public void Write(ReadOnlySpan<float> source) => throw NothingRuns();

        public void WriteFrom(TensorSource source) => throw NothingRuns();

        // A buffer's next value is marked as not there yet; here nothing ever is.
        public void Fill(float value)
        {
        }

        public void Dispose()
        {
        }
    }
}
