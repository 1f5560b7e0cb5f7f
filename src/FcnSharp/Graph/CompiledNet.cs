using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Graph;

/// <summary>A net compiled for one set of input shapes: its program, and the values to write and read.</summary>
public sealed class CompiledNet : IDisposable
{
    internal CompiledNet(TensorProgram program, IReadOnlyDictionary<string, ProgramValue> inputs, IReadOnlyDictionary<string, ProgramValue> outputs, IDevicePlan plan)
    {
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

    internal string Key => (Training ? "train:" : "infer:") + string.Join(',', Outputs);
}
