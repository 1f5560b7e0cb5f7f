using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Programs;

/// <summary>
/// Local response normalisation forward: input -> output = input / scale^beta and, where backward needs it, the scale
/// k + alpha / size * (sum of the squares of the window's channels), both of the input's shape [N, C, H, W].
/// </summary>
public sealed record LocalResponseNormForward(string Name, LocalResponseNormParameters Parameters, ProgramValue Input, ProgramValue Output, ProgramValue? Scale)
    : Operation(Name, [Input], Conv2dBackwardWeight.Present(Output, Scale))
{
    /// <inheritdoc/>
    public override string Kind => "LocalResponseNorm forward";
}

/// <summary>
/// Local response normalisation backward, of the forward pass's input, output and scale: gradInput[c] = gradOutput[c] /
/// scale[c]^beta - 2 alpha beta / size * input[c] * sum of gradOutput[j] * output[j] / scale[j] over the channels j whose
/// window holds c, which are those in the window of c.
/// </summary>
public sealed record LocalResponseNormBackward(string Name, LocalResponseNormParameters Parameters, ProgramValue GradOutput, ProgramValue Input, ProgramValue Output, ProgramValue Scale, ProgramValue GradInput)
    : Operation(Name, [GradOutput, Input, Output, Scale], [GradInput])
{
    /// <inheritdoc/>
    public override string Kind => "LocalResponseNorm backward";
}
