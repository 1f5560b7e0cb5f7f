using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>Mean of each plane: [N, C, H, W] of any size -> [N, C, 1, 1]. Backward: gradOutput / (H * W) to each pixel.</summary>
public sealed class GlobalAvgPool2dLayer(string name) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "GlobalAvgPool2d";

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return [new Shape(inputs[0].N, inputs[0].C, 1, 1)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue output = context.NewValue(InferShapes([context.Inputs[0].Shape])[0]);
        context.Add(new AvgPool2dForward(Name, Window(context.Inputs[0].Shape), context.Inputs[0], output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new AvgPool2dBackward(Name, Window(context.Inputs[0].Shape), context.GradOutput, context.NewGradInput(0)));
        }
    }

    /// <summary>One square window over the longer side, of which the pixels inside of the image count.</summary>
    private static AvgPool2dParameters Window(Shape input)
    {
        int side = Math.Max(input.H, input.W);
        return new AvgPool2dParameters(side, side, CeilMode: true, Divisor: AvgPoolDivisor.ValidPixels);
    }
}
