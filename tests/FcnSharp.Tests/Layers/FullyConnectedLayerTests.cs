using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

/// <summary><see cref="FullyConnectedLayer"/>.</summary>
public sealed class FullyConnectedLayerTests
{
    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void It_is_the_matrix_product_of_the_flattened_input(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.FullyConnected("fc", g.Input("x", 3), 4, inputHeight: 2, inputWidth: 5))), device);
        Tensor weight = TestData.Integers(new Shape(4, 3, 2, 5), 1, 9);
        Tensor bias = TestData.Integers(new Shape(4), 2, 9);
        network.Load(new Dictionary<string, Tensor> { ["fc.weight"] = weight, ["fc.bias"] = bias }, "test");
        Tensor x = TestData.Integers(new Shape(2, 3, 2, 5), 3, 9);

        Tensor y = NetFixtures.Forward(network, "y", ("x", x));

        Assert.Equal(new Shape(2, 4, 1, 1), y.Shape);
        for (int n = 0; n < 2; n++)
        {
            for (int o = 0; o < 4; o++)
            {
                float expected = bias.Span[o];
                for (int i = 0; i < 30; i++)
                {
                    expected += weight.Span[o * 30 + i] * x.Span[n * 30 + i];
                }

                Assert.Equal(expected, y[n, o, 0, 0]);
            }
        }
    }

    [Fact]
    public void Its_gradient_is_right()
    {
        var shape = new Shape(3, 2, 3, 4);

        GradientCheck.Run(net => net.Project(net.Graph.FullyConnected("fc", net.Input("x", shape), 5, 3, 4), new Shape(3, 5, 1, 1)));
    }

    [Theory]
    [InlineData(2, 3, 5)]
    [InlineData(2, 4, 4)]
    [InlineData(3, 3, 4)]
    public void Another_size_is_refused_with_a_remedy(int channels, int height, int width)
    {
        var layer = new FullyConnectedLayer("fc", new Parameter("fc.weight", new Shape(5, 2, 3, 4), Initializer.Zero), null);

        string message = NetAssert.OneLine(Assert.Throws<FcnSharpException>(() => layer.InferShapes([new Shape(1, channels, height, width)])).Message);

        Assert.Contains($"2x3x4 inputs got {channels}x{height}x{width}", message, StringComparison.Ordinal);
        Assert.Contains("make the net convolutional", message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_takes_one_input()
    {
        var layer = new FullyConnectedLayer("fc", new Parameter("fc.weight", new Shape(5, 2, 3, 4), Initializer.Zero), null);

        Assert.Throws<FcnSharpException>(() => layer.InferShapes([new Shape(1, 2, 3, 4), new Shape(1, 2, 3, 4)]));
    }
}
