using System.Globalization;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Elementwise sum of two or more inputs of one shape: how skips are fused; with constant coefficients, sum of
/// coefficient[i] * input[i]: how the scores of two nets are fused late (0.5 and 0.5). Backward: each input gets gradOutput,
/// times its coefficient.
/// </summary>
/// <param name="name">Unique in the net.</param>
/// <param name="coefficients">One constant for each input; null for 1.</param>
public sealed class SumLayer(string name, IReadOnlyList<float>? coefficients = null) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "Sum";

    /// <summary>One constant for each input; null for 1.</summary>
    public IReadOnlyList<float>? Coefficients { get; } = coefficients is null ? null : [.. coefficients];

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count < 2)
        {
            throw new FcnSharpException($"A sum needs at least 2 inputs, found {inputs.Count}.");
        }

        foreach (Shape shape in inputs)
        {
            if (shape != inputs[0])
            {
                throw new FcnSharpException($"All inputs of a sum must have one shape, found {inputs[0]} and {shape}: crop them first.");
            }
        }

        if (Coefficients is { } c && (c.Count != inputs.Count || !c.All(float.IsFinite)))
        {
            string found = string.Join(", ", c.Select(v => v.ToString(CultureInfo.InvariantCulture)));
            throw new FcnSharpException($"A weighted sum of {inputs.Count} inputs needs {inputs.Count} finite coefficients, found {c.Count}: {found}.");
        }

        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue output = context.NewValue(context.Inputs[0].Shape);
        context.Add(Coefficients is { } c && c.Any(v => v != 1)
            ? new WeightedSumForward(Name, context.Inputs, c, output)
            : new SumForward(Name, context.Inputs, output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        for (int i = 0; i < context.Inputs.Count; i++)
        {
            float coefficient = Coefficients?[i] ?? 1;
            if (!context.NeedsGradInput(i))
            {
                continue;
            }

            if (coefficient == 1)
            {
                context.SetGradInput(i, context.GradOutput);
            }
            else
            {
                context.Add(new ScaleApply(Name, coefficient, context.GradOutput, context.NewGradInput(i)));
            }
        }
    }
}
