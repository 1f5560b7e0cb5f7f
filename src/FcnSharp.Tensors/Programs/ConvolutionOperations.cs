using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Programs;

/// <summary>Conv2d forward: (input [N, C_in, H, W], weight, optional bias [C_out]) -> output [N, C_out, H', W'].</summary>
public sealed record Conv2dForward(string Name, Conv2dParameters Parameters, ProgramValue Input, ProgramValue Weight, ProgramValue? Bias, ProgramValue Output)
    : Operation(Name, Bias is null ? [Input, Weight] : [Input, Weight, Bias], [Output])
{
    /// <inheritdoc/>
    public override string Kind => Relu ? "Conv2d + ReLU forward" : "Conv2d forward";

    /// <summary>Whether outputs below 0 become 0. Devices set it when they fuse; NaN stays NaN.</summary>
    public bool Relu { get; init; }

    /// <inheritdoc/>
    public override long MultiplyAdds => Output.Shape.ElementCount * (Weight.Shape.ElementCount / Weight.Shape.N);
}

/// <summary>
/// Conv2d, perhaps ReLU, and max-pooling of 2x2 with stride 2 in one: (input, weight, optional bias) -> pooled output. What
/// lies between, of shape <paramref name="Unpooled"/>, is never written. Devices make it when they fuse.
/// </summary>
internal sealed record Conv2dMaxPoolForward(string Name, Conv2dParameters Parameters, Shape Unpooled, ProgramValue Input, ProgramValue Weight, ProgramValue? Bias, bool Relu, ProgramValue Output)
    : Operation(Name, Bias is null ? [Input, Weight] : [Input, Weight, Bias], [Output])
{
    /// <inheritdoc/>
    public override string Kind => Relu ? "Conv2d + ReLU + MaxPool2d forward" : "Conv2d + MaxPool2d forward";

    /// <inheritdoc/>
    public override long MultiplyAdds => Unpooled.ElementCount * (Weight.Shape.ElementCount / Weight.Shape.N);
}

/// <summary>Conv2d data gradient: (gradOutput, weight) -> gradInput.</summary>
public sealed record Conv2dBackwardInput(string Name, Conv2dParameters Parameters, ProgramValue GradOutput, ProgramValue Weight, ProgramValue GradInput)
    : Operation(Name, [GradOutput, Weight], [GradInput])
{
    /// <inheritdoc/>
    public override string Kind => "Conv2d backward input";

    /// <inheritdoc/>
    public override long MultiplyAdds => GradOutput.Shape.ElementCount * (Weight.Shape.ElementCount / Weight.Shape.N);
}

/// <summary>Conv2d weight and bias gradient: (input, gradOutput) is added to gradWeight and gradBias, where wanted.</summary>
public sealed record Conv2dBackwardWeight(string Name, Conv2dParameters Parameters, ProgramValue Input, ProgramValue GradOutput, ProgramValue? GradWeight, ProgramValue? GradBias)
    : Operation(Name, [Input, GradOutput], Present(GradWeight, GradBias))
{
    /// <inheritdoc/>
    public override string Kind => "Conv2d backward weight";

    /// <inheritdoc/>
    public override bool Accumulates => true;

    /// <inheritdoc/>
    public override long MultiplyAdds => GradWeight is null ? 0 : GradOutput.Shape.ElementCount * (GradWeight.Shape.ElementCount / GradWeight.Shape.N);

    internal static ProgramValue[] Present(params ReadOnlySpan<ProgramValue?> values)
    {
        var present = new List<ProgramValue>(values.Length);
        foreach (ProgramValue? value in values)
        {
            if (value is not null)
            {
                present.Add(value);
            }
        }

        return [.. present];
    }
}

/// <summary>ConvTranspose2d forward: (input [N, C_in, H, W], weight, optional bias [C_out]) -> output [N, C_out, H', W'].</summary>
public sealed record ConvTranspose2dForward(string Name, ConvTranspose2dParameters Parameters, ProgramValue Input, ProgramValue Weight, ProgramValue? Bias, ProgramValue Output)
    : Operation(Name, Bias is null ? [Input, Weight] : [Input, Weight, Bias], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "ConvTranspose2d forward";

    /// <inheritdoc/>
    public override long MultiplyAdds => Input.Shape.ElementCount * (Weight.Shape.ElementCount / Weight.Shape.N);
}

/// <summary>ConvTranspose2d data gradient: (gradOutput, weight) -> gradInput.</summary>
public sealed record ConvTranspose2dBackwardInput(string Name, ConvTranspose2dParameters Parameters, ProgramValue GradOutput, ProgramValue Weight, ProgramValue GradInput)
    : Operation(Name, [GradOutput, Weight], [GradInput])
{
    /// <inheritdoc/>
    public override string Kind => "ConvTranspose2d backward input";

    /// <inheritdoc/>
    public override long MultiplyAdds => GradInput.Shape.ElementCount * (Weight.Shape.ElementCount / Weight.Shape.N);
}

/// <summary>ConvTranspose2d weight and bias gradient: (input, gradOutput) is added to gradWeight and gradBias, where wanted.</summary>
public sealed record ConvTranspose2dBackwardWeight(string Name, ConvTranspose2dParameters Parameters, ProgramValue Input, ProgramValue GradOutput, ProgramValue? GradWeight, ProgramValue? GradBias)
    : Operation(Name, [Input, GradOutput], Conv2dBackwardWeight.Present(GradWeight, GradBias))
{
    /// <inheritdoc/>
    public override string Kind => "ConvTranspose2d backward weight";

    /// <inheritdoc/>
    public override bool Accumulates => true;

    /// <inheritdoc/>
    public override long MultiplyAdds => GradWeight is null ? 0 : Input.Shape.ElementCount * (GradWeight.Shape.ElementCount / GradWeight.Shape.N);
}
