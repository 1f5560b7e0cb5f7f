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

/// <summary>
/// Max-unpooling forward: output, of the shape of the input of a max-pooling of these parameters, is 0 but for
/// output[argMax[i]] = input[i], plane by plane. Where overlapping windows share a winner, the last in row-major order stays.
/// An index outside of the plane makes the plane's first pixel NaN.
/// </summary>
public sealed record MaxUnpool2dForward(string Name, MaxPool2dParameters Parameters, ProgramValue Input, ProgramValue ArgMax, ProgramValue Output)
    : Operation(Name, [Input, ArgMax], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "MaxUnpool2d forward";
}

/// <summary>
/// Max-unpooling backward: gradInput[i] = gradOutput[argMax[i]], and 0 where a later window has overwritten the value. An
/// index outside of the plane gives NaN.
/// </summary>
public sealed record MaxUnpool2dBackward(string Name, MaxPool2dParameters Parameters, ProgramValue GradOutput, ProgramValue ArgMax, ProgramValue GradInput)
    : Operation(Name, [GradOutput, ArgMax], [GradInput])
{
    /// <inheritdoc/>
    public override string Kind => "MaxUnpool2d backward";
}
