using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Graph;

public sealed class BatchNormFoldingTests
{
    private static readonly Conv2dParameters Geometry = Conv2dParameters.Square(3, padding: 1, groups: 2);
    private static readonly Shape Image = new(2, 4, 9, 7);

    [Theory]
    [InlineData(true, "cpu")]
    [InlineData(true, "reference")]
    [InlineData(false, "cpu")]
    public void The_scores_are_the_same(bool hasBias, string deviceName)
    {
        NetGraph graph = NetFixtures.Graph("net", g =>
        {
            var weight = new Parameter("c.weight", Geometry.WeightShape(4, 6), Initializer.Msra);
            var layer = new Conv2dLayer("c", Geometry, weight, hasBias ? new Parameter("c.bias", new Shape(6), Initializer.Zero) : null);
            g.Output("y", g.BatchNorm2d("bn", g.Add(layer, 6, g.Input("x", 4))));
        });
        Tensor x = NetFixtures.Random(Image, "x");
        using var device = NetFixtures.Device(deviceName);
        using Network network = Randomized(graph, device);
        Dictionary<string, Tensor> weights = network.Save().ToDictionary();

        (NetGraph foldedGraph, IReadOnlyDictionary<string, Tensor> foldedWeights) = BatchNormFolding.Fold(graph, weights);
        using var folded = new Network(foldedGraph, device);
        folded.Load(foldedWeights, "folded");

        Assert.Equal(["c"], foldedGraph.Nodes.Select(n => n.Layer.Name));
        Assert.Equal(["c.weight", "c.bias"], foldedWeights.Keys);
        Tensor expected = NetFixtures.Forward(network, "y", ("x", x));
        Tensor actual = NetFixtures.Forward(folded, "y", ("x", x));

        // Each of the two is a sum of 18 products, the bias and the mean, scaled; |x| <= 1, so a channel's parts are at most this large.
        double Size(int c)
        {
            double scale = Math.Abs(weights["bn.weight"].Span[c]) / Math.Sqrt(weights["bn.running_var"].Span[c]);
            double parts = weights["c.weight"].Span.Slice(c * 18, 18).ToArray().Sum(w => Math.Abs(w)) + Math.Abs(weights["bn.running_mean"].Span[c]) + (hasBias ? Math.Abs(weights["c.bias"].Span[c]) : 0);
            return (scale * parts) + Math.Abs(weights["bn.bias"].Span[c]);
        }

        TensorAssert.Within("y", expected.Shape, expected.Span, actual.Span, i => 2 * Tolerances.SumOfProducts(20, Size(i / 63 % 6)));
    }

    [Fact]
    public void What_cannot_be_folded_stays()
    {
        NetGraph graph = NetFixtures.Graph("net", g =>
        {
            GraphValue shared = g.Conv2d("shared", g.Input("x", 4), 6, Geometry);
            GraphValue one = g.BatchNorm2d("one", shared);
            GraphValue two = g.BatchNorm2d("two", g.Relu("relu", one));
            GraphValue three = g.BatchNorm2d("three", g.Conv2d("named", two, 6, Geometry));
            g.Output("sum", g.Sum("add", three, shared));
            GraphValue last = g.Conv2d("last", three, 6, Geometry);
            g.Output("conv", last);
            g.Output("y", g.BatchNorm2d("four", last));
        });
        using var device = NetFixtures.Device("cpu");
        using Network network = Randomized(graph, device);
        (NetGraph foldedGraph, IReadOnlyDictionary<string, Tensor> foldedWeights) = BatchNormFolding.Fold(graph, network.Save().ToDictionary());
        using var folded = new Network(foldedGraph, device);
        folded.Load(foldedWeights, "folded");

        Assert.Equal(["shared", "one", "relu", "two", "named", "add", "last", "four"], foldedGraph.Nodes.Select(n => n.Layer.Name));
        Tensor x = NetFixtures.Random(Image, "x");
        foreach (string output in graph.Outputs.Keys)
        {
            // Activations stay near 1: some hundred roundings over the layers.
            Tensor expected = NetFixtures.Forward(network, output, ("x", x));
            TensorAssert.Within(output, expected.Shape, expected.Span, NetFixtures.Forward(folded, output, ("x", x)).Span, _ => Tolerances.Roundings(200, 16));
        }
    }

    [Fact]
    public void A_missing_weight_is_named()
    {
        NetGraph graph = NetFixtures.Graph("net", g => g.Output("y", g.BatchNorm2d("bn", g.Conv2d("c", g.Input("x", 4), 6, Geometry))));

        Assert.StartsWith("net: folding needs c.weight of shape ", Assert.Throws<FcnSharpException>(() => BatchNormFolding.Fold(graph, new Dictionary<string, Tensor>())).Message, StringComparison.Ordinal);
    }

    private static Network Randomized(NetGraph graph, IDevice device)
    {
        var network = new Network(graph, device);
        NetFixtures.RandomizeAll(network);
        return network;
    }
}
