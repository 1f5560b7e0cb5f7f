using FcnSharp.Graph;
using FcnSharp.Tensors;

namespace FcnSharp.Inference.Tiling;

/// <summary>How many pixels the values of a net have along one axis, for an image of one size.</summary>
/// <param name="Input">Pixels of the image.</param>
/// <param name="Nodes">Pixels of each node's output.</param>
internal sealed record AxisLengths(int Input, IReadOnlyDictionary<GraphNode, int> Nodes)
{
    /// <summary>The lengths of both axes.</summary>
    /// <param name="graph">The net; of its inputs the output needs the image only.</param>
    /// <param name="output">The output that is wanted.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Its columns.</param>
    /// <exception cref="FcnSharpException">A layer cannot take an image of this size.</exception>
    public static (AxisLengths Rows, AxisLengths Columns) Of(NetGraph graph, string output, int height, int width)
    {
        GraphValue image = graph.Inputs[0];
        var inputs = new Dictionary<string, Shape> { [image.Name] = new(1, image.Channels, height, width) };
        IReadOnlyDictionary<GraphNode, IReadOnlyList<Shape>> shapes = ShapeInference.Of(graph, inputs, output);
        return (new(height, shapes.ToDictionary(s => s.Key, s => s.Value[0].H)), new(width, shapes.ToDictionary(s => s.Key, s => s.Value[0].W)));
    }
}
