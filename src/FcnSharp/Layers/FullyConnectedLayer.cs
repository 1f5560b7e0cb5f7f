using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Fully connected: output[n, o] = bias[o] + sum over c, y, x of weight[o, c, y, x] * input[n, c, y, x], [N, C, H, W] ->
/// [N, O, 1, 1]. The input has one size only: the flattened row of a weight matrix O x (C * H * W) is the kernel [C, H, W] that
/// covers it (FCN, section 3.1), which is why the weight is kept as [O, C, H, W] and computed as a convolution.
/// </summary>
public sealed class FullyConnectedLayer : Layer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="name">Unique in the net.</param>
    /// <param name="weight">Weight of the shape [O, C, H, W], where C x H x W is the input.</param>
    /// <param name="bias">Bias [O], or null.</param>
    public FullyConnectedLayer(string name, Parameter weight, Parameter? bias)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(weight);
        Weight = weight;
        Bias = bias;
        Parameters = bias is null ? [weight] : [weight, bias];
        Geometry = new Conv2dParameters(weight.Shape.H, weight.Shape.W);
    }

    /// <inheritdoc/>
    public override string Kind => "FullyConnected";

    /// <summary>Weight [O, C, H, W].</summary>
    public Parameter Weight { get; }

    /// <summary>Bias [O], or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>The convolution that it is: a kernel as large as the input.</summary>
    public Conv2dParameters Geometry { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        Shape input = inputs[0];
        Shape weight = Weight.Shape;
        return (input.C, input.H, input.W) == (weight.C, weight.H, weight.W)
            ? [new Shape(input.N, weight.N, 1, 1)]
            : throw new FcnSharpException($"A fully connected layer of {weight.C}x{weight.H}x{weight.W} inputs got {input.C}x{input.H}x{input.W}: give an image of the classifier's size, or make the net convolutional.");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue output = context.NewValue(InferShapes([context.Inputs[0].Shape])[0]);
        context.Add(new Conv2dForward(Name, Geometry, context.Inputs[0], context.Value(Weight), Bias is null ? null : context.Value(Bias), output));
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
