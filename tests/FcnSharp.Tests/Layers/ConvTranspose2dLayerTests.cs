using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class ConvTranspose2dLayerTests
{
    /// <summary>Kernel 4, stride 2, padding 1: the doubling of FCN's skips.</summary>
    private static readonly ConvTranspose2dParameters Doubling = ConvTranspose2dParameters.Square(4, stride: 2, padding: 1);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 7)]
    [InlineData(13, 10)]
    public void Kernel_4_stride_2_padding_1_doubles_the_size_exactly(int height, int width)
    {
        var layer = new ConvTranspose2dLayer("up", Doubling, new Parameter("w", new Shape(3, 3, 4, 4), Initializer.Bilinear), null);

        Assert.Equal([new Shape(2, 3, 2 * height, 2 * width)], layer.InferShapes([new Shape(2, 3, height, width)]));
    }

    [Fact]
    public void Its_output_size_undoes_the_convolution_of_the_same_numbers()
    {
        var geometry = ConvTranspose2dParameters.Square(5, stride: 3, padding: 2, outputPadding: 1);
        var layer = new ConvTranspose2dLayer("up", geometry, new Parameter("w", new Shape(1, 1, 5, 5), Initializer.Zero), null);

        Shape fine = layer.InferShapes([new Shape(1, 1, 4, 6)])[0];

        // (4 - 1) * 3 - 2 * 2 + 4 + 1 + 1 = 11, (6 - 1) * 3 + 2 = 17.
        Assert.Equal(new Shape(1, 1, 11, 17), fine);
        Assert.Equal(new Shape(1, 1, 4, 6), geometry.Convolution.OutputShape(fine, new Shape(1, 1, 5, 5)));
    }

    [Fact]
    public void Padding_that_cuts_everything_away_names_the_net_and_the_layer()
    {
        using var network = new Network(
            NetFixtures.Graph("net", g => g.Output("y", g.ConvTranspose2d("up", g.Input("x", 1), 1, ConvTranspose2dParameters.Square(2, padding: 1)))), NetFixtures.Device("cpu"));

        string message = NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("x", new Shape(1, 1, 1, 5)));

        Assert.StartsWith("net, layer up: ", message, StringComparison.Ordinal);
        Assert.Contains("gives 0 rows", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Each_pixel_adds_the_kernel_at_its_place(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(
            NetFixtures.Graph("net", g => g.Output("y", g.ConvTranspose2d("up", g.Input("x", 1), 1, new ConvTranspose2dParameters(1, 3) { StrideWidth = 2 }))), device);
        network.Load(new Dictionary<string, Tensor> { ["up.weight"] = NetFixtures.Filled(new Shape(1, 1, 1, 3), 1, 10, 100) }, "test");

        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 1, 1, 2), 2, 3)));

        Assert.Equal(new Shape(1, 1, 1, 5), y.Shape);
        Assert.Equal([2f, 20, 203, 30, 300], y.Span.ToArray());
    }

    [Theory]
    [InlineData(4, 2, 1, 1, 1)]
    [InlineData(3, 2, 0, 1, 1)]
    [InlineData(3, 1, 1, 2, 2)]
    [InlineData(8, 4, 2, 1, 1)]
    public void Gradients_of_input_and_weight_are_right(int kernel, int stride, int padding, int dilation, int groups)
    {
        var geometry = ConvTranspose2dParameters.Square(kernel, stride, padding, dilation, groups);
        var shape = new Shape(2, 4, 3, 5);
        GradientCheck check = GradientCheck.Run(net => net.Project(
            net.Graph.ConvTranspose2d("up", net.Input("x", shape), 2, geometry, Initializer.Msra, Multipliers.Reference),
            geometry.OutputShape(shape, geometry.WeightShape(4, 2))));

        Assert.Equal(0, check.Skipped);
    }

    [Fact]
    public void A_bias_and_an_output_padding_have_right_gradients()
    {
        var geometry = new ConvTranspose2dParameters(2, 3) { StrideHeight = 2, StrideWidth = 3, PaddingWidth = 1, OutputPaddingHeight = 1, OutputPaddingWidth = 2 };
        var shape = new Shape(2, 2, 3, 4);
        var weight = new Parameter("up.weight", geometry.WeightShape(2, 3), Initializer.Msra);
        var bias = new Parameter("up.bias", new Shape(3), Initializer.Zero);

        GradientCheck.Run(net => net.Project(
            net.Graph.Add(new ConvTranspose2dLayer("up", geometry, weight, bias), 3, net.Input("x", shape)), geometry.OutputShape(shape, weight.Shape)));
    }

    [Theory]
    [InlineData("cpu", 4, 2, 1)]
    [InlineData("cpu", 8, 4, 2)]
    [InlineData("cpu", 16, 8, 4)]
    [InlineData("reference", 4, 2, 1)]
    public void Bilinear_kernels_reproduce_linear_ramps(string deviceName, int kernel, int stride, int padding)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(
            NetFixtures.Graph("net", g => g.Output("y", g.ConvTranspose2d("up", g.Input("x", 2), 2, ConvTranspose2dParameters.Square(kernel, stride, padding)))), device);
        network.Initialize(1);
        var ramp = new Tensor(new Shape(1, 2, 5, 6));
        Fill(ramp, (c, y, x) => Ramp(c, y, x));

        Tensor up = NetFixtures.Forward(network, "y", ("x", ramp));

        // Pixel centres: fine pixel i lies at (i + 0.5) / stride - 0.5 of the coarse grid. The outermost half pixel has one neighbour only.
        Assert.Equal(new Shape(1, 2, 5 * stride, 6 * stride), up.Shape);
        for (int c = 0; c < 2; c++)
        {
            for (int y = stride / 2; y < (5 * stride) - (stride / 2); y++)
            {
                for (int x = stride / 2; x < (6 * stride) - (stride / 2); x++)
                {
                    double expected = Ramp(c, ((y + 0.5) / stride) - 0.5, ((x + 0.5) / stride) - 0.5);

                    // Four products, three sums and the rounding of four weights, each 2^-24 of numbers up to 20.
                    Assert.True(Math.Abs(up[0, c, y, x] - expected) <= 11 * 20 * Math.Pow(2, -24), $"({c}, {y}, {x}): {up[0, c, y, x]}, not {expected}");
                }
            }
        }
    }

    [Fact]
    public void It_is_frozen_without_bias_and_bilinear_unless_said_otherwise()
    {
        NetGraph graph = NetFixtures.Graph("net", g => g.Output("y", g.ConvTranspose2d("up", g.Input("x", 2), 2, Doubling)));

        Parameter weight = Assert.Single(graph.Parameters);

        Assert.False(weight.IsTrainable);
        Assert.Same(Initializer.Bilinear, weight.Initializer);
    }

    private static double Ramp(int c, double y, double x) => c == 0 ? 3 + (2 * y) - x : (1.5 * x) - (0.25 * y) + (c * 4);

    private static void Fill(Tensor tensor, Func<int, int, int, double> value)
    {
        for (int c = 0; c < tensor.Shape.C; c++)
        {
            for (int y = 0; y < tensor.Shape.H; y++)
            {
                for (int x = 0; x < tensor.Shape.W; x++)
                {
                    tensor[0, c, y, x] = (float)value(c, y, x);
                }
            }
        }
    }
}
