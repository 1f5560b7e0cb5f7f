namespace FcnSharp.Tensors.Programs;

/// <summary>
/// Bilinear resize: input [N, C, H, W] -> output [N, C, H', W'], output = A_y input A_x' with two entries in each row of A; see
/// <see cref="Operations.BilinearResize2dParameters"/> for the coordinates.
/// </summary>
public sealed record BilinearResize2dForward(string Name, bool AlignCorners, ProgramValue Input, ProgramValue Output)
    : Operation(Name, [Input], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "BilinearResize2d forward";
}

/// <summary>Bilinear resize backward, the exact adjoint: gradInput = A_y' gradOutput A_x.</summary>
public sealed record BilinearResize2dBackward(string Name, bool AlignCorners, ProgramValue GradOutput, ProgramValue GradInput)
    : Operation(Name, [GradOutput], [GradInput])
{
    /// <inheritdoc/>
    public override string Kind => "BilinearResize2d backward";
}
