using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// 2-D transposed convolution (FCN, section 3.3: "upsampling is backwards strided convolution"): each input pixel adds
/// weight[i, o, ky, kx] * input[n, i, y, x] to output[n, o, y * stride - padding + ky * dilation, ...].
/// Forward is the data gradient of the convolution with the same numbers, and its data gradient is that convolution.
/// </summary>
public sealed class ConvTranspose2dLayer : Layer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="name">Unique in the net.</param>
    /// <param name="parameters">Kernel, stride, padding, dilation, groups, output padding.</param>
    /// <param name="weight">Weight of the shape [C_in, C_out / groups, kH, kW].</param>
    /// <param name="bias">Bias [C_out], or null.</param>
    public ConvTranspose2dLayer(string name, ConvTranspose2dParameters parameters, Parameter weight, Parameter? bias)
        : base(name)
    {
        Geometry = parameters;
        Weight = weight;
        Bias = bias;
        Parameters = bias is null ? [weight] : [weight, bias];
    }

    /// <inheritdoc/>
    public override string Kind => "ConvTranspose2d";

    /// <summary>Kernel, stride, padding, dilation, groups, output padding.</summary>
    public ConvTranspose2dParameters Geometry { get; }

    /// <summary>Weight [C_in, C_out / groups, kH, kW].</summary>
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
        context.Add(new ConvTranspose2dForward(Name, Geometry, input, context.Value(Weight), Bias is null ? null : context.Value(Bias), output));
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
            context.Add(new ConvTranspose2dBackwardWeight(Name, Geometry, context.Inputs[0], context.GradOutput, gradWeight, gradBias));
        }

        if (context.NeedsGradInput(0))
        {
            context.Add(new ConvTranspose2dBackwardInput(Name, Geometry, context.GradOutput, context.Value(Weight), context.NewGradInput(0)));
        }
    }
}
