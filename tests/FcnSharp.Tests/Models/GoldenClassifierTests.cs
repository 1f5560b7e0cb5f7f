using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.TestKit;
using Xunit;
using ElementType = FcnSharp.Tensors.Programs.ElementType;

namespace FcnSharp.Tests.Models;

/// <summary>Published weights give the published activations of one image, layer by layer.</summary>
public sealed class GoldenClassifierTests
{
    private const string SqueezeNet = "weights/squeezenet_v1.0.safetensors";
    private const string GoogLeNet = "weights/bvlc_googlenet.caffemodel";

    [Theory]
    [InlineData("squeezenet1.0", SqueezeNet, "weights/squeezenet_v1.0.reference.safetensors", 9)]
    [InlineData("googlenet", GoogLeNet, "weights/bvlc_googlenet.reference.safetensors", 15)]
    public void Every_published_activation_and_probability_is_reproduced(string net, string weights, string reference, int activations)
    {
        using SafetensorsFile golden = SafetensorsFile.Open(SharedData.PathOrSkip(reference));
        string[] names = [.. golden.Entries.Select(e => e.Name).Where(n => n != "data")];
        Assert.Equal(activations, names.Length);
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(WithOutputs(Catalogue.Build(net, new NetOptions { Classes = 1000 }), names), device);
        TransplantReport report = WeightTransplant.Apply(network, Published(weights), weights);
        Assert.Equal(net, report.Origin);
        Tensor image = golden.Read("data");
        image = image.Reshape(new Shape([1, .. image.Shape.ToArray()]));

        CompiledNet compiled = network.Compile(CompileTarget.Inference(names), new Dictionary<string, Shape> { ["image"] = image.Shape });
        using IExecution execution = compiled.Plan.Begin();
        execution.Write(compiled.Inputs["image"], image.Span);
        execution.Run(TestContext.Current.CancellationToken);

        foreach (string name in names)
        {
            float[] expected = golden.Read(name).Span.ToArray();
            Tensor actual = NetFixtures.Read(execution, compiled.Outputs[name]);

            // The published normalisations were made with a quicker power: they miss their own formula by 1.24e-5 of the largest value.
            double share = name.Contains("/norm", StringComparison.Ordinal) || name == "pool2/3x3_s2" ? 2e-5 : 1e-5;
            double largest = expected.Max(Math.Abs);
            double bound = name == "prob" ? 1e-6 : share * largest;
            TensorAssert.Within(name, actual.Shape, expected, actual.Span, _ => bound);
            if (name == "pool1/norm1")
            {
                Tensor pooled = NetFixtures.Read(execution, compiled.Outputs["pool1/3x3_s2"]);
                float[] exact = Normalized(pooled.Reshape(new Shape(pooled.Shape.C, pooled.Shape.H, pooled.Shape.W)));
                TensorAssert.Within("exact " + name, actual.Shape, exact, actual.Span, _ => 1e-6 * largest);
            }
        }
    }

    /// <summary>As a heatmap the net gives the same probabilities on the image of its own size, and takes a larger one.</summary>
    [Theory]
    [InlineData("squeezenet1.0", SqueezeNet, "weights/squeezenet_v1.0.reference.safetensors")]
    [InlineData("googlenet", GoogLeNet, "weights/bvlc_googlenet.reference.safetensors")]
    public void The_heatmap_of_published_weights_gives_the_published_probabilities(string net, string weights, string reference)
    {
        using SafetensorsFile golden = SafetensorsFile.Open(SharedData.PathOrSkip(reference));
        Tensor image = golden.Read("data");
        image = image.Reshape(new Shape([1, .. image.Shape.ToArray()]));
        using IDevice device = NetFixtures.Device("cpu");
        NetGraph classifier = Catalogue.Build(net, new NetOptions { Classes = 1000 });
        using var network = new Network(Convolutionalization.Apply(classifier, new Dictionary<string, Shape> { ["image"] = image.Shape }), device);
        WeightTransplant.Apply(network, Published(weights), weights);

        Tensor probabilities = NetFixtures.Forward(network, "probabilities", ("image", image));
        Tensor map = NetFixtures.Forward(network, "probabilities", ("image", NetFixtures.Random(new Shape(1, 3, 300, 360), "image")));

        float[] expected = golden.Read("prob").Span.ToArray();
        TensorAssert.Within("prob", probabilities.Shape, expected, probabilities.Span, _ => 1e-6);
        Assert.True(map.Shape is { C: 1000, H: >= 3, W: >= 4 }, map.Shape.ToString());
    }

    /// <summary>torchvision's names and channel order are a map of the same weights.</summary>
    [Fact]
    public void Weights_in_torchvisions_names_and_RGB_become_the_published_ones()
    {
        IReadOnlyList<NamedTensor> published = Published(SqueezeNet);
        NetGraph graph = Catalogue.Build("squeezenet1.0", new NetOptions { Classes = 1000 });
        Preprocessing bgr = Catalogue.Get("squeezenet1.0").Preprocessing!;
        var rgb = new Preprocessing(ChannelOrder.Rgb, [.. bgr.Mean.Reverse()]);
        NamedTensor[] torch = [.. InputConversion.Convert(graph, published, bgr, rgb).Tensors.Select(t => new NamedTensor(TorchvisionName(t.Name), t.Tensor))];

        RenamedWeights renamed = WeightNames.Recognize("squeezenet1.0", torch, "file");
        (IReadOnlyList<NamedTensor> tensors, Preprocessing input) = InputConversion.Convert(graph, renamed.Tensors, rgb, bgr);

        Assert.Equal(bgr.Mean, input.Mean);
        foreach ((NamedTensor expected, NamedTensor actual) in published.Zip(tensors))
        {
            Assert.Equal(expected.Name, actual.Name);
            TensorAssert.SameBits(expected.Name, expected.Tensor.Span, actual.Tensor.Span);
        }
    }

    [Theory]
    [InlineData("fcn16s-squeezenet1.0", SqueezeNet, 50, 0)]
    [InlineData("fcn8s-googlenet", GoogLeNet, 57, 57)]
    public void An_FCN_starts_from_the_published_classifier(string net, string weights, int matched, int coerced)
    {
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(Catalogue.Build(net, new NetOptions { Classes = 21 }), device);
        network.Initialize(seed: 1);

        TransplantReport report = WeightTransplant.Apply(network, Published(weights), weights);

        // Old Caffe stores a bias as 1x1x1xO.
        Assert.Equal((matched, coerced, 2), (report.Matched.Count, report.Coerced.Count, report.Dropped.Count));
        Assert.True(report.IsComplete);
    }

    /// <summary>Local response normalisation of 5 channels in double precision.</summary>
    private static float[] Normalized(Tensor planes)
    {
        (int channels, int plane) = (planes.Shape[0], planes.Shape[1] * planes.Shape[2]);
        float[] x = planes.Span.ToArray();
        float[] y = new float[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double sum = 0;
            for (int c = Math.Max(0, i / plane - 2); c <= Math.Min(channels - 1, i / plane + 2); c++)
            {
                sum += (double)x[c * plane + i % plane] * x[c * plane + i % plane];
            }

            y[i] = (float)(x[i] / Math.Pow(1 + 1e-4 / 5 * sum, 0.75));
        }

        return y;
    }

    private static IReadOnlyList<NamedTensor> Published(string weights) => WeightFile.Read(SharedData.PathOrSkip(weights)).Tensors;

    /// <summary>The graph with layers as outputs. A convolution's published activation is that after its ReLU.</summary>
    private static NetGraph WithOutputs(NetGraph graph, string[] layers)
    {
        var outputs = new Dictionary<string, GraphValue>();
        foreach (string layer in layers)
        {
            GraphNode node = graph.Nodes.Single(n => n.Layer.Name == layer);
            node = graph.Nodes.FirstOrDefault(n => n.Layer.Kind == "ReLU" && n.Inputs[0].Node == node) ?? node;
            outputs[layer] = new GraphValue(layer, 0, node, 0, ElementType.Float32);
        }

        return new NetGraph(graph.Name, graph.Inputs, graph.Nodes, outputs);
    }

    private static string TorchvisionName(string name)
    {
        int[] indices = [3, 4, 5, 7, 8, 9, 10, 12];
        for (int fire = 2; fire <= 9; fire++)
        {
            name = name.Replace($"fire{fire}/", $"features.{indices[fire - 2]}.", StringComparison.Ordinal);
        }

        return name.Replace("squeeze1x1", "squeeze", StringComparison.Ordinal).Replace("conv10", "classifier.1", StringComparison.Ordinal).Replace("conv1.", "features.0.", StringComparison.Ordinal);
    }
}
