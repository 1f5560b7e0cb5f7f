using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class MaxUnpool2dLayerTests
{
    private static readonly MaxPool2dParameters Pair = new(2, 2, CeilMode: true);

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Each_maximum_returns_to_its_place_in_inference(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(PoolAndBack(), device);
        Tensor x = NetFixtures.Filled(new Shape(1, 1, 3, 3), -9, -2, -3, -4, -5, -6, -8, -7, -1);

        Assert.Equal([0f, -2, -3, 0, 0, 0, 0, -7, -1], NetFixtures.Forward(network, "y", ("x", x)).Span.ToArray());
        Assert.Equal([1f, 2, 7, 8], NetFixtures.Forward(network, "indices", ("x", x)).Span.ToArray());
        Assert.Equal([-2f, -3, -7, -1], NetFixtures.Forward(network, "pooled", ("x", x)).Span.ToArray());
    }

    [Fact]
    public void A_pooling_without_indices_has_one_output_and_with_them_two()
    {
        var shape = new Shape(2, 3, 5, 4);

        Assert.Equal([new Shape(2, 3, 3, 2)], new MaxPool2dLayer("pool", Pair).InferShapes([shape]));
        Assert.Equal([new Shape(2, 3, 3, 2), new Shape(2, 3, 3, 2)], new MaxPool2dLayer("pool", Pair, returnIndices: true).InferShapes([shape]));
    }

    [Fact]
    public void Indices_are_integers_and_nothing_else_is_taken_for_them()
    {
        NetFixtures.Graph("net", g =>
        {
            GraphValue x = g.Input("x", 2);
            (GraphValue pooled, GraphValue indices) = g.MaxPool2dWithIndices("pool", x, Pair);
            Assert.Equal((ElementType.Float32, ElementType.Int32), (pooled.Type, indices.Type));
            Assert.Equal((2, 2, 1), (pooled.Channels, indices.Channels, indices.OutputIndex));
            Assert.Same(pooled.Node, indices.Node);
            Assert.StartsWith("net, layer up: the input \"pool\" holds Float32, Int32 is needed", Assert.Throws<FcnSharpException>(() => g.MaxUnpool2d("up", pooled, pooled, x, Pair)).Message, StringComparison.Ordinal);
            Assert.Throws<FcnSharpException>(() => g.MaxUnpool2d("up", indices, indices, x, Pair));
            Assert.Throws<FcnSharpException>(() => g.Relu("relu", indices));
        });
    }

    [Fact]
    public void Shapes_that_no_pooling_gives_are_refused_with_a_line()
    {
        var layer = new MaxUnpool2dLayer("up", Pair);
        var large = new Shape(1, 2, 5, 5);
        var small = new Shape(1, 2, 3, 3);

        Assert.Equal([large], layer.InferShapes([small, small, large]));
        string message = Assert.Throws<FcnSharpException>(() => layer.InferShapes([new Shape(1, 2, 3, 2), small, large])).Message;
        Assert.Equal("The pooling of 1x2x5x5 gives 1x2x3x3, but the values are 1x2x3x2 and the indices 1x2x3x3: use the indices, the input and the geometry of one pooling, and as many values.", message);
        Assert.Throws<FcnSharpException>(() => layer.InferShapes([small, new Shape(1, 1, 3, 3), large]));
        Assert.Throws<FcnSharpException>(() => layer.InferShapes([small, small, new Shape(1, 2, 7, 7)]));
        Assert.Throws<FcnSharpException>(() => layer.InferShapes([small, small]));
    }

    [Theory]
    [InlineData(2, 2, 0, true)]
    [InlineData(3, 2, 1, false)]
    [InlineData(3, 1, 1, false)]
    public void Its_gradient_is_right(int kernel, int stride, int padding, bool ceil)
    {
        // The values are not the maxima, as in a decoder, where convolutions lie in between.
        var geometry = new MaxPool2dParameters(kernel, stride, padding, ceil);
        var shape = new Shape(2, 2, 5, 7);
        GradientCheck.Run(
            net =>
            {
                GraphValue x = net.Input("x", shape);
                (GraphValue pooled, GraphValue indices) = net.Graph.MaxPool2dWithIndices("pool", x, geometry);
                GraphValue values = net.Graph.Conv2d("c", pooled, 2, Conv2dParameters.Square(1));
                net.Project(net.Graph.MaxUnpool2d("up", values, indices, x, geometry), shape);
            },
            coordinatesPerTensor: 140);
    }

    [Fact]
    public void A_pooling_of_which_only_the_indices_are_used_has_no_gradient()
    {
        var shape = new Shape(1, 2, 4, 6);
        GradientCheck.Run(net =>
        {
            GraphValue x = net.Input("x", shape);
            (_, GraphValue indices) = net.Graph.MaxPool2dWithIndices("pool", net.Graph.Relu("relu", x), Pair);
            net.Project(net.Graph.MaxUnpool2d("up", net.Input("values", new Shape(1, 2, 2, 3)), indices, x, Pair), shape);
        });
    }

    private static NetGraph PoolAndBack() => NetFixtures.Graph("net", g =>
    {
        GraphValue x = g.Input("x", 1);
        (GraphValue pooled, GraphValue indices) = g.MaxPool2dWithIndices("pool", x, Pair);
        g.Output("pooled", pooled);
        g.Output("indices", indices);
        g.Output("y", g.MaxUnpool2d("up", pooled, indices, x, Pair));
    });
}
