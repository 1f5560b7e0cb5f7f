using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// 2-D max-pooling: output[n, c, y, x] is the largest input of its window; pixels outside of the image never win.
/// Backward: each gradient goes to the winner, the first of equals.
/// </summary>
public sealed class MaxPool2dLayer(string name, MaxPool2dParameters geometry) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "MaxPool2d";

    /// <summary>Window, stride, padding, rounding.</summary>
    public MaxPool2dParameters Geometry { get; } = geometry;

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return [Geometry.OutputShape(inputs[0])];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue input = context.Inputs[0];
        ProgramValue output = context.NewValue(Geometry.OutputShape(input.Shape));
        ProgramValue? argMax = null;
        if (context.Training)
        {
            argMax = context.NewValue(output.Shape, ElementType.Int32);
            context.Save(argMax);
        }

        context.Add(new MaxPool2dForward(Name, Geometry, input, output, argMax));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new MaxPool2dBackward(Name, Geometry, context.GradOutput, context.Saved[0], context.NewGradInput(0)));
        }
    }
}
