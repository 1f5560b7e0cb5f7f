using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Pooling over the whole image, of whatever size: [N, C, H, W] -> [N, C, 1, 1], the largest pixel of each channel or their mean.
/// Backward: to the largest, the first of equals; or gradOutput / (H * W) to every pixel.
/// </summary>
/// <param name="name">Unique in the net.</param>
/// <param name="max">Whether it takes the largest pixel; else their mean.</param>
public sealed class GlobalPool2dLayer(string name, bool max = false) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => Max ? "GlobalMaxPool2d" : "GlobalAvgPool2d";

    /// <summary>Whether it takes the largest pixel; else their mean.</summary>
    public bool Max { get; } = max;

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return For(inputs[0]).InferShapes(inputs);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return For(context.Inputs[0].Shape).Forward(context);
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        For(context.Inputs[0].Shape).Backward(context);
    }

    // In ceil mode a square window that is larger than the image gives one output, and counts the image's pixels only.
    private Layer For(Shape input)
    {
        int side = Math.Max(input.H, input.W);
        return Max
            ? new MaxPool2dLayer(Name, new MaxPool2dParameters(side, side, CeilMode: true))
            : new AvgPool2dLayer(Name, new AvgPool2dParameters(side, side, CeilMode: true));
    }
}
