using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

/// <summary><see cref="GlobalAvgPool2dLayer"/>.</summary>
public sealed class GlobalAvgPool2dLayerTests
{
    [Theory]
    [InlineData("cpu", 1, 1)]
    [InlineData("cpu", 2, 4)]
    [InlineData("reference", 4, 2)]
    [InlineData("cpu", 8, 1)]
    public void It_is_the_mean_of_each_plane(string deviceName, int height, int width)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.GlobalAvgPool2d("p", g.Input("x", 3)))), device);
        Tensor x = TestData.Integers(new Shape(2, 3, height, width), 1, 99);

        Tensor y = NetFixtures.Forward(network, "y", ("x", x));

        // Powers of two of whole numbers: every sum and every quotient is exact.
        Assert.Equal(new Shape(2, 3, 1, 1), y.Shape);
        Assert.Equal(Enumerable.Range(0, 6).Select(i => x.Span.Slice(i * height * width, height * width).ToArray().Sum() / (height * width)), y.Span.ToArray());
    }

    [Fact]
    public void Its_gradient_is_right()
    {
        var shape = new Shape(2, 3, 4, 5);

        GradientCheck.Run(net => net.Project(net.Graph.GlobalAvgPool2d("p", net.Input("x", shape)), new Shape(2, 3, 1, 1)));
    }

    [Fact]
    public void It_takes_one_input() =>
        Assert.Throws<FcnSharpException>(() => new GlobalAvgPool2dLayer("p").InferShapes([]));
}
