using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Graph;

/// <summary>A net compiled for one set of input shapes: its program, and the values to write and read.</summary>
public sealed class CompiledNet : IDisposable
{
    private readonly string[] _targets;
    private readonly bool _training;
    private readonly KeyValuePair<string, Shape>[] _shapes;

    internal CompiledNet(CompileTarget target, IReadOnlyDictionary<string, Shape> shapes, TensorProgram program, IReadOnlyDictionary<string, ProgramValue> inputs, IReadOnlyDictionary<string, ProgramValue> outputs, IDevicePlan plan)
    {
        (_targets, _training, _shapes) = ([.. target.Outputs], target.Training, [.. shapes]);
        Program = program;
        Inputs = inputs;
        Outputs = outputs;
        Plan = plan;
    }

    /// <summary>The operations, for reports and profiles.</summary>
    public TensorProgram Program { get; }

    /// <summary>The values to write, by the input's name.</summary>
    public IReadOnlyDictionary<string, ProgramValue> Inputs { get; }

    /// <summary>The values to read, by the output's name.</summary>
    public IReadOnlyDictionary<string, ProgramValue> Outputs { get; }

    /// <summary>The plan, whose <see cref="IDevicePlan.Begin"/> starts an execution.</summary>
    public IDevicePlan Plan { get; }

    /// <summary>Whether it was compiled for this. Asked at every step, so it allocates nothing.</summary>
    internal bool IsFor(CompileTarget target, IReadOnlyDictionary<string, Shape> shapes)
    {
        if (target.Training != _training || target.Outputs.Count != _targets.Length || shapes.Count != _shapes.Length)
        {
            return false;
        }

        for (int i = 0; i < _targets.Length; i++)
        {
            if (target.Outputs[i] != _targets[i])
            {
                return false;
            }
        }

        foreach (KeyValuePair<string, Shape> shape in _shapes)
        {
            if (!shapes.TryGetValue(shape.Key, out Shape given) || given != shape.Value)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => Plan.Dispose();
}

/// <summary>How a net is compiled.</summary>
/// <param name="Outputs">Names of the outputs that are wanted; what they do not need is left out.</param>
/// <param name="Training">Whether gradients of the parameters are computed from the losses among the outputs.</param>
public sealed record CompileTarget(IReadOnlyList<string> Outputs, bool Training)
{
    /// <summary>Inference of some outputs.</summary>
    public static CompileTarget Inference(params string[] outputs) => new(outputs, Training: false);

    /// <summary>Forward and backward from some losses.</summary>
    public static CompileTarget Train(params string[] losses) => new(losses, Training: true);
}
