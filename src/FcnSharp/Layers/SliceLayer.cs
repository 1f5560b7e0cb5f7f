using System.Globalization;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Some channels of the input, one after the other: [N, C, H, W] -> [N, count, H, W]. Backward: gradOutput for these channels, 0 for
/// the others.
/// </summary>
public sealed class SliceLayer : Layer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="name">Unique in the net.</param>
    /// <param name="first">The first channel, from 0.</param>
    /// <param name="count">How many; at least 1.</param>
    public SliceLayer(string name, int first, int count)
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (First, Count) = (first, count);
    }

    /// <inheritdoc/>
    public override string Kind => "Slice";

    /// <summary>The first channel.</summary>
    public int First { get; }

    /// <summary>How many channels.</summary>
    public int Count { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Shape input = inputs[0];
        return First + (long)Count <= input.C
            ? [new Shape(input.N, Count, input.H, input.W)]
            : throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"A slice takes the channels {First} to {First + (long)Count - 1}, but the input {input} has {input.C}: correct the slice."));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue input = context.Inputs[0];
        if (First == 0 && Count == input.Shape.C)
        {
            return [input];
        }

        ProgramValue output = context.NewValue(InferShapes([input.Shape])[0]);
        context.Add(new SliceChannels(Name, First, input, output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            int end = First + Count;
            ProgramValue?[] parts = [Zeros(context, 0, First), context.GradOutput, Zeros(context, end, context.Inputs[0].Shape.C - end)];
            context.Add(new ConcatForward(Name, [.. parts.OfType<ProgramValue>()], context.NewGradInput(0)));
        }
    }

    /// <summary>Zeros in the shape of some of the input's channels: these times 0, so what is not finite is not hidden.</summary>
    private ProgramValue? Zeros(BackwardContext context, int first, int count)
    {
        if (count == 0)
        {
            return null;
        }

        ProgramValue input = context.Inputs[0];
        ProgramValue taken = context.NewValue(new Shape(input.Shape.N, count, input.Shape.H, input.Shape.W));
        ProgramValue zeros = context.NewValue(taken.Shape);
        context.Add(new SliceChannels(Name, first, input, taken));
        context.Add(new ScaleApply(Name, 0, taken, zeros));
        return zeros;
    }
}
