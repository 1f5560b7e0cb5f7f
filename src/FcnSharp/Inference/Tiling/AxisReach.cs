using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Inference.Tiling;

/// <summary>
/// What a net's output depends on, along one axis: intervals of pixels walk from the output back to the image, layer by layer
/// (the receptive field of FCN, section 3.1, but of a whole interval, with both ends, and with the real positions of transposed
/// convolutions, crops and skips).
/// </summary>
internal sealed class AxisReach
{
    private const int MaxAlignment = 1 << 16;
    private readonly string _name;
    private readonly bool _vertical;
    private readonly GraphValue _output;
    private readonly IReadOnlyList<GraphNode> _nodes;
    private readonly Dictionary<GraphNode, GridStride> _strides = [];

    /// <summary>Follows a net's layers.</summary>
    /// <param name="graph">The net.</param>
    /// <param name="output">An output with a pixel for each of the image.</param>
    /// <param name="vertical">Along the rows or along the columns.</param>
    /// <exception cref="FcnSharpException">A layer sees the whole image or depends on its size, so a part of the image does not do.</exception>
    public AxisReach(NetGraph graph, string output, bool vertical)
    {
        (_name, _vertical, _output) = (graph.Name, vertical, graph.Outputs[output]);
        _nodes = graph.NodesFor([output]);
        long alignment = 1;
        foreach (GraphNode node in _nodes)
        {
            GridStride stride = StrideOf(node);
            _strides[node] = stride;
            alignment = alignment / GridStride.GreatestDivisor(alignment, stride.Pixels) * stride.Pixels;
            Alignment = alignment <= MaxAlignment ? (int)alignment : throw Refusal(node, "has a stride that is too large");
        }

        if (_output.Node is { } last && _strides[last] != GridStride.Image)
        {
            throw new FcnSharpException($"{_name} cannot be computed in tiles: its output \"{output}\" has not a pixel for each of the image.");
        }

        (Before, After) = LongestReach();
    }

    /// <summary>A window that begins at a multiple of it has all of the net's grids where the whole image has them.</summary>
    public int Alignment { get; }

    /// <summary>How many pixels before an output pixel the first lies that it depends on; the most of all output pixels.</summary>
    public int Before { get; }

    /// <summary>How many pixels behind an output pixel the last lies that it depends on; the most of all output pixels.</summary>
    public int After { get; }

    /// <summary>The pixels of the image that some pixels of the output depend on, where the image is long enough for all of them.</summary>
    public PixelInterval Needed(PixelInterval output) => Follow(output, null).Image;

    /// <summary>The pixels of an image that some pixels of the output depend on.</summary>
    public PixelInterval Needed(PixelInterval output, AxisLengths whole) => Follow(output, whole).Image;

    /// <summary>The last place, a multiple of <see cref="Alignment"/>, at which a window may begin that is to give an output pixel and those behind it.</summary>
    public int LatestStart(int pixel, AxisLengths whole)
    {
        Trace trace = Follow(new(pixel, pixel + 1), whole);
        long first = trace.Image.Length > 0 ? trace.Image.Start : pixel;
        foreach ((GraphNode node, PixelInterval needed) in trace.Nodes)
        {
            // A window has only those pixels of a value whose place is not before the window, wherever they look.
            first = Math.Min(first, _strides[node].ToImage(needed.Start));
        }

        return (int)(first / Alignment * Alignment);
    }

    /// <summary>Whether a window gives some pixels of the output exactly as the whole image does: all they depend on is in it, and padding lies where it lies for the whole image.</summary>
    /// <param name="output">Pixels of the output, counted from the image's first.</param>
    /// <param name="start">Where the window begins, a multiple of <see cref="Alignment"/>.</param>
    /// <param name="window">The lengths for an image of the window's size.</param>
    /// <param name="whole">Those for the whole image.</param>
    public bool Covers(PixelInterval output, int start, AxisLengths window, AxisLengths whole)
    {
        Trace trace = Follow(output, whole);
        bool reachesEnd = start + window.Input == whole.Input;
        if (trace.Image.Length > 0 && (trace.Image.Start < start || trace.Image.End > start + window.Input))
        {
            return false;
        }

        foreach ((GraphNode node, PixelInterval needed) in trace.Nodes)
        {
            long first = _strides[node].FromImage(start);
            long end = first + window.Nodes[node];
            if (needed.Start < first || needed.End > end || end > whole.Nodes[node] || (reachesEnd && end != whole.Nodes[node]))
            {
                return false;
            }
        }

        return true;
    }

    private (int Before, int After) LongestReach()
    {
        int before = 0;
        int after = 0;

        // Far enough from 0 that no division rounds towards it; the reach repeats with the alignment.
        int origin = Alignment << 12;
        for (int pixel = origin; pixel < origin + Alignment; pixel++)
        {
            PixelInterval needed = Needed(new(pixel, pixel + 1));
            if (needed.Length > 0)
            {
                before = Math.Max(before, pixel - needed.Start);
                after = Math.Max(after, needed.End - 1 - pixel);
            }
        }

        return (before, after);
    }

    private Trace Follow(PixelInterval output, AxisLengths? whole)
    {
        var trace = new Trace();
        trace.Add(_output, output, whole);
        for (int i = _nodes.Count - 1; i >= 0; i--)
        {
            if (trace.Nodes.TryGetValue(_nodes[i], out PixelInterval needed))
            {
                (int inputs, PixelInterval seen) = SeenBy(_nodes[i], needed);
                for (int k = 0; k < inputs; k++)
                {
                    trace.Add(_nodes[i].Inputs[k], seen, whole);
                }
            }
        }

        return trace;
    }

    /// <summary>How many of a node's inputs matter by more than their size, and the pixels that an interval of its output sees of each.</summary>
    private (int Inputs, PixelInterval Seen) SeenBy(GraphNode node, PixelInterval o)
    {
        switch (node.Layer)
        {
            case FullyConnectedLayer:
                throw Refusal(node, "takes images of one size");
            case CropLayer crop:
                return (1, o.Shifted(_vertical ? crop.OffsetY : crop.OffsetX));
            case Pad2dLayer pad:
                return (1, o.Shifted(-(_vertical ? pad.Geometry.Top : pad.Geometry.Left)));
            case MaxUnpool2dLayer { Geometry: { } g }:
                return (2, Under(new LayerWindow(g.KernelSize, g.Stride, g.Padding, Transposed: true), o));
            case BilinearResize2dLayer { Geometry: { Factor: > 0 and int factor, AlignCorners: false } }:
                // Output d lies at (2d + 1 - factor) / (2 factor), between two pixels.
                return (1, new((int)Math.Floor((2L * o.Start + 1 - factor) / (2.0 * factor)), (int)Math.Floor((2L * o.End - 1 - factor) / (2.0 * factor)) + 2));
            case SumLayer or ConcatLayer:
                return (node.Inputs.Count, o);
            case ReluLayer or DropoutLayer or LocalResponseNormLayer or BatchNorm2dLayer or ScaleLayer or SoftmaxLayer or ArgMaxLayer or ClassifyPixelsLayer:
                return (1, o);
            default:
                return LayerWindow.Of(node.Layer, _vertical) is { } window ? (1, Under(window, o)) : throw Refusal(node, "sees the whole image or depends on its size");
        }
    }

    private static PixelInterval Under(LayerWindow w, PixelInterval o) => w.Transposed
        ? new(FloorDivide(o.Start + w.Padding - w.Extent + w.Stride, w.Stride), FloorDivide(o.End - 1 + w.Padding, w.Stride) + 1)
        : new(o.Start * w.Stride - w.Padding, (o.End - 1) * w.Stride - w.Padding + w.Extent);

    private GridStride StrideOf(GraphNode node)
    {
        GridStride Of(GraphValue value) => value.Node is { } n ? _strides[n] : GridStride.Image;
        (int inputs, _) = SeenBy(node, default);
        GridStride stride = Of(node.Inputs[0]);
        for (int i = 1; i < inputs; i++)
        {
            if (Of(node.Inputs[i]) != stride)
            {
                throw Refusal(node, "takes values whose pixels lie differently far apart");
            }
        }

        return node.Layer switch
        {
            MaxUnpool2dLayer unpool => stride.Over(unpool.Geometry.Stride),
            BilinearResize2dLayer resize => stride.Over(resize.Geometry.Factor),
            Layer layer when LayerWindow.Of(layer, _vertical) is { } w => w.Transposed ? stride.Over(w.Stride) : stride.Times(w.Stride),
            _ => stride,
        };
    }

    private FcnSharpException Refusal(GraphNode node, string reason) =>
        new($"{_name} cannot be computed in tiles: its layer {node.Layer.Name} ({node.Layer.Kind}) {reason}; segment the image at once.");

    private static int FloorDivide(int value, int divisor) => (value >= 0 ? value : value - divisor + 1) / divisor;

    /// <summary>What is needed of each value.</summary>
    private sealed class Trace
    {
        public Dictionary<GraphNode, PixelInterval> Nodes { get; } = [];

        public PixelInterval Image { get; private set; }

        public void Add(GraphValue value, PixelInterval needed, AxisLengths? whole)
        {
            if (whole is not null)
            {
                needed = needed.Within(value.Node is { } n ? whole.Nodes[n] : whole.Input);
            }

            if (needed.Length == 0)
            {
                return;
            }

            if (value.Node is { } node)
            {
                Nodes[node] = needed.Hull(Nodes.GetValueOrDefault(node));
            }
            else
            {
                Image = needed.Hull(Image);
            }
        }
    }
}
