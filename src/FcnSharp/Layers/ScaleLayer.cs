using System.Globalization;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// output = factor * input, the factor fixed: at-once FCN-8s (PAMI 2017) scales pool4 by 0.01 and pool3 by 0.0001 so.
/// Backward: factor * gradOutput. A factor of 1 is no operation.
/// </summary>
public sealed class ScaleLayer(string name, float factor) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "Scale";

    /// <summary>What every number is multiplied by.</summary>
    public float Factor { get; } = factor;

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return float.IsFinite(Factor)
            ? [inputs[0]]
            : throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"The factor must be a finite number, found {Factor}."));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue input = context.Inputs[0];
        if (Factor == 1)
        {
            return [input];
        }

        ProgramValue output = context.NewValue(input.Shape);
        context.Add(new ScaleApply(Name, Factor, input, output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new ScaleApply(Name, Factor, context.GradOutput, context.NewGradInput(0)));
        }
    }
}
