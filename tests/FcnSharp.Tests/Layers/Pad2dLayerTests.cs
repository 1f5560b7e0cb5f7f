using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class Pad2dLayerTests
{
    [Fact]
    public void Each_side_has_its_own_width() =>
        Assert.Equal([new Shape(2, 3, 4 + 1 + 2, 5 + 3 + 4)], new Pad2dLayer("p", new Pad2dParameters(1, 2, 3, 4)).InferShapes([new Shape(2, 3, 4, 5)]));

    [Fact]
    public void A_negative_border_names_net_and_layer()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Pad2d("p", g.Input("x", 1), Pad2dParameters.Square(-1)))), NetFixtures.Device("cpu"));

        Assert.Equal("net, layer p: Padding must be at least 0, found top -1, bottom -1, left -1, right -1: use a crop to make an image smaller.",
            NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("x", new Shape(1, 1, 4, 4))));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void The_border_holds_the_value(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Pad2d("p", g.Input("x", 1), new Pad2dParameters(1, 0, 0, 2) { Value = 7 }))), device);

        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 1, 2, 1), 1, 2)));

        Assert.Equal([7f, 7, 7, 1, 7, 7, 2, 7, 7], y.Span.ToArray());
    }

    [Fact]
    public void The_gradient_is_the_window_of_the_input()
    {
        var shape = new Shape(2, 3, 3, 4);

        GradientCheck.Run(net => net.Project(net.Graph.Pad2d("p", net.Input("x", shape), new Pad2dParameters(1, 2, 0, 3) { Value = 0.5f }), new Shape(2, 3, 6, 7)), coordinatesPerTensor: 72);
    }

    [Fact]
    public void No_border_is_no_operation_and_lets_the_gradient_pass()
    {
        var shape = new Shape(1, 2, 3, 4);

        GradientCheck.Run(net => net.Project(net.Graph.Scale("s", net.Graph.Pad2d("p", net.Input("x", shape), Pad2dParameters.Square(0)), 2), shape));
    }
}
