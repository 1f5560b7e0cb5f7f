using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class SoftmaxLayerTests
{
    [Fact]
    public void The_shape_stays() => Assert.Equal([new Shape(2, 21, 4, 5)], new SoftmaxLayer("s").InferShapes([new Shape(2, 21, 4, 5)]));

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Probabilities_follow_the_formula(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Softmax("s", g.Input("x", 2)))), device);

        // Pixels: (0, ln 3) and (5, 5).
        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 2, 1, 2), 0, 5, MathF.Log(3), 5)));

        Assert.Equal(0.25, y.Span[0], 1e-6);
        Assert.Equal(0.75, y.Span[2], 1e-6);
        Assert.Equal((0.5f, 0.5f), (y.Span[1], y.Span[3]));
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(5, 3)]
    public void The_gradient_is_right(int classes, int width)
    {
        var shape = new Shape(2, classes, 3, width);

        GradientCheck.Run(net => net.Project(net.Graph.Softmax("s", net.Input("x", shape)), shape), coordinatesPerTensor: 90);
    }
}
