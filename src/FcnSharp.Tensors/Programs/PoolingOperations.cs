using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Programs;

/// <summary>Average-pooling forward: output = sum of the window's pixels inside of the input / divisor.</summary>
public sealed record AvgPool2dForward(string Name, AvgPool2dParameters Parameters, ProgramValue Input, ProgramValue Output)
    : Operation(Name, [Input], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "AvgPool2d forward";
}

/// <summary>Average-pooling backward: gradInput = sum of gradOutput / divisor over the windows that hold the pixel.</summary>
public sealed record AvgPool2dBackward(string Name, AvgPool2dParameters Parameters, ProgramValue GradOutput, ProgramValue GradInput)
    : Operation(Name, [GradOutput], [GradInput])
{
    /// <inheritdoc/>
    public override string Kind => "AvgPool2d backward";
}
