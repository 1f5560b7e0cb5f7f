using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class SliceLayerTests
{
    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void The_channels_of_each_image_are_taken(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Add(new SliceLayer("s", 1, 2), 2, g.Input("x", 4)))), device);

        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(2, 4, 1, 1), 0, 1, 2, 3, 10, 11, 12, 13)));

        Assert.Equal(new Shape(2, 2, 1, 1), y.Shape);
        Assert.Equal([1f, 2, 11, 12], y.Span.ToArray());
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    [InlineData(0, 5)]
    public void Its_channels_get_the_gradient_and_the_others_none(int first, int count) => GradientCheck.Run(net =>
        net.Project(net.Graph.Add(new SliceLayer("s", first, count), count, net.Input("x", new Shape(2, 5, 3, 4))), new Shape(2, count, 3, 4)));

    [Fact]
    public void Channels_that_are_not_there_are_named()
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => new SliceLayer("s", 2, 3).InferShapes([new Shape(1, 4, 2, 2)]));

        Assert.Equal("A slice takes the channels 2 to 4, but the input 1x4x2x2 has 4: correct the slice.", error.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SliceLayer("s", -1, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SliceLayer("s", 0, 0));
    }
}
