using System.Globalization;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Onnx;

/// <summary>
/// Writes models for ONNX runtimes: standard operators only, images of any number and size. Names and colours of the classes, the
/// preprocessing and the figures are in the file's metadata.
/// </summary>
public static class OnnxFile
{
    /// <summary>Writes a model: to a temporary file beside it, flushed to disk, then renamed; a failure leaves the old file whole.</summary>
    /// <param name="path">The file, replaced when it exists.</param>
    /// <param name="net">The model's net.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">What the file holds beside the net.</param>
    /// <exception cref="FcnSharpException">The weights are not the net's, a layer or a number has no counterpart, or the file cannot be written.</exception>
    public static void Save(string path, NetGraph net, LoadedModel model, OnnxOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(net);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        Save(path, net, model.Tensors.ToDictionary(t => t.Name, t => t.Tensor), model.Description, options);
    }

    internal static void Save(string path, NetGraph net, IReadOnlyDictionary<string, Tensor> weights, ModelDescription description, OnnxOptions options)
    {
        if (options.Opset is < OnnxOptions.OldestOpset or > OnnxOptions.NewestOpset)
        {
            throw new FcnSharpException($"The opset must be from {OnnxOptions.OldestOpset} to {OnnxOptions.NewestOpset}, found {options.Opset}.");
        }

        (net, weights) = BatchNormFolding.Fold(net, weights);
        if (options.Half)
        {
            CheckFitHalf(weights);
        }

        var result = new OnnxModel(Build(net, weights, description, options), net.Name, options.Opset, Metadata(description, options));
        AtomicFile.Write(path, stream => OnnxWriter.Write(result, stream));
    }

    private static void CheckFitHalf(IReadOnlyDictionary<string, Tensor> weights)
    {
        foreach ((string name, Tensor tensor) in weights)
        {
            if (FloatConversion.IndexOfOverflow(tensor.Span, ElementType.F16) is >= 0 and int at)
            {
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{name} holds {tensor.Span[at]}, more than 16-bit floats do; export without half precision."));
            }
        }
    }

    private static OnnxGraph Build(NetGraph net, IReadOnlyDictionary<string, Tensor> weights, ModelDescription description, OnnxOptions options)
    {
        var graph = new OnnxGraph();
        GraphValue scores = net.Outputs["scores"];
        HashSet<GraphNode> needed = Needed(scores);
        GraphValue image = net.Inputs.Single(v => v.Name == "image");
        string input = Image(graph, image.Channels, description.Preprocessing, options);
        var outputs = new Dictionary<GraphNode, IReadOnlyList<string>>();
        string Name(GraphValue value) => value.Node is { } node ? outputs[node][value.OutputIndex] : input;

        var layers = new OnnxLayers(graph, weights, options.Half);
        foreach (GraphNode node in net.Nodes.Where(needed.Contains))
        {
            outputs.Add(node, layers.Write(node.Layer, [.. node.Inputs.Select(Name)]));
        }

        Output(graph, Name(scores), net, description.Classes.Count, options);
        return graph;
    }

    /// <summary>The nodes that a value depends on.</summary>
    private static HashSet<GraphNode> Needed(GraphValue value)
    {
        var needed = new HashSet<GraphNode>();
        var open = new Stack<GraphValue>([value]);
        while (open.TryPop(out GraphValue? next))
        {
            if (next.Node is { } node && needed.Add(node))
            {
                foreach (GraphValue input in node.Inputs)
                {
                    open.Push(input);
                }
            }
        }

        return needed;
    }

    /// <summary>Writes the input, and what makes pixels of it the net's input, and returns that.</summary>
    private static string Image(OnnxGraph graph, int channels, Preprocessing preprocessing, OnnxOptions options)
    {
        if (options.Preprocessing && channels != 3)
        {
            throw new FcnSharpException($"The net's images have {channels} channels, and preprocessing is for those of 3; export without it.");
        }

        if (!options.Preprocessing)
        {
            graph.Inputs.Add(new OnnxValue("image", OnnxElementType.Float, ["N", channels, "H", "W"]));
            return options.Half ? OnnxConstants.Cast(graph, "image.half", "image", OnnxElementType.Float16) : "image";
        }

        graph.Inputs.Add(new OnnxValue("image", OnnxElementType.UInt8, ["N", "H", "W", 3]));
        string value = OnnxConstants.Cast(graph, "image.float", "image", OnnxElementType.Float);
        value = graph.Add("Transpose", "image.planes", [value], new OnnxAttribute("perm", new long[] { 0, 3, 1, 2 }));
        if (preprocessing.Order == ChannelOrder.Bgr)
        {
            value = graph.Add("Gather", "image.bgr", [value, graph.Integers("image.order", 2, 1, 0)], new OnnxAttribute("axis", 1L));
        }

        value = graph.Add("Sub", "image.centred", [value, graph.Add(OnnxConstants.Floats("image.mean", OnnxElementType.Float, [1, 3, 1, 1], preprocessing.Mean.ToArray()))]);
        value = graph.Add("Mul", "image.scaled", [value, graph.Add(OnnxConstants.Floats("image.scale", OnnxElementType.Float, [1, 3, 1, 1], preprocessing.Scale.ToArray()))]);
        return options.Half ? OnnxConstants.Cast(graph, "image.half", value, OnnxElementType.Float16) : value;
    }

    private static void Output(OnnxGraph graph, string scores, NetGraph net, int classes, OnnxOptions options)
    {
        // A classifier's scores are one cell; its image has a size of its own.
        bool perPixel = net.Inputs.Any(i => i.Name == "labels");
        object[] size = perPixel ? ["H", "W"] : ["scores_H", "scores_W"];
        if (options.ArgMax)
        {
            OnnxElementType type = classes <= 1 + byte.MaxValue ? OnnxElementType.UInt8 : OnnxElementType.Int32;
            string index = graph.Add("ArgMax", "classes.index", [scores], new OnnxAttribute("axis", 1L), new OnnxAttribute("keepdims", 0L));
            graph.Outputs.Add(new OnnxValue(OnnxConstants.Cast(graph, "classes", index, type), type, ["N", .. size]));
            return;
        }

        string output = options.Half ? OnnxConstants.Cast(graph, "scores", scores, OnnxElementType.Float) : graph.Add("Identity", "scores", [scores]);
        graph.Outputs.Add(new OnnxValue(output, OnnxElementType.Float, ["N", net.Outputs["scores"].Channels, .. size]));
    }

    private static List<KeyValuePair<string, string>> Metadata(ModelDescription description, OnnxOptions options) =>
    [
        new("fcnsharp.net", description.Architecture.Name),
        new("fcnsharp.model", ModelDescriptionJson.Write(description)),
        new("classes", MetadataJson.Write(json =>
        {
            json.WriteStartArray("classes");
            foreach (ClassInfo c in description.Classes)
            {
                json.WriteStartObject();
                json.WriteString("name", c.Name);
                json.WriteString("color", $"#{c.R:x2}{c.G:x2}{c.B:x2}");
                json.WriteEndObject();
            }

            json.WriteEndArray();
        })),
        new("input", options.Preprocessing
            ? "image: bytes [N, H, W, 3], RGB"
            : string.Create(CultureInfo.InvariantCulture, $"image: floats [N, 3, H, W], {description.Preprocessing.Order.ToString().ToUpperInvariant()}, (pixel - [{string.Join(", ", description.Preprocessing.Mean)}]) * [{string.Join(", ", description.Preprocessing.Scale)}], pixels from 0 to 255")),
    ];
}
