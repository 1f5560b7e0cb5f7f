using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Dropout: in training each element is zeroed with probability ratio and the others are divided by 1 - ratio; in inference
/// it is absent. The mask is drawn from the seed, the step, the layer's name and the element's position, the same for any
/// number of threads; backward draws it again.
/// </summary>
public sealed class DropoutLayer : Layer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="name">Unique in the net; it picks the stream of random numbers.</param>
    /// <param name="ratio">Probability of zero, at least 0 and below 1.</param>
    /// <exception cref="FcnSharpException">The ratio is out of range.</exception>
    public DropoutLayer(string name, float ratio)
        : base(name)
    {
        if (!(ratio >= 0 && ratio < 1))
        {
            throw new FcnSharpException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}: the dropout ratio must be at least 0 and below 1, found {ratio}."));
        }

        Ratio = ratio;
    }

    /// <inheritdoc/>
    public override string Kind => "Dropout";

    /// <summary>Probability of zero.</summary>
    public float Ratio { get; }

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
        if (!context.Training || Ratio == 0)
        {
            return [context.Inputs[0]];
        }

        ProgramValue output = context.NewValue(context.Inputs[0].Shape);
        context.Add(new DropoutApply(Name, Ratio, CounterRandom.StreamOf(Name), context.Inputs[0], output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new DropoutApply(Name, Ratio, CounterRandom.StreamOf(Name), context.GradOutput, context.NewGradInput(0)));
        }
    }
}
