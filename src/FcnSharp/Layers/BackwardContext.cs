using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>What a layer sees while its backward pass is written.</summary>
/// <param name="layer">The layer.</param>
/// <param name="builder">The program being written.</param>
/// <param name="forward">The forward pass of the same layer.</param>
/// <param name="outputs">What the forward pass returned.</param>
/// <param name="gradOutputs">Gradient per output; null where the loss does not depend on it.</param>
/// <param name="needsGradInput">Per input, whether anything trainable lies before it.</param>
/// <param name="parameterGradient">The gradient accumulator of a parameter; null when it is frozen.</param>
public sealed class BackwardContext(
    Layer layer,
    ProgramBuilder builder,
    ForwardContext forward,
    IReadOnlyList<ProgramValue> outputs,
    IReadOnlyList<ProgramValue?> gradOutputs,
    IReadOnlyList<bool> needsGradInput,
    Func<Parameter, ProgramValue?> parameterGradient)
{
    private readonly ProgramValue?[] _gradInputs = new ProgramValue?[needsGradInput.Count];

    /// <summary>The inputs of the forward pass.</summary>
    public IReadOnlyList<ProgramValue> Inputs => forward.Inputs;

    /// <summary>The outputs of the forward pass.</summary>
    public IReadOnlyList<ProgramValue> Outputs { get; } = outputs;

    /// <summary>What the forward pass kept.</summary>
    public IReadOnlyList<ProgramValue> Saved => forward.Saved;

    /// <summary>Gradient per output; null where the loss does not depend on it.</summary>
    public IReadOnlyList<ProgramValue?> GradOutputs { get; } = gradOutputs;

    /// <summary>Gradients given so far, per input.</summary>
    public IReadOnlyList<ProgramValue?> GradInputs => _gradInputs;

    /// <summary>The gradient of the first output, which the loss depends on whenever a layer of one output is visited.</summary>
    public ProgramValue GradOutput => GradOutputs[0] ?? throw new InvalidOperationException($"{layer.Name} has no gradient.");

    /// <summary>Whether the gradient of an input is wanted.</summary>
    public bool NeedsGradInput(int index) => needsGradInput[index];

    /// <summary>Gives the gradient of an input. It may be a value of the outputs' gradients, passed on as it is.</summary>
    public void SetGradInput(int index, ProgramValue gradient) => _gradInputs[index] = gradient;

    /// <summary>A new value for the gradient of an input, already given.</summary>
    public ProgramValue NewGradInput(int index)
    {
        ProgramValue gradient = builder.Intermediate(layer.Name + ".grad", Inputs[index].Shape);
        _gradInputs[index] = gradient;
        return gradient;
    }

    /// <summary>A new value between two operations of the backward pass.</summary>
    public ProgramValue NewValue(Shape shape) => builder.Intermediate(layer.Name + ".grad", shape);

    /// <summary>The value of one of the layer's parameters.</summary>
    public ProgramValue Value(Parameter parameter) => forward.Value(parameter);

    /// <summary>The accumulator of a parameter's gradient; null when it is frozen.</summary>
    public ProgramValue? Gradient(Parameter parameter) => parameterGradient(parameter);

    /// <summary>Appends an operation.</summary>
    public void Add(Operation operation) => builder.Add(operation);
}
