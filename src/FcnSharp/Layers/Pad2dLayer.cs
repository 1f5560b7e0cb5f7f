using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// A border of one number: [N, C, H, W] -> [N, C, H + top + bottom, W + left + right]. Backward: the window of gradOutput that
/// the input filled; the border is constant. A border of no width is no operation.
/// </summary>
public sealed class Pad2dLayer(string name, Pad2dParameters parameters) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "Pad2d";

    /// <summary>The border.</summary>
    public Pad2dParameters Geometry { get; } = parameters;

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return [Geometry.OutputShape(inputs[0])];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue input = context.Inputs[0];
        Shape shape = Geometry.OutputShape(input.Shape);
        if (shape == input.Shape)
        {
            return [input];
        }

        ProgramValue output = context.NewValue(shape);
        context.Add(new Pad2dForward(Name, Geometry, input, output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new CropForward(Name, Geometry.Top, Geometry.Left, context.GradOutput, context.NewGradInput(0)));
        }
    }
}
