using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>The class with the largest score at each pixel: [N, C, H, W] -> Int32 [N, 1, H, W], the first of equals. It has no gradient.</summary>
public sealed class ArgMaxLayer(string name) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "ArgMax";

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return [new Shape(inputs[0].N, 1, inputs[0].H, inputs[0].W)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue classes = context.NewValue(InferShapes([context.Inputs[0].Shape])[0], ElementType.Int32);
        context.Add(new ArgMaxForward(Name, context.Inputs[0], classes));
        return [classes];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        // The class index is piecewise constant: nothing flows back.
    }
}
