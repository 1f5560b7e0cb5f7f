using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>What a layer sees while its forward pass is written.</summary>
/// <param name="layer">The layer.</param>
/// <param name="builder">The program being written.</param>
/// <param name="inputs">The layer's inputs.</param>
/// <param name="training">Whether a backward pass will follow; dropout and batch norm differ.</param>
/// <param name="parameterValue">The value of a parameter.</param>
/// <param name="nextValue">Where the next value of a buffer is written.</param>
public sealed class ForwardContext(Layer layer, ProgramBuilder builder, IReadOnlyList<ProgramValue> inputs, bool training, Func<Parameter, ProgramValue> parameterValue, Func<Parameter, ProgramValue> nextValue)
{
    private readonly List<ProgramValue> _saved = [];

    /// <summary>The layer's inputs.</summary>
    public IReadOnlyList<ProgramValue> Inputs { get; } = inputs;

    /// <summary>Whether a backward pass will follow.</summary>
    public bool Training { get; } = training;

    /// <summary>What the layer kept for its backward pass with <see cref="Save"/>.</summary>
    public IReadOnlyList<ProgramValue> Saved => _saved;

    /// <summary>The value of one of the layer's parameters.</summary>
    public ProgramValue Value(Parameter parameter) => parameterValue(parameter);

    /// <summary>Where a training step writes the next value of a buffer, which takes its place when the step is completed.</summary>
    public ProgramValue NextValue(Parameter buffer) => nextValue(buffer);

    /// <summary>A new value for an output.</summary>
    public ProgramValue NewValue(Shape shape, ElementType type = ElementType.Float32) => builder.Intermediate(layer.Name, shape, type);

    /// <summary>Appends an operation.</summary>
    public void Add(Operation operation) => builder.Add(operation);

    /// <summary>Keeps a value for the backward pass.</summary>
    public void Save(ProgramValue value) => _saved.Add(value);
}
