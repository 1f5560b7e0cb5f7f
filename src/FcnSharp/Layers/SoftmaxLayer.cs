using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Softmax over the channels: p[c] = exp(score[c]) / sum over k of exp(score[k]) at each pixel, [N, C, H, W] -> [N, C, H, W].
/// Backward: p[c] * (gradOutput[c] - sum over k of gradOutput[k] * p[k]).
/// </summary>
public sealed class SoftmaxLayer(string name) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "Softmax";

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue output = context.NewValue(context.Inputs[0].Shape);
        context.Add(new SoftmaxForward(Name, context.Inputs[0], output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new SoftmaxBackward(Name, context.GradOutput, context.Outputs[0], context.NewGradInput(0)));
        }
    }
}
