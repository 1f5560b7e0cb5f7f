using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Graph;

/// <summary>A value in a graph: an input of the net or an output of a node. Its height and width are known per image only.</summary>
public sealed class GraphValue
{
    internal GraphValue(string name, int channels, GraphNode? node, int outputIndex, ElementType type)
    {
        Name = name;
        Channels = channels;
        Node = node;
        OutputIndex = outputIndex;
        Type = type;
    }

    /// <summary>The input's or the layer's name.</summary>
    public string Name { get; }

    /// <summary>Its channels; known when the graph is built.</summary>
    public int Channels { get; }

    /// <summary>The node that computes it; null for an input of the net.</summary>
    public GraphNode? Node { get; }

    /// <summary>Which output of the node it is.</summary>
    public int OutputIndex { get; }

    /// <summary>The type of its elements.</summary>
    public ElementType Type { get; }
}

/// <summary>A layer applied to values.</summary>
public sealed class GraphNode
{
    internal GraphNode(Layer layer, IReadOnlyList<GraphValue> inputs)
    {
        Layer = layer;
        Inputs = inputs;
    }

    /// <summary>What is computed.</summary>
    public Layer Layer { get; }

    /// <summary>What it is computed from.</summary>
    public IReadOnlyList<GraphValue> Inputs { get; }
}

/// <summary>
/// The structure of a net: layers in an order in which each can be computed, named inputs and named outputs. It holds no
/// weights and no sizes; built by a <see cref="GraphBuilder"/>.
/// </summary>
public sealed class NetGraph
{
    internal NetGraph(string name, IReadOnlyList<GraphValue> inputs, IReadOnlyList<GraphNode> nodes, IReadOnlyDictionary<string, GraphValue> outputs)
    {
        Name = name;
        Inputs = inputs;
        Nodes = nodes;
        Outputs = outputs;
        Parameters = [.. nodes.SelectMany(n => n.Layer.Parameters).Distinct()];
    }

    /// <summary>The net's name, such as "mini-fcn8s".</summary>
    public string Name { get; }

    /// <summary>What must be given.</summary>
    public IReadOnlyList<GraphValue> Inputs { get; }

    /// <summary>The layers, each after those it depends on.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    /// <summary>What can be asked for, by name: "scores", "classes", "loss", ...</summary>
    public IReadOnlyDictionary<string, GraphValue> Outputs { get; }

    /// <summary>Everything that is learned, and buffers, in the order of the layers.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The nodes that some outputs depend on, in order.</summary>
    /// <exception cref="FcnSharpException">There is no output of such a name.</exception>
    public IReadOnlyList<GraphNode> NodesFor(IEnumerable<string> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        var wanted = new HashSet<GraphNode>();
        foreach (string output in outputs)
        {
            if (!Outputs.TryGetValue(output, out GraphValue? value))
            {
                throw new FcnSharpException($"{Name} has no output \"{output}\"; it has {string.Join(", ", Outputs.Keys)}.");
            }

            if (value.Node is { } node)
            {
                wanted.Add(node);
            }
        }

        // Nodes stand after what they depend on, so one pass from the end finds everything.
        for (int i = Nodes.Count - 1; i >= 0; i--)
        {
            if (wanted.Contains(Nodes[i]))
            {
                wanted.UnionWith(Nodes[i].Inputs.Select(v => v.Node).OfType<GraphNode>());
            }
        }

        return [.. Nodes.Where(wanted.Contains)];
    }
}
