namespace FcnSharp.Tensors.Programs;

/// <summary>The parts [N, C_i, H, W] one after the other along the channels: output [N, sum of C_i, H, W].</summary>
public sealed record ConcatForward(string Name, IReadOnlyList<ProgramValue> Parts, ProgramValue Output)
    : Operation(Name, Parts, [Output])
{
    /// <inheritdoc/>
    public override string Kind => "Concat forward";

    /// <inheritdoc/>
    public override string? ShapeProblem
    {
        get
        {
            Shape to = Output.Shape;
            return Parts.Sum(p => (long)p.Shape.C) == to.C && Parts.All(p => (p.Shape.N, p.Shape.H, p.Shape.W) == (to.N, to.H, to.W))
                ? null
                : $"the parts {string.Join(", ", Parts.Select(p => p.Shape))} do not make {to}";
        }
    }
}

/// <summary>output[n, c, y, x] = input[n, First + c, y, x]: a run of channels, as wide as the output. The gradient of a part of a concatenation.</summary>
public sealed record SliceChannels(string Name, int First, ProgramValue Input, ProgramValue Output)
    : Operation(Name, [Input], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "Slice channels";

    /// <inheritdoc/>
    public override string? ShapeProblem
    {
        get
        {
            (Shape from, Shape to) = (Input.Shape, Output.Shape);
            return First >= 0 && First + (long)to.C <= from.C && (from.N, from.H, from.W) == (to.N, to.H, to.W)
                ? null
                : $"the channels from {First} of {from} do not make {to}";
        }
    }
}
