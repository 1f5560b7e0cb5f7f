using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Local response normalisation across channels (AlexNet; Caffe's LRN): [N, C, H, W] of any size, output = input / scale^beta,
/// scale = k + alpha / size * (sum of the squares of the size channels around). Backward: gradInput[c] = gradOutput[c] /
/// scale[c]^beta - 2 alpha beta / size * input[c] * (sum of gradOutput * output / scale over the same window).
/// </summary>
/// <param name="name">Unique in the net.</param>
/// <param name="numbers">Window, alpha, beta, k.</param>
public sealed class LocalResponseNormLayer(string name, LocalResponseNormParameters numbers) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "LocalResponseNorm";

    /// <summary>Window, alpha, beta, k.</summary>
    public LocalResponseNormParameters Numbers { get; } = numbers;

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        Numbers.Check();
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue input = context.Inputs[0];
        ProgramValue output = context.NewValue(input.Shape);
        ProgramValue? scale = null;
        if (context.Training)
        {
            scale = context.NewValue(input.Shape);
            context.Save(scale);
        }

        context.Add(new LocalResponseNormForward(Name, Numbers, input, output, scale));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new LocalResponseNormBackward(Name, Numbers, context.GradOutput, context.Inputs[0], context.Outputs[0], context.Saved[0], context.NewGradInput(0)));
        }
    }
}
