namespace FcnSharp.Tensors.Programs;

/// <summary>The parts [N, C_i, H, W] one after the other along the channels: output [N, sum of C_i, H, W].</summary>
public sealed record ConcatForward(string Name, IReadOnlyList<ProgramValue> Parts, ProgramValue Output)
    : Operation(Name, Parts, [Output])
{
    /// <inheritdoc/>
    public override string Kind => "Concat forward";
}

/// <summary>output[n, c, y, x] = input[n, First + c, y, x]: a run of channels, as wide as the output. The gradient of a part of a concatenation.</summary>
public sealed record SliceChannels(string Name, int First, ProgramValue Input, ProgramValue Output)
    : Operation(Name, [Input], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "Slice channels";
}
