using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>Elementwise sum of two or more inputs of one shape: how skips are fused. Backward: each input gets gradOutput as it is.</summary>
public sealed class SumLayer(string name) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "Sum";

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

        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue output = context.NewValue(context.Inputs[0].Shape);
        context.Add(new SumForward(Name, context.Inputs, output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        for (int i = 0; i < context.Inputs.Count; i++)
        {
            if (context.NeedsGradInput(i))
            {
                context.SetGradInput(i, context.GradOutput);
            }
        }
    }
}
