using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// The inputs [N, C_i, H, W] one after the other along the channels: [N, sum of C_i, H, W]. Backward: each input gets its
/// channels of gradOutput.
/// </summary>
public sealed class ConcatLayer(string name) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "Concat";

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count == 0)
        {
            throw new FcnSharpException("A concatenation needs at least 1 input, found 0.");
        }

        Shape first = inputs[0];
        long channels = 0;
        foreach (Shape shape in inputs)
        {
            if ((shape.N, shape.H, shape.W) != (first.N, first.H, first.W))
            {
                throw new FcnSharpException($"All inputs of a concatenation must have one number of images, height and width, found {first} and {shape}: crop or pad them first.");
            }

            channels += shape.C;
        }

        return channels <= int.MaxValue
            ? [new Shape(first.N, (int)channels, first.H, first.W)]
            : throw new FcnSharpException($"A concatenation of {channels} channels is more than the {int.MaxValue} that can be counted.");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Inputs.Count == 1)
        {
            return [context.Inputs[0]];
        }

        ProgramValue output = context.NewValue(InferShapes([.. context.Inputs.Select(i => i.Shape)])[0]);
        context.Add(new ConcatForward(Name, context.Inputs, output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int first = 0;
        for (int i = 0; i < context.Inputs.Count; i++)
        {
            if (context.NeedsGradInput(i))
            {
                context.Add(new SliceChannels(Name, first, context.GradOutput, context.NewGradInput(i)));
            }

            first += context.Inputs[i].Shape.C;
        }
    }
}
