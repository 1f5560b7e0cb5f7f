using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// 2-D max-unpooling (Noh, Hong, Han: Learning Deconvolution Network for Semantic Segmentation, ICCV 2015):
/// (values [N, C, h, w], indices Int32 [N, C, h, w] of a max-pooling, the pooling's input [N, C, H, W], of which only the size
/// is read) -> [N, C, H, W]: output[indices[i]] = values[i] plane by plane, 0 elsewhere. Where windows overlap and share a
/// winner, the last in row-major order stays. Backward: gradInput[i] = gradOutput[indices[i]], 0 where it was overwritten.
/// </summary>
/// <param name="name">Unique in the net.</param>
/// <param name="geometry">The geometry of the pooling that gave the indices.</param>
public sealed class MaxUnpool2dLayer(string name, MaxPool2dParameters geometry) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "MaxUnpool2d";

    /// <summary>The geometry of the pooling that gave the indices.</summary>
    public MaxPool2dParameters Geometry { get; } = geometry;

    /// <inheritdoc/>
    public override ElementType InputType(int index) => index == 1 ? ElementType.Int32 : ElementType.Float32;

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 3);
        Shape pooled = Geometry.OutputShape(inputs[2]);
        if (inputs[0] != pooled || inputs[1] != pooled)
        {
            throw new FcnSharpException($"The pooling of {inputs[2]} gives {pooled}, but the values are {inputs[0]} and the indices {inputs[1]}: use the indices, the input and the geometry of one pooling, and as many values.");
        }

        return [inputs[2]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue output = context.NewValue(context.Inputs[2].Shape);
        context.Add(new MaxUnpool2dForward(Name, Geometry, context.Inputs[0], context.Inputs[1], output));
        if (context.Training)
        {
            context.Save(context.Inputs[1]);
        }

        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new MaxUnpool2dBackward(Name, Geometry, context.GradOutput, context.Saved[0], context.NewGradInput(0)));
        }
    }
}
