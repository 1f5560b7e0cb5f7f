using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Graph;

/// <summary>
/// A classifier recast as a fully convolutional net (FCN, section 3.1): it takes any image that its first window fits into and gives
/// a score map, whose cells are the classifier on windows of the image.
/// </summary>
public static class Convolutionalization
{
    /// <summary>
    /// The same net without layers of a fixed input size: each fully connected layer becomes the convolution whose kernel covered
    /// its whole input, with the same weights in the same order, and each global average-pooling one with the window that it had.
    /// </summary>
    /// <param name="graph">A classifier. It stays as it is.</param>
    /// <param name="inputShapes">The input that it is made for, [N, C, H, W]; only poolings over a whole plane depend on it.</param>
    /// <param name="outputs">The outputs to keep; all if none is named.</param>
    /// <returns>A graph of the same name whose parameters are those of the classifier, so its weights fit as they are.</returns>
    /// <exception cref="FcnSharpException">The input does not fit the net, or a global pooling's window is not square.</exception>
    public static NetGraph Apply(NetGraph graph, IReadOnlyDictionary<string, Shape> inputShapes, params IReadOnlyList<string> outputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(outputs);
        IReadOnlyList<string> kept = outputs.Count > 0 ? outputs : [.. graph.Outputs.Keys];
        IReadOnlyDictionary<GraphNode, IReadOnlyList<Shape>> shapes = ShapeInference.Of(graph, inputShapes, kept);

        var replacement = new Dictionary<GraphNode, GraphNode>();
        var values = new Dictionary<(GraphNode Node, int Index), GraphValue>();
        GraphValue Mapped(GraphValue value)
        {
            if (value.Node is not { } node)
            {
                return value;
            }

            if (!values.TryGetValue((node, value.OutputIndex), out GraphValue? mapped))
            {
                mapped = new GraphValue(value.Name, value.Channels, replacement[node], value.OutputIndex, value.Type);
                values.Add((node, value.OutputIndex), mapped);
            }

            return mapped;
        }

        IReadOnlyList<GraphNode> nodes = graph.NodesFor(kept);
        foreach (GraphNode node in nodes)
        {
            GraphValue input = node.Inputs[0];
            Shape shape = input.Node is { } before ? shapes[before][input.OutputIndex] : inputShapes[input.Name];
            replacement[node] = new GraphNode(Recast(graph, node.Layer, shape), [.. node.Inputs.Select(Mapped)]);
        }

        var inputs = graph.Inputs.Where(i => nodes.Any(n => n.Inputs.Contains(i))).ToList();
        return new NetGraph(graph.Name, inputs, [.. nodes.Select(n => replacement[n])], kept.ToDictionary(o => o, o => Mapped(graph.Outputs[o])));
    }

    private static Layer Recast(NetGraph graph, Layer layer, Shape input) => layer switch
    {
        FullyConnectedLayer f => new Conv2dLayer(f.Name, f.Geometry, f.Weight, f.Bias),
        GlobalPool2dLayer { Max: false } when input.H == input.W => new AvgPool2dLayer(layer.Name, new AvgPool2dParameters(input.H, 1, CeilMode: true, Divisor: AvgPoolDivisor.ValidPixels)),
        GlobalPool2dLayer => throw new FcnSharpException($"{graph.Name}, layer {layer.Name}: a pooling over {input.H}x{input.W} cannot become a window, which is square and takes the mean; give the size of a square image."),
        _ => layer,
    };
}
