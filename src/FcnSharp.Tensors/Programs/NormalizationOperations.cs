using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Programs;

/// <summary>
/// Batch statistics: input [N, C, H, W] -> statistics [2, C], per channel the mean over N, H, W and 1 / sqrt(variance + epsilon) with
/// the biased variance; and the next running estimates [C], (1 - m) * running + m * batch, with the unbiased variance. The next
/// estimates are tensors of their own: a step that is given up leaves the present ones as they were.
/// </summary>
public sealed record BatchNorm2dStatistics(string Name, BatchNorm2dParameters Parameters, ProgramValue Input, ProgramValue RunningMean, ProgramValue RunningVariance, ProgramValue Statistics, ProgramValue NextMean, ProgramValue NextVariance)
    : Operation(Name, [Input, RunningMean, RunningVariance], [Statistics, NextMean, NextVariance])
{
    /// <inheritdoc/>
    public override string Kind => "BatchNorm2d statistics";

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Updates { get; } = [NextMean, NextVariance];
}

/// <summary>The running estimates [C] as statistics [2, C]: the mean and 1 / sqrt(variance + epsilon).</summary>
public sealed record BatchNorm2dRunningStatistics(string Name, BatchNorm2dParameters Parameters, ProgramValue RunningMean, ProgramValue RunningVariance, ProgramValue Statistics)
    : Operation(Name, [RunningMean, RunningVariance], [Statistics])
{
    /// <inheritdoc/>
    public override string Kind => "BatchNorm2d running statistics";
}

/// <summary>output = (input - mean) * inverseDeviation * weight + bias, with the numbers of each channel.</summary>
public sealed record BatchNorm2dNormalize(string Name, ProgramValue Input, ProgramValue Statistics, ProgramValue Weight, ProgramValue Bias, ProgramValue Output)
    : Operation(Name, [Input, Statistics, Weight, Bias], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "BatchNorm2d normalize";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}

/// <summary>sums [2, C]: per channel the sums over N, H, W of gradOutput and of gradOutput * (input - mean) * inverseDeviation.</summary>
public sealed record BatchNorm2dGradientSums(string Name, ProgramValue Input, ProgramValue GradOutput, ProgramValue Statistics, ProgramValue Sums)
    : Operation(Name, [Input, GradOutput, Statistics], [Sums])
{
    /// <inheritdoc/>
    public override string Kind => "BatchNorm2d gradient sums";
}

/// <summary>gradWeight += sums[1], gradBias += sums[0], where wanted.</summary>
public sealed record BatchNorm2dBackwardWeight(string Name, ProgramValue Sums, ProgramValue? GradWeight, ProgramValue? GradBias)
    : Operation(Name, [Sums], Conv2dBackwardWeight.Present(GradWeight, GradBias))
{
    /// <inheritdoc/>
    public override string Kind => "BatchNorm2d backward weight";

    /// <inheritdoc/>
    public override bool Accumulates => true;
}

/// <summary>
/// gradInput = weight * inverseDeviation * (gradOutput - (sums[0] + normalized * sums[1]) / M), M = N H W values a channel; without sums,
/// where the statistics are not the batch's own, weight * inverseDeviation * gradOutput.
/// </summary>
public sealed record BatchNorm2dBackwardInput(string Name, ProgramValue GradOutput, ProgramValue Input, ProgramValue Statistics, ProgramValue Weight, ProgramValue? Sums, ProgramValue GradInput)
    : Operation(Name, Sums is null ? [GradOutput, Statistics, Weight] : [GradOutput, Input, Statistics, Weight, Sums], [GradInput])
{
    /// <inheritdoc/>
    public override string Kind => "BatchNorm2d backward input";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}
