using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// The class with the largest score at each pixel and how sure of it the net is: [N, C, H, W] -> Int32 [N, 1, H, W], the first of
/// equals, and [N, 1, H, W], the winner's softmax probability, from 1 / C to 1. Both in one pass. It has no gradient.
/// </summary>
public sealed class ClassifyPixelsLayer(string name) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "ClassifyPixels";

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        var shape = new Shape(inputs[0].N, 1, inputs[0].H, inputs[0].W);
        return [shape, shape];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Shape shape = InferShapes([context.Inputs[0].Shape])[0];
        ProgramValue classes = context.NewValue(shape, ElementType.Int32);
        ProgramValue confidence = context.NewValue(shape);
        context.Add(new ClassifyPixelsForward(Name, context.Inputs[0], classes, confidence));
        return [classes, confidence];
    }

    /// <inheritdoc/>
    /// <exception cref="FcnSharpException">A loss depends on the confidence.</exception>
    public override void Backward(BackwardContext context) =>
        throw new FcnSharpException($"Layer {Name}: a loss depends on the confidence, which has no gradient here: use Softmax for a loss on probabilities.");
}
