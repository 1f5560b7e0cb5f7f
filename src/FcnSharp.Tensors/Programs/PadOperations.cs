using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Programs;

/// <summary>output = input with a border of one number around each plane. Its gradient is a <see cref="CropForward"/> of gradOutput at (Top, Left).</summary>
public sealed record Pad2dForward(string Name, Pad2dParameters Parameters, ProgramValue Input, ProgramValue Output)
    : Operation(Name, [Input], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "Pad2d forward";
}
