using FcnSharp.Layers;

namespace FcnSharp.Graph;

/// <summary>
/// The grids of a net's values on its input (<see cref="PixelGrid"/>), by walking from a value back to the input. From two
/// grids follow receptive fields, strides, and how far a crop must be shifted so that pixels lie over each other: the
/// reference's crop offsets need not be written down.
/// </summary>
/// <param name="vertical">Along the rows or along the columns.</param>
public sealed class PixelGrids(bool vertical)
{
    private readonly Dictionary<(GraphNode Node, int Output), PixelGrid?> _known = [];

    /// <summary>The grid of a value; null if its pixels see the whole input or lie on no regular grid.</summary>
    public PixelGrid? Of(GraphValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Node is not { } node)
        {
            return PixelGrid.Input;
        }

        if (!_known.TryGetValue((node, value.OutputIndex), out PixelGrid? grid))
        {
            _known[(node, value.OutputIndex)] = grid = Compute(node);
        }

        return grid;
    }

    /// <summary>
    /// The longest axis of an earlier value for which a later one still has n pixels: factor * n + constant. A transposed
    /// convolution must reach as far to cover the earlier value whatever the image's size.
    /// </summary>
    /// <param name="later">A value that windows have made of the earlier one.</param>
    /// <param name="earlier">The value itself, or what it is computed from pixel by pixel.</param>
    internal (int Factor, int Constant) LongestBefore(GraphValue later, GraphValue earlier)
    {
        int factor = 1;
        int constant = 0;
        GraphValue target = SourceOf(earlier);
        for (GraphValue value = SourceOf(later); value != target; value = SourceOf(value.Node.Inputs[0]))
        {
            if (value.Node is null || LayerWindow.Of(value.Node.Layer, vertical) is not { Transposed: false } w)
            {
                throw new InvalidOperationException($"{later.Name} is not computed from {earlier.Name} by windows alone.");
            }

            // Rounded down, stride - 1 more pixels make no more windows; rounded up, none beyond the last window does, unless its window would begin behind the input.
            int free = w.CeilMode ? Math.Max(w.Extent - 2 * w.Padding, w.Stride - w.Padding) : w.Extent - 2 * w.Padding + w.Stride - 1;
            constant = (constant - 1) * w.Stride + free;
            factor *= w.Stride;
        }

        return (factor, constant);
    }

    /// <summary>The value that decides the size: layers without a window keep it, a crop takes that of its second input.</summary>
    private GraphValue SourceOf(GraphValue value)
    {
        while (value.Node is { } node && LayerWindow.Of(node.Layer, vertical) is null)
        {
            value = node.Inputs[node.Layer is CropLayer ? 1 : 0];
        }

        return value;
    }

    private PixelGrid? Compute(GraphNode node)
    {
        if (LayerWindow.Of(node.Layer, vertical) is { } window)
        {
            return Of(node.Inputs[0])?.After(window);
        }

        switch (node.Layer)
        {
            case CropLayer crop:
                return Of(node.Inputs[0])?.From(vertical ? crop.OffsetY : crop.OffsetX);
            case Pad2dLayer pad:
                return Of(node.Inputs[0])?.From(-(vertical ? pad.Geometry.Top : pad.Geometry.Left));
            case SumLayer or ConcatLayer:
                return node.Inputs.Select(Of).Aggregate((a, b) => a is { } x && b is { } y ? x.With(y) : null);
            case ReluLayer or DropoutLayer or LocalResponseNormLayer or BatchNorm2dLayer or ScaleLayer or SoftmaxLayer or ArgMaxLayer or ClassifyPixelsLayer:
                return Of(node.Inputs[0]);
            default:
                return null;
        }
    }
}
