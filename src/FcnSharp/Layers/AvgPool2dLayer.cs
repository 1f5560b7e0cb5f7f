using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// 2-D average-pooling: output[n, c, y, x] is the sum of the window's pixels inside of the image over the divisor of the
/// geometry: Caffe's (padding counts) or the number of these pixels. Backward: gradInput is the sum of gradOutput / divisor
/// over the windows that hold the pixel.
/// </summary>
/// <param name="name">Unique in the net.</param>
/// <param name="geometry">Window, stride, padding, rounding, divisor.</param>
public sealed class AvgPool2dLayer(string name, AvgPool2dParameters geometry) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "AvgPool2d";

    /// <summary>Window, stride, padding, rounding, divisor.</summary>
    public AvgPool2dParameters Geometry { get; } = geometry;

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
        ProgramValue output = context.NewValue(Geometry.OutputShape(context.Inputs[0].Shape));
        context.Add(new AvgPool2dForward(Name, Geometry, context.Inputs[0], output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new AvgPool2dBackward(Name, Geometry, context.GradOutput, context.NewGradInput(0)));
        }
    }
}
