using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// A node's function: it infers shapes and writes the operations of its forward and backward pass into a program. A layer
/// holds no data and names no device, so one layer serves any input size and any number of executions.
/// </summary>
/// <param name="name">Unique in the net.</param>
public abstract class Layer(string name)
{
    /// <summary>Unique in the net, such as "conv1_1".</summary>
    public string Name { get; } = name;

    /// <summary>What it is, in the field's term, such as "Conv2d".</summary>
    public abstract string Kind { get; }

    /// <summary>What it learns; empty for most.</summary>
    public virtual IReadOnlyList<Parameter> Parameters => [];

    /// <summary>Whether it is where the backward pass begins.</summary>
    public virtual bool IsLoss => false;

    /// <summary>The type of the elements it reads from an input; only labels are integers.</summary>
    public virtual ElementType InputType(int index) => ElementType.Float32;

    /// <summary>Shapes of the outputs for inputs of these shapes.</summary>
    /// <exception cref="FcnSharpException">The inputs do not fit.</exception>
    public abstract IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs);

    /// <summary>Appends the operations of the forward pass and returns the outputs. A layer that changes nothing returns its input.</summary>
    public abstract IReadOnlyList<ProgramValue> Forward(ForwardContext context);

    /// <summary>
    /// Appends the operations of the backward pass: for each input that needs it, its gradient from those of the outputs; and
    /// adds to the gradients of the trainable parameters. Not called when the forward pass returned its input: the gradient
    /// then passes by.
    /// </summary>
    public abstract void Backward(BackwardContext context);

    /// <summary>Checks the number of inputs.</summary>
    /// <exception cref="FcnSharpException">Another number was given.</exception>
    protected static void ExpectInputs(IReadOnlyList<Shape> inputs, int expected)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count != expected)
        {
            throw new FcnSharpException($"{expected} input{(expected == 1 ? " is" : "s are")} needed, found {inputs.Count}.");
        }
    }
}
