namespace FcnSharp.Tensors.Programs;

/// <summary>
/// Softmax over the channels: probability[n, c, y, x] = exp(score[n, c, y, x] - m) / sum over k of exp(score[n, k, y, x] - m), with m the
/// pixel's largest score. Terms below 1e-20 of the largest become 0.
/// </summary>
public sealed record SoftmaxForward(string Name, ProgramValue Scores, ProgramValue Probabilities)
    : Operation(Name, [Scores], [Probabilities])
{
    /// <inheritdoc/>
    public override string Kind => "Softmax forward";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}

/// <summary>gradScores[c] = p[c] * (gradProbabilities[c] - sum over k of gradProbabilities[k] * p[k]) at each pixel. It needs the output only, so the forward pass can run in place.</summary>
public sealed record SoftmaxBackward(string Name, ProgramValue GradProbabilities, ProgramValue Probabilities, ProgramValue GradScores)
    : Operation(Name, [GradProbabilities, Probabilities], [GradScores])
{
    /// <inheritdoc/>
    public override string Kind => "Softmax backward";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}

/// <summary>
/// The class with the largest score at each pixel and its softmax probability, in one pass: scores [N, C, H, W] ->
/// classes Int32 [N, 1, H, W], the first of equals, and confidence [N, 1, H, W] = 1 / sum over c of exp(score[c] - score[winner]).
/// </summary>
public sealed record ClassifyPixelsForward(string Name, ProgramValue Scores, ProgramValue Classes, ProgramValue Confidence)
    : Operation(Name, [Scores], [Classes, Confidence])
{
    /// <inheritdoc/>
    public override string Kind => "ClassifyPixels";
}
