using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// 2-D convolution: output[n, o, y, x] = bias[o] + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y * stride - padding + ky * dilation, ...].
/// Backward: gradInput is the transposed convolution of gradOutput, gradWeight correlates input with gradOutput, gradBias sums it.
/// </summary>
public sealed class Conv2dLayer : Layer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="name">Unique in the net.</param>
    /// <param name="parameters">Kernel, stride, padding, dilation, groups.</param>
    /// <param name="weight">Weight of the shape [C_out, C_in / groups, kH, kW].</param>
    /// <param name="bias">Bias [C_out], or null.</param>
    public Conv2dLayer(string name, Conv2dParameters parameters, Parameter weight, Parameter? bias)
        : base(name)
    {
        Geometry = parameters;
        Weight = weight;
        Bias = bias;
        Parameters = bias is null ? [weight] : [weight, bias];
    }

    /// <inheritdoc/>
    public override string Kind => "Conv2d";

    /// <summary>Kernel, stride, padding, dilation, groups.</summary>
    public Conv2dParameters Geometry { get; }

    /// <summary>Weight [C_out, C_in / groups, kH, kW].</summary>
    public Parameter Weight { get; }

    /// <summary>Bias [C_out], or null.</summary>
    public Parameter? Bias { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return [Geometry.OutputShape(inputs[0], Weight.Shape)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue input = context.Inputs[0];
        ProgramValue output = context.NewValue(Geometry.OutputShape(input.Shape, Weight.Shape));
        context.Add(new Conv2dForward(Name, Geometry, input, context.Value(Weight), Bias is null ? null : context.Value(Bias), output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue? gradWeight = context.Gradient(Weight);
        ProgramValue? gradBias = Bias is null ? null : context.Gradient(Bias);
        if (gradWeight is not null || gradBias is not null)
        {
            context.Add(new Conv2dBackwardWeight(Name, Geometry, context.Inputs[0], context.GradOutput, gradWeight, gradBias));
        }

        if (context.NeedsGradInput(0))
        {
            context.Add(new Conv2dBackwardInput(Name, Geometry, context.GradOutput, context.Value(Weight), context.NewGradInput(0)));
        }
    }
}
