using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Graph;

/// <summary>One layer of a <see cref="NetSummary"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is, such as "Conv2d".</param>
/// <param name="Output">The shape of its first output.</param>
/// <param name="Parameters">Weights that it has; shared ones count where they come first.</param>
/// <param name="ReceptiveField">Rows of the input that one output pixel sees; null where that is no fixed number.</param>
/// <param name="Stride">Rows of the input between two output pixels; likewise.</param>
/// <param name="MultiplyAdds">Multiply-adds of its forward pass.</param>
/// <param name="Bytes">What its outputs take; 0 if it changes nothing in inference.</param>
public sealed record LayerSummary(string Name, string Kind, Shape Output, long Parameters, double? ReceptiveField, double? Stride, long MultiplyAdds, long Bytes);

/// <summary>What a net is made of and what it costs for one input size, without running it.</summary>
/// <param name="Name">The net's name.</param>
/// <param name="Input">The image [N, C, H, W].</param>
/// <param name="Layers">The layers that inference runs, in order.</param>
/// <param name="Parameters">All weights, buffers left out.</param>
/// <param name="UpsamplingParameters">Those of them in transposed convolutions, which published counts leave out.</param>
/// <param name="Convolutions">Convolutions and fully connected layers, transposed ones left out.</param>
/// <param name="Depth">The most of them on one way through the net: what "22 layers" of GoogLeNet means.</param>
/// <param name="ReceptiveField">Rows of the input that a pixel of the coarsest features sees, at the last layer of that stride.</param>
/// <param name="Stride">The coarsest stride.</param>
/// <param name="MultiplyAdds">Multiply-adds of inference.</param>
/// <param name="LiveBytes">The largest amount of values that must be held at once in inference, weights left out: a bound on the memory of any device.</param>
/// <param name="TrainingLiveBytes">The same for a training step; null for a net without a loss.</param>
public sealed record NetSummary(
    string Name,
    Shape Input,
    IReadOnlyList<LayerSummary> Layers,
    long Parameters,
    long UpsamplingParameters,
    int Convolutions,
    int Depth,
    double? ReceptiveField,
    double? Stride,
    long MultiplyAdds,
    long LiveBytes,
    long? TrainingLiveBytes)
{
    private const int BytesPerElement = 4;

    /// <summary>Looks at a net.</summary>
    /// <param name="graph">The net; its image is the input "image", its labels, if it has a loss, "labels".</param>
    /// <param name="image">The image's shape [N, C, H, W].</param>
    /// <param name="output">The output that inference asks for, such as "scores".</param>
    /// <exception cref="FcnSharpException">The net cannot take such an image.</exception>
    public static NetSummary Of(NetGraph graph, Shape image, string output)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var shapes = new Dictionary<string, Shape> { ["image"] = image, ["labels"] = new(image.N, 1, image.H, image.W) };
        using var device = new ShapeOnlyDevice();
        using var store = new ParameterStore(graph, device);
        TensorProgram inference = GraphCompiler.Compile(graph, store, shapes, CompileTarget.Inference(output)).Program;
        TensorProgram? training = graph.Outputs.ContainsKey("loss") ? GraphCompiler.Compile(graph, store, shapes, CompileTarget.Train("loss")).Program : null;

        IReadOnlyList<LayerSummary> layers = Describe(graph, shapes, output, inference);
        LayerSummary? coarsest = layers.Where(l => l.Stride is not null).MaxBy(l => (l.Stride, l.ReceptiveField));
        IReadOnlyList<GraphNode> nodes = graph.NodesFor([output]);
        return new NetSummary(
            graph.Name,
            image,
            layers,
            graph.Parameters.Where(p => !p.IsBuffer).Sum(Count),
            nodes.Select(n => n.Layer).OfType<ConvTranspose2dLayer>().SelectMany(l => l.Parameters).Distinct().Sum(Count),
            nodes.Count(n => HasWeights(n.Layer)),
            DepthOf(nodes),
            coarsest?.ReceptiveField,
            coarsest?.Stride,
            layers.Sum(l => l.MultiplyAdds),
            LiveBytesOf(inference),
            training is null ? null : LiveBytesOf(training));
    }

    private static List<LayerSummary> Describe(NetGraph graph, Dictionary<string, Shape> inputs, string output, TensorProgram program)
    {
        ILookup<string, Operation> operations = program.Operations.ToLookup(o => o.Name);
        IReadOnlyDictionary<GraphNode, IReadOnlyList<Shape>> shapes = ShapeInference.Of(graph, inputs, output);
        var grids = new PixelGrids(vertical: true);
        var counted = new HashSet<Parameter>();
        var layers = new List<LayerSummary>();
        foreach (GraphNode node in graph.NodesFor([output]))
        {
            Layer layer = node.Layer;
            PixelGrid? grid = grids.Of(new GraphValue(layer.Name, 0, node, 0, ElementType.Float32));
            IEnumerable<ProgramValue> made = operations[layer.Name].SelectMany(o => o.Outputs).Where(v => v.Role == ValueRole.Intermediate);
            layers.Add(new LayerSummary(
                layer.Name,
                layer.Kind,
                shapes[node][0],
                layer.Parameters.Where(p => !p.IsBuffer && counted.Add(p)).Sum(Count),
                grid?.Size,
                grid?.Stride,
                operations[layer.Name].Sum(o => o.MultiplyAdds),
                made.Sum(BytesOf)));
        }

        return layers;
    }

    private static bool HasWeights(Layer layer) => layer is Conv2dLayer or FullyConnectedLayer;

    private static long Count(Parameter parameter) => parameter.Shape.ElementCount;

    private static long BytesOf(ProgramValue value) => value.Shape.ElementCount * BytesPerElement;

    private static int DepthOf(IReadOnlyList<GraphNode> nodes)
    {
        var depths = new Dictionary<GraphNode, int>();
        foreach (GraphNode node in nodes)
        {
            int before = node.Inputs.Select(i => i.Node is { } source ? depths[source] : 0).DefaultIfEmpty(0).Max();
            depths[node] = before + (HasWeights(node.Layer) ? 1 : 0);
        }

        return depths.Values.DefaultIfEmpty(0).Max();
    }

    /// <summary>A value is held from the operation that makes it to the last that reads it; inputs from the start, outputs to the end.</summary>
    private static long LiveBytesOf(TensorProgram program)
    {
        int end = program.Operations.Count;
        var first = new Dictionary<ProgramValue, int>();
        var last = new Dictionary<ProgramValue, int>();
        for (int i = 0; i < end; i++)
        {
            Operation operation = program.Operations[i];
            foreach (ProgramValue value in operation.Inputs.Concat(operation.Outputs).Where(v => v.Role != ValueRole.Persistent))
            {
                first.TryAdd(value, value.Role == ValueRole.Input ? 0 : i);
                last[value] = value.IsOutput ? end - 1 : i;
            }
        }

        long[] change = new long[end + 1];
        foreach ((ProgramValue value, int from) in first)
        {
            change[from] += BytesOf(value);
            change[last[value] + 1] -= BytesOf(value);
        }

        long live = 0;
        long most = 0;
        foreach (long step in change)
        {
            live += step;
            most = Math.Max(most, live);
        }

        return most;
    }
}
