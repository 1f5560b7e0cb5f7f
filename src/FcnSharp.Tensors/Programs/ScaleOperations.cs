namespace FcnSharp.Tensors.Programs;

/// <summary>output = Factor * input, elementwise; the factor is a constant. Forward and backward are the same operation.</summary>
public sealed record ScaleApply(string Name, float Factor, ProgramValue Input, ProgramValue Output)
    : Operation(Name, [Input], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "Scale";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}

/// <summary>output = sum over i of Coefficients[i] * Terms[i], elementwise, in the order given; the coefficients are constants.</summary>
public sealed record WeightedSumForward(string Name, IReadOnlyList<ProgramValue> Terms, IReadOnlyList<float> Coefficients, ProgramValue Output)
    : Operation(Name, Terms, [Output])
{
    /// <inheritdoc/>
    public override string Kind => "Weighted sum";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}
