using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

/// <summary>Pooling over the whole image: by hand, by its gradient, for any size.</summary>
public sealed class GlobalPool2dLayerTests
{
    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Each_channel_becomes_its_mean_or_its_largest(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g =>
        {
            GraphValue x = g.Input("x", 2);
            g.Output("mean", g.GlobalPool2d("mean", x));
            g.Output("max", g.GlobalPool2d("max", x, max: true));
        }), device);
        Tensor wide = NetFixtures.Filled(new Shape(1, 2, 2, 3), -1, -2, -3, -4, -5, -9, 1, 2, 3, 4, 5, 9);
        Tensor high = NetFixtures.Filled(new Shape(1, 2, 3, 1), -3, -6, -9, 3, 6, 9);
        Tensor single = NetFixtures.Filled(new Shape(2, 2, 1, 1), 1, 2, 3, 4);

        Assert.Equal([-4, 4], NetFixtures.Forward(network, "mean", ("x", wide)).Span.ToArray());
        Assert.Equal([-1, 9], NetFixtures.Forward(network, "max", ("x", wide)).Span.ToArray());
        Assert.Equal([-6, 6], NetFixtures.Forward(network, "mean", ("x", high)).Span.ToArray());
        Assert.Equal(new Shape(1, 2, 1, 1), NetFixtures.Forward(network, "max", ("x", high)).Shape);
        Assert.Equal([1, 2, 3, 4], NetFixtures.Forward(network, "mean", ("x", single)).Span.ToArray());
    }

    [Theory]
    [InlineData(false, 4, 5)]
    [InlineData(true, 4, 5)]
    [InlineData(false, 7, 1)]
    [InlineData(true, 1, 1)]
    public void Its_gradient_is_right(bool max, int height, int width)
    {
        var shape = new Shape(2, 3, height, width);

        GradientCheck.Run(net => net.Project(net.Graph.Add(new GlobalPool2dLayer("p", max), 3, net.Input("x", shape)), new Shape(2, 3, 1, 1)));
    }

    [Fact]
    public void Its_kind_says_what_it_takes() =>
        Assert.Equal(("GlobalAvgPool2d", "GlobalMaxPool2d"), (new GlobalPool2dLayer("a").Kind, new GlobalPool2dLayer("b", max: true).Kind));
}
