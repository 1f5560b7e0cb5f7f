using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class ArgMaxLayerTests
{
    [Fact]
    public void One_channel_is_left() => Assert.Equal([new Shape(2, 1, 4, 5)], new ArgMaxLayer("a").InferShapes([new Shape(2, 21, 4, 5)]));

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void The_first_of_equal_classes_wins(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.ArgMax("a", g.Input("x", 3)))), device);

        // Pixels: (1, 2, 0), (5, 5, 4), (-1, -3, -1), (0, 1, 2).
        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 3, 1, 4), 1, 5, -1, 0, 2, 5, -3, 1, 0, 4, -1, 2)));

        Assert.Equal([1f, 0, 0, 2], y.Span.ToArray());
    }

    [Fact]
    public void Classes_are_integers_and_no_layer_computes_with_them()
    {
        var builder = new GraphBuilder("net");
        GraphValue classes = builder.ArgMax("a", builder.Input("x", 3));

        FcnSharpException error = Assert.Throws<FcnSharpException>(() => builder.Relu("r", classes));

        Assert.Equal(ElementType.Int32, classes.Type);
        Assert.StartsWith("net, layer r: the input \"a\" holds Int32, Float32 is needed", NetAssert.OneLine(error.Message), StringComparison.Ordinal);
    }

    [Fact]
    public void Beside_a_loss_it_adds_nothing_to_the_gradient()
    {
        var shape = new Shape(1, 3, 4, 5);

        GradientCheck.Run(net =>
        {
            GraphValue x = net.Input("x", shape);
            net.Graph.Output("classes", net.Graph.ArgMax("a", x));
            net.Project(x, shape);
        });
    }
}
