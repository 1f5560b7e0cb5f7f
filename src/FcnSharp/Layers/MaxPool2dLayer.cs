using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// 2-D max-pooling: output[n, c, y, x] is the largest input of its window; pixels outside of the image never win.
/// Backward: each gradient goes to the winner, the first of equals. On request a second output of the same shape, Int32, holds
/// the index y * W + x of each winner in its input plane, which <see cref="MaxUnpool2dLayer"/> takes.
/// </summary>
/// <param name="name">Unique in the net.</param>
/// <param name="geometry">Window, stride, padding, rounding.</param>
/// <param name="returnIndices">Whether the winners' indices are a second output.</param>
public sealed class MaxPool2dLayer(string name, MaxPool2dParameters geometry, bool returnIndices = false) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "MaxPool2d";

    /// <summary>Window, stride, padding, rounding.</summary>
    public MaxPool2dParameters Geometry { get; } = geometry;

    /// <summary>Whether the winners' indices are a second output.</summary>
    public bool ReturnIndices { get; } = returnIndices;

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        Shape output = Geometry.OutputShape(inputs[0]);
        return ReturnIndices ? [output, output] : [output];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue input = context.Inputs[0];
        ProgramValue output = context.NewValue(Geometry.OutputShape(input.Shape));
        ProgramValue? argMax = null;
        if (context.Training || ReturnIndices)
        {
            argMax = context.NewValue(output.Shape, ElementType.Int32);
        }

        if (context.Training && argMax is not null)
        {
            context.Save(argMax);
        }

        context.Add(new MaxPool2dForward(Name, Geometry, input, output, argMax));
        return ReturnIndices && argMax is not null ? [output, argMax] : [output];
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
