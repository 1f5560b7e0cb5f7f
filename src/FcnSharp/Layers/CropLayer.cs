using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Crop: output[n, c, y, x] = input[n, c, y + offsetY, x + offsetX], with the height and width of a second input of which
/// only the size is read. Backward: gradOutput at its offset, zeros around it.
/// </summary>
public sealed class CropLayer(string name, int offsetY, int offsetX) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "Crop";

    /// <summary>Rows cut off above.</summary>
    public int OffsetY { get; } = offsetY;

    /// <summary>Columns cut off at the left.</summary>
    public int OffsetX { get; } = offsetX;

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 2);
        Shape from = inputs[0];
        Shape like = inputs[1];
        if (OffsetY < 0 || OffsetX < 0 || OffsetY + like.H > from.H || OffsetX + like.W > from.W)
        {
            throw new FcnSharpException($"A window of {like.H}x{like.W} at ({OffsetY}, {OffsetX}) does not fit into {from.H}x{from.W}: use a smaller offset or more padding before.");
        }

        return [new Shape(from.N, from.C, like.H, like.W)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue input = context.Inputs[0];
        Shape shape = InferShapes([input.Shape, context.Inputs[1].Shape])[0];
        if (shape == input.Shape)
        {
            return [input];
        }

        ProgramValue output = context.NewValue(shape);
        context.Add(new CropForward(Name, OffsetY, OffsetX, input, output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new CropBackward(Name, OffsetY, OffsetX, context.GradOutput, context.NewGradInput(0)));
        }
    }
}
