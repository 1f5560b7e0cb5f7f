using System.Globalization;
using System.Text;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Models;

/// <summary>
/// The FCNs on VGG16 and AlexNet against PyTorch, with fewer channels: Golden/make_golden.py writes the nets down a second time and
/// says what the file holds. Even and odd sizes and a single pixel, both paddings, scores, loss and the gradient of every parameter.
/// </summary>
public sealed class GoldenFcnTests
{
    private const int Narrowing = 16;

    /// <summary>Of the nets that are compared where PyTorch is there: wide enough for every kind of kernel.</summary>
    private const int WiderNarrowing = 4;

    private const int FullWidth = 1;
    private const int Classes = 3;
    private const int Ignore = 255;
    private const int GradientSamples = 24;
    private const int ScoreSamples = 400;
    private const long Budget = 4_000_000_000;

    private static readonly string Folder = Path.Combine(SharedData.RepositoryRoot, "tests", "FcnSharp.Tests", "Models", "Golden");

    public static TheoryData<string, BorderPadding, int, int, Precision> Cases
    {
        get
        {
            var cases = new TheoryData<string, BorderPadding, int, int, Precision>();
            foreach (string net in (string[])["fcn32s-vgg16", "fcn16s-vgg16", "fcn8s-vgg16", "fcn8s-atonce-vgg16", "fcn32s-alexnet"])
            {
                foreach (BorderPadding padding in Enum.GetValues<BorderPadding>())
                {
                    foreach ((int height, int width) in ((int, int)[])[(40, 64), (33, 47), (1, 1)])
                    {
                        cases.Add(net, padding, height, width, Precision.Exact);
                        cases.Add(net, padding, height, width, Precision.Fast);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Scores_loss_and_all_gradients_are_those_of_PyTorch(string net, BorderPadding padding, int height, int width, Precision precision)
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(Folder, "narrow_fcns.safetensors"));
        Compare(golden, net, padding, height, width, precision, Narrowing);
    }

    /// <summary>The same with more channels, computed by PyTorch now.</summary>
    [Fact]
    [Trait("Needs", "PyTorch")]
    public async Task Wider_nets_are_those_of_PyTorch()
    {
        (string Net, BorderPadding Padding, int Height, int Width)[] cases =
        [
            ("fcn8s-vgg16", BorderPadding.Tight, 64, 96), ("fcn8s-vgg16", BorderPadding.Reference, 21, 17), ("fcn8s-atonce-vgg16", BorderPadding.Tight, 33, 47),
            ("fcn16s-vgg16", BorderPadding.Tight, 1, 1), ("fcn32s-vgg16", BorderPadding.Tight, 47, 33), ("fcn32s-alexnet", BorderPadding.Tight, 64, 96), ("fcn32s-alexnet", BorderPadding.Reference, 33, 47),
        ];
        await CompareWithPyTorch(WiderNarrowing, cases);
    }

    /// <summary>The same with all channels, which takes minutes: asked for by FCN_FULL_WIDTH=1.</summary>
    [Fact]
    [Trait("Needs", "PyTorch")]
    public async Task Nets_of_full_width_are_those_of_PyTorch()
    {
        if (Environment.GetEnvironmentVariable("FCN_FULL_WIDTH") != "1")
        {
            Assert.Skip("Takes minutes and 4 GB of memory: FCN_FULL_WIDTH=1 ./test --filter FullyQualifiedName~full_width runs it.");
        }

        await CompareWithPyTorch(
            FullWidth,
            ("fcn32s-alexnet", BorderPadding.Tight, 40, 64),
            ("fcn32s-alexnet", BorderPadding.Reference, 33, 47),
            ("fcn32s-alexnet", BorderPadding.Tight, 1, 1),
            ("fcn8s-vgg16", BorderPadding.Tight, 40, 64),
            ("fcn8s-vgg16", BorderPadding.Reference, 33, 47),
            ("fcn8s-vgg16", BorderPadding.Tight, 1, 1),
            ("fcn32s-vgg16", BorderPadding.Tight, 33, 47));
    }

    private static string Prefix(string net, BorderPadding padding, int height, int width) =>
        string.Create(CultureInfo.InvariantCulture, $"{net}/{(padding == BorderPadding.Tight ? "tight" : "reference")}/{height}x{width}");

    private static async Task CompareWithPyTorch(int narrowing, params (string Net, BorderPadding Padding, int Height, int Width)[] cases)
    {
        using TempFolder folder = new();
        await Python.RunAsync(
            [Path.Combine(Folder, "make_golden.py"), folder["wide.safetensors"], narrowing.ToString(CultureInfo.InvariantCulture), .. cases.Select(c => Prefix(c.Net, c.Padding, c.Height, c.Width))],
            "torch, numpy",
            TestContext.Current.CancellationToken);

        using SafetensorsFile golden = SafetensorsFile.Open(folder["wide.safetensors"]);
        foreach ((string net, BorderPadding padding, int height, int width) in cases)
        {
            Compare(golden, net, padding, height, width, Precision.Exact, narrowing);
            Compare(golden, net, padding, height, width, Precision.Fast, narrowing);
        }
    }

    private static void Compare(SafetensorsFile golden, string net, BorderPadding padding, int height, int width, Precision precision, int narrowing)
    {
        // Minimal filtering rounds more in each of up to 13 convolutions, and the gradients pass through them twice. Where it is used
        // most, in the wider nets and on the reference's large maps, it may also decide otherwise which of two nearly equal pixels wins a pooling,
        // or whether a number next to 0 is above it; the wide border of the reference has many alike.
        (double scoreShare, double gradientShare) = (precision, narrowing) switch
        {
            (Precision.Exact, FullWidth) => (1e-4, 1e-4),
            (Precision.Exact, _) => (1e-5, 1e-4),
            (_, FullWidth) => (1e-4, 2e-2),
            _ when padding == BorderPadding.Reference => (1e-4, 2e-2),
            _ => (1e-4, 1e-3),
        };
        string prefix = Prefix(net, padding, height, width) + "/";
        using var device = new CpuDevice(precision: precision, memoryBudget: Budget);
        using var network = new Network(WithoutDropout(Catalogue.Build(net, new NetOptions { Classes = Classes, Padding = padding, Narrowing = narrowing })), device);
        foreach (Parameter parameter in network.Graph.Parameters)
        {
            network.Value(parameter).Write(Uniform(parameter.Name, (int)parameter.Shape.ElementCount, Bound(network.Graph, parameter)));
        }

        var image = new Shape(1, 3, height, width);
        CompiledNet compiled = network.Compile(CompileTarget.Train("loss", "scores"), new Dictionary<string, Shape> { ["image"] = image, ["labels"] = new(1, 1, height, width) });
        using IExecution execution = compiled.Plan.Begin();
        execution.Write(compiled.Inputs["image"], Uniform("image", (int)image.ElementCount, 2));
        execution.Write(compiled.Inputs["labels"], [.. Mix("labels", height * width).Select(h => h % 7 == 6 ? Ignore : (int)((h >> 8) % Classes))]);
        execution.Run(TestContext.Current.CancellationToken);

        Tensor scores = NetFixtures.Read(execution, compiled.Outputs["scores"]);
        Assert.Equal(new Shape(1, Classes, height, width), scores.Shape);
        double scoreError = AssertSampled(prefix + "scores", golden.Read(prefix + "scores").Span, scores.Span, ScoreSamples, scoreShare);
        float loss = NetFixtures.Read(execution, compiled.Outputs["loss"]).Span[0];
        Assert.Equal(golden.Read(prefix + "loss").Span[0], loss, scoreShare * Math.Abs(loss) + scoreShare);

        Dictionary<string, float[]> gradients = NetFixtures.Gradients(network);
        Assert.Equal(network.Graph.Parameters.Count, gradients.Count);
        ReadOnlySpan<float> expected = golden.Read(prefix + "gradients").Span;
        double gradientError = 0;
        foreach (string name in gradients.Keys.Order(StringComparer.Ordinal))
        {
            int count = 2 + Sampled(gradients[name].Length, GradientSamples).Count();
            gradientError = Math.Max(gradientError, AssertSampled(prefix + name, expected[..count], gradients[name], GradientSamples, gradientShare));
            expected = expected[count..];
        }

        Assert.Equal(0, expected.Length);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{prefix}{precision}: scores within {scoreError:0.0e+0} of the largest, gradients within {gradientError:0.0e+0}"));
    }

    /// <summary>Random masks cannot be compared: in place of each dropout stands a factor of 1.</summary>
    private static NetGraph WithoutDropout(NetGraph graph)
    {
        var nodes = new Dictionary<GraphNode, GraphNode>();
        var values = new Dictionary<(GraphNode Node, int Output), GraphValue>();
        GraphValue Mapped(GraphValue value)
        {
            if (value.Node is not { } node)
            {
                return value;
            }

            (GraphNode Node, int Output) key = (node, value.OutputIndex);
            return values.TryGetValue(key, out GraphValue? mapped)
                ? mapped
                : values[key] = new GraphValue(value.Name, value.Channels, nodes[node], value.OutputIndex, value.Type);
        }

        foreach (GraphNode node in graph.Nodes)
        {
            nodes[node] = new GraphNode(node.Layer is DropoutLayer ? new ScaleLayer(node.Layer.Name, 1) : node.Layer, [.. node.Inputs.Select(Mapped)]);
        }

        return new NetGraph(graph.Name, graph.Inputs, [.. nodes.Values], graph.Outputs.ToDictionary(o => o.Key, o => Mapped(o.Value)));
    }

    /// <summary>Keeps activations near 1: as in make_golden.py.</summary>
    private static double Bound(NetGraph graph, Parameter parameter)
    {
        if (parameter.Shape.Rank == 1)
        {
            return 0.1;
        }

        Shape shape = parameter.Shape;
        return graph.Nodes.Select(n => n.Layer).OfType<ConvTranspose2dLayer>().FirstOrDefault(l => l.Weight == parameter) is { } up
            ? up.Geometry.StrideHeight * Math.Sqrt(3.0 / (Classes * shape.H * shape.W))
            : Math.Sqrt(6.0 / (shape.C * shape.H * shape.W));
    }

    private static float[] Uniform(string name, int count, double bound) =>
        [.. Mix(name, count).Select(h => ((float)(h >> 8) / (1 << 23) - 1) * (float)bound)];

    /// <summary>32-bit numbers from a name: FNV-1a of the name, then a counter through a multiply-xorshift hash.</summary>
    private static uint[] Mix(string name, int count)
    {
        uint seed = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            seed = (seed ^ b) * 16777619;
        }

        uint[] numbers = new uint[count];
        for (int i = 0; i < count; i++)
        {
            uint x = (uint)i + seed;
            x = (x ^ (x >> 16)) * 0x7FEB352D;
            x = (x ^ (x >> 15)) * 0x846CA68B;
            numbers[i] = x ^ (x >> 16);
        }

        return numbers;
    }

    /// <summary>Elements at equal distances.</summary>
    private static IEnumerable<int> Sampled(int length, int count)
    {
        int step = Math.Max(1, length / count);
        return Enumerable.Range(0, Math.Min(count, (length + step - 1) / step)).Select(i => i * step);
    }

    /// <summary>The root of the sum of squares, and each of the elements within a share of the largest.</summary>
    /// <returns>The largest error found, as a share of the largest element.</returns>
    private static double AssertSampled(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, int count, double share)
    {
        (double largest, double norm) = (expected[0], expected[1]);
        double squares = 0;
        foreach (float value in actual)
        {
            squares += (double)value * value;
        }

        Assert.True(Math.Abs(Math.Sqrt(squares) - norm) <= share * norm, $"{name}: the norm is {Math.Sqrt(squares):E6}, expected {norm:E6}.");
        int at = 2;
        double worst = 0;
        foreach (int i in Sampled(actual.Length, count))
        {
            double error = Math.Abs((double)expected[at++] - actual[i]);
            worst = Math.Max(worst, error / Math.Max(largest, double.Epsilon));
            Assert.True(error <= share * largest, $"{name}: element {i} is {actual[i]:E6}, expected {expected[at - 1]:E6}; the largest is {largest:E3}.");
        }

        Assert.Equal(expected.Length, at);
        return worst;
    }
}
