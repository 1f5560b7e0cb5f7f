using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class ConcatLayerTests
{
    [Fact]
    public void Channels_add_up() => Assert.Equal([new Shape(2, 9, 4, 5)], new ConcatLayer("c").InferShapes([new Shape(2, 3, 4, 5), new Shape(2, 1, 4, 5), new Shape(2, 5, 4, 5)]));

    [Fact]
    public void Inputs_of_another_size_are_named()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Concat("c", g.Input("a", 2), g.Input("b", 3)))), NetFixtures.Device("cpu"));

        string message = NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("a", new Shape(1, 2, 4, 5)), ("b", new Shape(1, 3, 5, 5)));

        Assert.Equal("net, layer c: All inputs of a concatenation must have one number of images, height and width, found 1x2x4x5 and 1x3x5x5: crop or pad them first.", message);
    }

    [Fact]
    public void A_concatenation_of_nothing_says_so()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Concat("c"))), NetFixtures.Device("cpu"));

        Assert.Equal("net, layer c: A concatenation needs at least 1 input, found 0.", NetAssert.FailsToCompile(network, CompileTarget.Inference("y")));
    }

    [Fact]
    public void More_channels_than_can_be_counted_are_refused()
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => new ConcatLayer("c").InferShapes([new Shape(1, int.MaxValue, 1, 1), new Shape(1, 1, 1, 1)]));

        Assert.StartsWith("A concatenation of 2147483648 channels", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Images_stay_apart(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        NetGraph graph = NetFixtures.Graph("net", g =>
        {
            GraphValue y = g.Concat("c", g.Input("a", 1), g.Input("b", 2));
            Assert.Equal(3, y.Channels);
            g.Output("y", y);
        });
        using var network = new Network(graph, device);

        Tensor y = NetFixtures.Forward(network, "y", ("a", NetFixtures.Filled(new Shape(2, 1, 1, 1), 1, 2)), ("b", NetFixtures.Filled(new Shape(2, 2, 1, 1), 10, 11, 20, 21)));

        Assert.Equal([1f, 10, 11, 2, 20, 21], y.Span.ToArray());
    }

    [Fact]
    public void One_input_passes_by()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Concat("c", g.Input("a", 2)))), NetFixtures.Device("cpu"));

        Assert.Empty(network.Compile(CompileTarget.Inference("y"), new Dictionary<string, Shape> { ["a"] = new(1, 2, 3, 3) }).Program.Operations);
    }

    [Fact]
    public void Each_input_gets_its_channels_of_the_gradient_also_one_that_is_there_twice() => GradientCheck.Run(net =>
    {
        GraphValue a = net.Input("a", new Shape(2, 1, 3, 4));
        GraphValue fixedInput = net.Input("f", new Shape(2, 2, 3, 4), frozen: true);
        net.Project(net.Graph.Concat("c", a, fixedInput, net.Input("b", new Shape(2, 3, 3, 4)), a), new Shape(2, 7, 3, 4));
    });
}
