using FcnSharp.Tensors;

namespace FcnSharp.Graph;

/// <summary>The shapes of a net's values for given inputs, by the layers' own formulas: no weights, no device, no memory.</summary>
public static class ShapeInference
{
    /// <summary>The output shapes of each node that some outputs depend on.</summary>
    /// <param name="graph">The net.</param>
    /// <param name="inputShapes">Shape [N, C, H, W] per input that the outputs need.</param>
    /// <param name="outputs">Names of outputs of the net.</param>
    /// <exception cref="FcnSharpException">An input is missing or a layer cannot take its inputs; the message names the net and the layer.</exception>
    public static IReadOnlyDictionary<GraphNode, IReadOnlyList<Shape>> Of(NetGraph graph, IReadOnlyDictionary<string, Shape> inputShapes, params IReadOnlyList<string> outputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(inputShapes);
        var shapes = new Dictionary<GraphNode, IReadOnlyList<Shape>>();
        Shape ShapeOf(GraphValue value) => value.Node is { } node
            ? shapes[node][value.OutputIndex]
            : inputShapes.TryGetValue(value.Name, out Shape given)
                ? given
                : throw new FcnSharpException($"{graph.Name} needs the input \"{value.Name}\" for {string.Join(", ", outputs)}.");

        foreach (GraphNode node in graph.NodesFor(outputs))
        {
            Shape[] inputs = [.. node.Inputs.Select(ShapeOf)];
            try
            {
                shapes[node] = node.Layer.InferShapes(inputs);
            }
            catch (FcnSharpException e)
            {
                throw new FcnSharpException($"{graph.Name}, layer {node.Layer.Name}: {e.Message}", e);
            }
        }

        return shapes;
    }
}
