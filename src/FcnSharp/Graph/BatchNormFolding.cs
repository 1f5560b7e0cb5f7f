using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Graph;

/// <summary>
/// Folds each batch norm that alone reads a convolution into that convolution, for inference. With
/// scale = weight_bn / sqrt(running_var + epsilon) per output channel: weight' = scale * weight, bias' = scale * (bias - running_mean) + bias_bn.
/// </summary>
public static class BatchNormFolding
{
    /// <summary>The folded graph and its weights, computed in double precision and rounded once.</summary>
    /// <param name="graph">The net. It stays as it is.</param>
    /// <param name="weights">A tensor for each of its parameters, by name.</param>
    /// <returns>
    /// A graph of the same name, inputs and outputs, for inference: a convolution that a batch norm was folded into keeps its name. Batch
    /// norms after anything else, after a convolution that something else reads too or that shares its weight, stay.
    /// </returns>
    /// <exception cref="FcnSharpException">A weight is missing or of another shape.</exception>
    public static (NetGraph Graph, IReadOnlyDictionary<string, Tensor> Weights) Fold(NetGraph graph, IReadOnlyDictionary<string, Tensor> weights)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        foreach (Parameter parameter in graph.Parameters)
        {
            if (!weights.TryGetValue(parameter.Name, out Tensor? tensor) || tensor.Shape != parameter.Shape)
            {
                throw new FcnSharpException($"{graph.Name}: folding needs {parameter.Name} of shape {parameter.Shape}, found {(tensor is null ? "none" : tensor.Shape)}; use the weights of the same net.");
            }
        }

        Dictionary<GraphNode, GraphNode> normOf = graph.Nodes.Where(n => CanFold(graph, n)).ToDictionary(n => n.Inputs[0].Node!);
        var folded = new Dictionary<string, Tensor>();
        var nodes = new List<GraphNode>();
        var replacement = new Dictionary<GraphNode, GraphNode>();
        var values = new Dictionary<(GraphNode Node, int Index), GraphValue>();

        GraphValue Mapped(GraphValue value)
        {
            if (value.Node is not { } node)
            {
                return value;
            }

            // One object per value, and what reads a batch norm that is gone reads the convolution.
            if (!values.TryGetValue((node, value.OutputIndex), out GraphValue? mapped))
            {
                GraphNode target = replacement[node];
                mapped = new GraphValue(target.Layer.Name, value.Channels, target, value.OutputIndex, value.Type);
                values.Add((node, value.OutputIndex), mapped);
            }

            return mapped;
        }

        foreach (GraphNode node in graph.Nodes)
        {
            if (normOf.ContainsValue(node))
            {
                replacement[node] = replacement[node.Inputs[0].Node!];
                continue;
            }

            Layer layer = normOf.TryGetValue(node, out GraphNode? norm)
                ? Folded((Conv2dLayer)node.Layer, (BatchNorm2dLayer)norm.Layer, weights, folded)
                : node.Layer;
            foreach (Parameter parameter in layer.Parameters.Where(p => !folded.ContainsKey(p.Name)))
            {
                folded[parameter.Name] = weights[parameter.Name];
            }

            replacement[node] = new GraphNode(layer, [.. node.Inputs.Select(Mapped)]);
            nodes.Add(replacement[node]);
        }

        var outputs = graph.Outputs.ToDictionary(o => o.Key, o => Mapped(o.Value));
        return (new NetGraph(graph.Name, graph.Inputs, nodes, outputs), folded);
    }

    private static bool CanFold(NetGraph graph, GraphNode norm) =>
        norm.Layer is BatchNorm2dLayer
        && norm.Inputs[0].Node is { Layer: Conv2dLayer convolution } source
        && graph.Nodes.Sum(n => n.Inputs.Count(i => i.Node == source)) == 1
        && !graph.Outputs.Values.Any(o => o.Node == source)
        && !graph.Nodes.Any(n => n != source && n.Layer.Parameters.Intersect(convolution.Parameters).Any())
        && (convolution.Bias is not null || !graph.Parameters.Any(p => p.Name == BiasName(convolution)));

    private static string BiasName(Conv2dLayer layer) => layer.Name + ".bias";

    private static Conv2dLayer Folded(Conv2dLayer layer, BatchNorm2dLayer norm, IReadOnlyDictionary<string, Tensor> weights, Dictionary<string, Tensor> folded)
    {
        Tensor weight = weights[layer.Weight.Name].Clone();
        int channels = weight.Shape.N;
        var bias = new Tensor(new Shape(channels));
        int kernel = weight.Span.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            double scale = weights[norm.Weight.Name].Span[c] / Math.Sqrt((double)weights[norm.RunningVariance.Name].Span[c] + norm.Settings.Epsilon);
            foreach (ref float value in weight.Span.Slice(c * kernel, kernel))
            {
                value = (float)(value * scale);
            }

            double before = layer.Bias is null ? 0 : weights[layer.Bias.Name].Span[c];
            bias.Span[c] = (float)((scale * (before - weights[norm.RunningMean.Name].Span[c])) + weights[norm.Bias.Name].Span[c]);
        }

        Parameter biasParameter = layer.Bias ?? new Parameter(BiasName(layer), bias.Shape, Initializer.Zero);
        folded[layer.Weight.Name] = weight;
        folded[biasParameter.Name] = bias;
        return new Conv2dLayer(layer.Name, layer.Geometry, layer.Weight, biasParameter);
    }
}
