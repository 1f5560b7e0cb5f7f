using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class AvgPool2dLayerTests
{
    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void The_last_window_of_ceil_mode_is_the_average_of_what_is_left(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.AvgPool2d("p", g.Input("x", 1), new AvgPool2dParameters(2, 2, CeilMode: true)))), device);

        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 1, 3, 3), 1, 2, 3, 4, 5, 6, 7, 9, -1)));

        Assert.Equal([3f, 4.5f, 8, -1], y.Span.ToArray());
    }

    [Fact]
    public void An_image_smaller_than_the_window_names_the_layer_and_the_remedy()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.AvgPool2d("pool5", g.Input("x", 1), new AvgPool2dParameters(7, 1)))), NetFixtures.Device("cpu"));

        string message = NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("x", new Shape(1, 1, 6, 9)));

        Assert.StartsWith("net, layer pool5: ", message, StringComparison.Ordinal);
        Assert.Contains("use a larger image or ceil mode", message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_takes_one_input()
    {
        var layer = new AvgPool2dLayer("pool", new AvgPool2dParameters(2, 2));

        Assert.Throws<FcnSharpException>(() => layer.InferShapes([new Shape(1, 1, 4, 4), new Shape(1, 1, 4, 4)]));
    }

    [Theory]
    [InlineData(2, 2, 0, true, AvgPoolDivisor.PaddedWindow)]
    [InlineData(3, 2, 1, true, AvgPoolDivisor.PaddedWindow)]
    [InlineData(3, 1, 1, false, AvgPoolDivisor.ValidPixels)]
    public void Its_gradient_is_right(int kernel, int stride, int padding, bool ceil, AvgPoolDivisor divisor)
    {
        var geometry = new AvgPool2dParameters(kernel, stride, padding, ceil, divisor);
        var shape = new Shape(2, 2, 5, 7);

        GradientCheck.Run(net => net.Project(net.Graph.AvgPool2d("p", net.Input("x", shape), geometry), geometry.OutputShape(shape)), coordinatesPerTensor: 140);
    }
}
