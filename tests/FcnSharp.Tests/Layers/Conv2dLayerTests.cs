using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class Conv2dLayerTests
{
    [Fact]
    public void The_output_size_is_the_one_of_the_formula()
    {
        Conv2dLayer layer = Layer(Conv2dParameters.Square(3, stride: 2, padding: 1, dilation: 2), 3, 5);

        // floor((11 + 2 - 2 * 2 - 1) / 2) + 1 = 5 and floor((8 + 2 - 2 * 2 - 1) / 2) + 1 = 3.
        Assert.Equal([new Shape(2, 5, 5, 3)], layer.InferShapes([new Shape(2, 3, 11, 8)]));
    }

    [Fact]
    public void A_kernel_that_is_larger_than_the_image_names_the_net_the_layer_and_the_remedy()
    {
        using var network = new Network(NetFixtures.Graph("small", g => g.Output("y", g.Conv2d("fc6", g.Input("x", 2), 3, Conv2dParameters.Square(7)))), NetFixtures.Device("cpu"));

        string message = NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("x", new Shape(1, 2, 6, 9)));

        Assert.StartsWith("small, layer fc6: ", message, StringComparison.Ordinal);
        Assert.Contains("covers 7 rows", message, StringComparison.Ordinal);
        Assert.Contains("use a larger image", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_that_do_not_divide_the_channels_are_refused_when_the_layer_is_added()
    {
        var builder = new GraphBuilder("net");
        GraphValue x = builder.Input("x", 4);

        FcnSharpException error = Assert.Throws<FcnSharpException>(() => builder.Conv2d("conv2", x, 6, Conv2dParameters.Square(3, groups: 3)));

        Assert.StartsWith("net, layer conv2: 3 groups must divide both the 4 input and the 6 output channels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_of_other_channels_is_refused()
    {
        Conv2dLayer layer = Layer(Conv2dParameters.Square(3), 3, 5);

        FcnSharpException error = Assert.Throws<FcnSharpException>(() => layer.InferShapes([new Shape(1, 4, 8, 8)]));

        Assert.Contains("5x4x3x3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_needs_exactly_one_input() =>
        Assert.Throws<FcnSharpException>(() => Layer(Conv2dParameters.Square(1), 1, 1).InferShapes([new Shape(1, 1, 2, 2), new Shape(1, 1, 2, 2)]));

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void It_correlates_and_adds_the_bias(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Conv2d("c", g.Input("x", 1), 1, new Conv2dParameters(2, 3)))), device);
        network.Load(new Dictionary<string, Tensor>
        {
            ["c.weight"] = NetFixtures.Filled(new Shape(1, 1, 2, 3), 1, 2, 3, 4, 5, 6),
            ["c.bias"] = NetFixtures.Filled(new Shape(1), 100),
        }, "test");

        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 1, 2, 4), 1, 0, 2, 0, 0, 3, 0, 1)));

        // 1*1 + 2*0 + 3*2 + 4*0 + 5*3 + 6*0 = 22, and 1*0 + 2*2 + 3*0 + 4*3 + 5*0 + 6*1 = 22 + 0.
        Assert.Equal([122f, 122f], y.Span.ToArray());
    }

    [Theory]
    [InlineData(3, 1, 1, 1, 1)]
    [InlineData(3, 2, 1, 1, 1)]
    [InlineData(3, 1, 2, 2, 1)]
    [InlineData(3, 2, 1, 1, 2)]
    [InlineData(1, 1, 0, 1, 1)]
    public void Gradients_of_input_weight_and_bias_are_right(int kernel, int stride, int padding, int dilation, int groups)
    {
        var geometry = Conv2dParameters.Square(kernel, stride, padding, dilation, groups);
        var shape = new Shape(2, 4, 6, 7);
        GradientCheck check = GradientCheck.Run(net =>
            net.Project(net.Graph.Conv2d("c", net.Input("x", shape), 6, geometry), geometry.OutputShape(shape, geometry.WeightShape(4, 6))));

        Assert.Equal(0, check.Skipped);
    }

    [Fact]
    public void A_kernel_with_different_numbers_on_each_axis_has_right_gradients()
    {
        var geometry = new Conv2dParameters(2, 3) { StrideHeight = 1, StrideWidth = 2, PaddingHeight = 2, PaddingWidth = 1, DilationHeight = 3 };
        var shape = new Shape(1, 3, 5, 8);
        GradientCheck.Run(net => net.Project(net.Graph.Conv2d("c", net.Input("x", shape), 2, geometry), geometry.OutputShape(shape, geometry.WeightShape(3, 2))));
    }

    [Fact]
    public void Without_a_bias_only_the_weight_is_a_parameter()
    {
        var weight = new Parameter("w", new Shape(1, 1, 1, 1), Initializer.Zero);

        var layer = new Conv2dLayer("c", Conv2dParameters.Square(1), weight, null);

        Assert.Equal([weight], layer.Parameters);
    }

    private static Conv2dLayer Layer(Conv2dParameters geometry, int inChannels, int outChannels) => new(
        "c", geometry, new Parameter("c.weight", geometry.WeightShape(inChannels, outChannels), Initializer.Zero), new Parameter("c.bias", new Shape(outChannels), Initializer.Zero));
}
