using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Bilinear resize [N, C, H, W] -> [N, C, H', W'], with PyTorch's coordinates: FCN's upsampling where nothing is to be learned.
/// The size is fixed, a multiple of the input's, or that of a second input of which only the size is read.
/// Backward is the exact adjoint: each gradient goes to the four pixels that were mixed, with the same weights.
/// </summary>
public sealed class BilinearResize2dLayer(string name, BilinearResize2dParameters geometry) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "BilinearResize2d";

    /// <summary>Size and alignment.</summary>
    public BilinearResize2dParameters Geometry { get; } = geometry;

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, Geometry.IsLikeSecondInput ? 2 : 1);
        return [Geometry.OutputShape(inputs[0], Geometry.IsLikeSecondInput ? inputs[1] : null)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue input = context.Inputs[0];
        Shape shape = InferShapes([.. context.Inputs.Select(i => i.Shape)])[0];
        if (shape == input.Shape)
        {
            // Every pixel would be itself, however corners are aligned.
            return [input];
        }

        ProgramValue output = context.NewValue(shape);
        context.Add(new BilinearResize2dForward(Name, Geometry.AlignCorners, input, output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new BilinearResize2dBackward(Name, Geometry.AlignCorners, context.GradOutput, context.NewGradInput(0)));
        }
    }
}
