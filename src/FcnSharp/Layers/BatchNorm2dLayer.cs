using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Batch normalisation (Ioffe and Szegedy 2015), [N, C, H, W] -> [N, C, H, W], per channel:
/// output = (input - mean) / sqrt(variance + epsilon) * weight + bias. Training takes mean and biased variance of the batch over N, H, W
/// and moves the running estimates towards the mean and the unbiased variance; inference, and training when frozen, takes the estimates.
/// Backward with x = (input - mean) / sqrt(variance + epsilon), over the M values of a channel:
/// gradBias = sum g, gradWeight = sum g x, gradInput = weight / sqrt(variance + epsilon) * (g - gradBias / M - x gradWeight / M);
/// frozen, the last two terms are absent.
/// </summary>
public sealed class BatchNorm2dLayer : Layer
{
    /// <summary>Creates the layer, with running estimates of its own.</summary>
    /// <param name="name">Unique in the net.</param>
    /// <param name="settings">Epsilon, momentum, frozen or not.</param>
    /// <param name="weight">Scale [C].</param>
    /// <param name="bias">Shift [C].</param>
    /// <exception cref="FcnSharpException">A number is out of range, or weight and bias are not of one shape [C].</exception>
    public BatchNorm2dLayer(string name, BatchNorm2dParameters settings, Parameter weight, Parameter bias)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        try
        {
            settings.Check();
        }
        catch (FcnSharpException e)
        {
            throw new FcnSharpException($"{name}: {e.Message}", e);
        }

        if (weight.Shape.Rank != 1 || bias.Shape != weight.Shape)
        {
            throw new FcnSharpException($"{name}: weight and bias of a batch norm must have one shape [C], found {weight.Shape} and {bias.Shape}.");
        }

        (Settings, Weight, Bias) = (settings, weight, bias);
        RunningMean = new Parameter(name + ".running_mean", weight.Shape, Initializer.Zero) { IsBuffer = true };
        RunningVariance = new Parameter(name + ".running_var", weight.Shape, Initializer.Constant(1)) { IsBuffer = true };
        Parameters = [weight, bias, RunningMean, RunningVariance];
    }

    /// <inheritdoc/>
    public override string Kind => "BatchNorm2d";

    /// <summary>Epsilon, momentum, frozen or not.</summary>
    public BatchNorm2dParameters Settings { get; }

    /// <summary>Scale [C].</summary>
    public Parameter Weight { get; }

    /// <summary>Shift [C].</summary>
    public Parameter Bias { get; }

    /// <summary>Estimate of the mean [C], a buffer.</summary>
    public Parameter RunningMean { get; }

    /// <summary>Estimate of the variance [C], a buffer.</summary>
    public Parameter RunningVariance { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return inputs[0].C == Weight.Shape[0]
            ? [inputs[0]]
            : throw new FcnSharpException($"The batch norm has {Weight.Shape[0]} channels, the input {inputs[0]} has {inputs[0].C}: give both the same number.");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue input = context.Inputs[0];
        ProgramValue mean = context.Value(RunningMean);
        ProgramValue variance = context.Value(RunningVariance);
        ProgramValue statistics = context.NewValue(new Shape(2, input.Shape.C));
        if (context.Training && !Settings.Frozen)
        {
            BatchNorm2dParameters.CheckBatch(input.Shape);
            context.Add(new BatchNorm2dStatistics(Name, Settings, input, mean, variance, statistics, context.NextValue(RunningMean), context.NextValue(RunningVariance)));
        }
        else
        {
            context.Add(new BatchNorm2dRunningStatistics(Name, Settings, mean, variance, statistics));
        }

        ProgramValue output = context.NewValue(input.Shape);
        context.Add(new BatchNorm2dNormalize(Name, input, statistics, context.Value(Weight), context.Value(Bias), output));
        if (context.Training)
        {
            context.Save(statistics);
        }

        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue? gradWeight = context.Gradient(Weight);
        ProgramValue? gradBias = context.Gradient(Bias);
        bool learned = gradWeight is not null || gradBias is not null;
        bool needsInput = context.NeedsGradInput(0);
        ProgramValue? sums = null;
        if (learned || (needsInput && !Settings.Frozen))
        {
            sums = context.NewValue(new Shape(2, context.Inputs[0].Shape.C));
            context.Add(new BatchNorm2dGradientSums(Name, context.Inputs[0], context.GradOutput, context.Saved[0], sums));
        }

        if (learned)
        {
            context.Add(new BatchNorm2dBackwardWeight(Name, sums!, gradWeight, gradBias));
        }

        if (needsInput)
        {
            context.Add(new BatchNorm2dBackwardInput(Name, context.GradOutput, context.Inputs[0], context.Saved[0], context.Value(Weight), Settings.Frozen ? null : sums, context.NewGradInput(0)));
        }
    }
}
