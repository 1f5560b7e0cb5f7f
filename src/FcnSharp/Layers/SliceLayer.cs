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
        ProgramValue output = context.NewValue(InferShapes([input.Shape])[0]);
        context.Add(new SliceChannels(Name, First, input, output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.NeedsGradInput(0))
        {
            return;
        }

        Shape input = context.Inputs[0].Shape;
        int behind = input.C - First - Count;
        List<ProgramValue> parts = [];
        AddZeros(First);
        parts.Add(context.GradOutput);
        AddZeros(behind);
        if (parts.Count == 1)
        {
            context.SetGradInput(0, parts[0]);
            return;
        }

        context.Add(new ConcatForward(Name, parts, context.NewGradInput(0)));

        void AddZeros(int channels)
        {
            if (channels > 0)
            {
                // A factor of 0 of channels of the input: zeros where all is finite, and what is not must not be hidden.
                ProgramValue taken = context.NewValue(new Shape(input.N, channels, input.H, input.W));
                ProgramValue zeros = context.NewValue(taken.Shape);
                context.Add(new SliceChannels(Name, channels == First && parts.Count == 0 ? 0 : First + Count, context.Inputs[0], taken));
                context.Add(new ScaleApply(Name, 0, taken, zeros));
                parts.Add(zeros);
            }
        }
    }
}
