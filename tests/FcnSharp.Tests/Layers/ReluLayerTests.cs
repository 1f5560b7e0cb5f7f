using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class ReluLayerTests
{
    [Fact]
    public void The_shape_stays() => Assert.Equal([new Shape(2, 3, 4, 5)], new ReluLayer("r").InferShapes([new Shape(2, 3, 4, 5)]));

    [Fact]
    public void It_needs_exactly_one_input() => Assert.Throws<FcnSharpException>(() => new ReluLayer("r").InferShapes([]));

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Negative_numbers_become_0_and_a_broken_activation_stays_visible(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Relu("r", g.Input("x", 1)))), device);

        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 1, 1, 5), -2, 0, 3, float.NaN, float.PositiveInfinity)));

        Assert.Equal([0f, 0, 3, float.NaN, float.PositiveInfinity], y.Span.ToArray());
    }

    [Fact]
    public void The_gradient_passes_where_the_output_is_above_0()
    {
        var shape = new Shape(2, 3, 5, 7);

        GradientCheck.Run(net => net.Project(net.Graph.Relu("r", net.Input("x", shape)), shape), coordinatesPerTensor: 210);
    }
}
