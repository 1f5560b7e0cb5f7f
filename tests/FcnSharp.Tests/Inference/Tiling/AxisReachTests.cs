using FcnSharp.Graph;
using FcnSharp.Inference.Tiling;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using Xunit;

namespace FcnSharp.Tests.Inference.Tiling;

public class AxisReachTests
{
    public static TheoryData<string, int, int, int> ByHand => new()
    {
        { "conv3", 5, 4, 7 },
        { "dilated", 5, 3, 8 },
        { "pointwise", 5, 5, 6 },
        { "pad", 5, 2, 6 },
        { "pool-deconv2", 5, 4, 6 },
        { "pool-deconv2", 6, 6, 8 },
        { "pool3-deconv4", 5, 3, 8 },
        { "pool3-deconv4", 7, 5, 10 },
        { "resize", 4, 2, 6 },
        { "resize", 5, 4, 8 },
        { "unpool", 5, 4, 6 },
        { "skip", 5, 3, 8 },
        { "concat", 8, 7, 10 },
    };

    [Theory]
    [MemberData(nameof(ByHand))]
    public void Pixels_that_a_layer_sees_are_those_known_by_hand(string net, int pixel, int start, int end)
    {
        foreach (bool vertical in (bool[])[false, true])
        {
            Assert.Equal(new PixelInterval(start, end), new AxisReach(Small(net), "scores", vertical).Needed(new(pixel, pixel + 1)));
        }
    }

    [Theory]
    [InlineData("conv3", 1)]
    [InlineData("pool-deconv2", 2)]
    [InlineData("skip", 2)]
    [InlineData("mini-fcn8s", 32)]
    [InlineData("fcn4s-squeezenet1.0", 16)]
    public void Windows_begin_where_all_grids_coincide(string net, int alignment)
    {
        NetGraph graph = Catalogue.Names.Contains(net) ? Catalogue.Build(net, new NetOptions { Classes = 2 }) : Small(net);
        Assert.Equal(alignment, new AxisReach(graph, "scores", vertical: false).Alignment);
    }

    /// <summary>
    /// A net of positive weights without biases gives exactly 0 where it does not see a single bright pixel, and more where it does:
    /// the computed interval must say for each output pixel which it is, in the middle and at both borders.
    /// </summary>
    [Theory]
    [InlineData("mini-fcn8s", BorderPadding.Tight, 701)]
    [InlineData("fcn8s-squeezenet1.1", BorderPadding.Tight, 611)]
    [InlineData("fcn4s-squeezenet1.0", BorderPadding.Tight, 614)]
    [InlineData("fcn8s-googlenet", BorderPadding.Tight, 1013)]
    [InlineData("fcn16s-googlenet", BorderPadding.Reference, 403)]
    [InlineData("fcn8s-vgg16", BorderPadding.Reference, 450)]
    [InlineData("fcn32s-alexnet", BorderPadding.Tight, 600)]
    public void A_pixel_counts_exactly_within_the_interval(string net, BorderPadding padding, int width)
    {
        NetGraph graph = Catalogue.Build(net, new NetOptions { Classes = 2, Kernels = UpsamplingKernels.PerClass, Padding = padding, Narrowing = 16 });
        using var device = new CpuDevice(precision: Precision.Exact);
        using var network = new Network(graph, device);
        foreach (Parameter parameter in graph.Parameters)
        {
            network.Value(parameter).Fill(parameter.Name.EndsWith(".bias", StringComparison.Ordinal) ? 0 : 1f / parameter.Shape.C);
        }

        int[] pixels = [0, 1, width / 2, width / 2 + 1, width / 2 + 7, width / 2 + 13, width - 17, width - 1];
        float[] image = new float[pixels.Length * 3 * width];
        for (int i = 0; i < pixels.Length; i++)
        {
            image[3 * width * i + pixels[i]] = 1;
        }

        float[] scores = Run(network, image, new Shape(pixels.Length, 3, 1, width));

        var reach = new AxisReach(graph, "scores", vertical: false);
        (_, AxisLengths whole) = AxisLengths.Of(graph, "scores", 1, width);
        for (int i = 0; i < pixels.Length; i++)
        {
            for (int x = 0; x < width; x++)
            {
                PixelInterval needed = reach.Needed(new(x, x + 1), whole);
                bool expected = pixels[i] >= needed.Start && pixels[i] < needed.End;
                Assert.True(expected == scores[2 * width * i + x] > 0, $"{net}: pixel {pixels[i]} {(expected ? "does not count" : "counts")} for output {x}, which is said to need {needed}");
            }
        }
    }

    /// <summary>The halo of the shipped model's net, checked against bright pixels above.</summary>
    [Fact]
    public void The_halo_of_a_net_is_the_farthest_that_any_pixel_sees()
    {
        var reach = new AxisReach(Catalogue.Build("fcn8s-googlenet", new NetOptions { Classes = 2 }), "scores", vertical: true);
        Assert.Equal((388, 388), (reach.Before, reach.After));
    }

    [Theory]
    [InlineData("global", "pool", "GlobalAvgPool2d")]
    [InlineData("like", "up", "BilinearResize2d")]
    [InlineData("coarse", "scores", "")]
    public void A_net_that_depends_on_the_whole_image_is_refused(string net, string layer, string kind)
    {
        string message = NetAssert.OneLine(Assert.Throws<FcnSharpException>(() => new AxisReach(Small(net), "scores", vertical: true)).Message);
        Assert.Contains("cannot be computed in tiles", message, StringComparison.Ordinal);
        Assert.Contains(layer, message, StringComparison.Ordinal);
        Assert.Contains(kind, message, StringComparison.Ordinal);
    }

    internal static float[] Run(Network network, float[] image, Shape shape)
    {
        CompiledNet net = network.Compile(CompileTarget.Inference("scores"), new Dictionary<string, Shape> { ["image"] = shape });
        using IExecution execution = net.Plan.Begin();
        execution.Write(net.Inputs["image"], image);
        execution.Run(TestContext.Current.CancellationToken);
        float[] scores = new float[net.Outputs["scores"].Shape.ElementCount];
        execution.Read(net.Outputs["scores"], scores);
        return scores;
    }

    /// <summary>Nets of one or two layers, with outputs "scores" and "classes".</summary>
    internal static NetGraph Small(string net)
    {
        var b = new GraphBuilder(net);
        GraphValue image = b.Input("image", 3);
        GraphValue Halved() => b.MaxPool2d("pool", image, new MaxPool2dParameters(2, 2, CeilMode: true));
        GraphValue Doubled(GraphValue x, int kernel, int padding) =>
            b.Crop("crop", b.ConvTranspose2d("up", x, 3, ConvTranspose2dParameters.Square(kernel, 2, padding)), image, 0);
        GraphValue Skip() => Doubled(b.MaxPool2d("pool", image, new MaxPool2dParameters(3, 2, 1, CeilMode: true)), 4, 1);
        GraphValue x = net switch
        {
            "conv3" => b.Conv2d("conv", image, 3, Conv2dParameters.Square(3, padding: 1)),
            "dilated" => b.Conv2d("conv", image, 3, Conv2dParameters.Square(3, padding: 2, dilation: 2)),
            "pointwise" => b.LocalResponseNorm("norm", b.Relu("relu", b.Conv2d("conv", image, 3, Conv2dParameters.Square(1)))),
            "pad" => b.Conv2d("conv", b.Pad2d("border", image, new Pad2dParameters(3, 0, 3, 0)), 3, Conv2dParameters.Square(4)),
            "pool-deconv2" => Doubled(Halved(), 2, 0),
            "pool3-deconv4" => Skip(),
            "resize" => b.Crop("crop", b.BilinearResize2d("up", Halved(), BilinearResize2dParameters.ByFactor(2)), image, 0),
            "unpool" => Unpooled(b, image),
            "skip" => b.Sum("sum", Skip(), b.Conv2d("conv", image, 3, Conv2dParameters.Square(3, padding: 1))),
            "concat" => b.Concat("both", image, b.Crop("shifted", b.Pad2d("border", image, new Pad2dParameters(0, 4, 0, 4)), image, 1), b.Conv2d("conv", image, 3, Conv2dParameters.Square(3, padding: 1))),
            "global" => b.BilinearResize2d("up", b.GlobalPool2d("pool", image), BilinearResize2dParameters.LikeSecondInput(), image),
            "like" => b.BilinearResize2d("up", Halved(), BilinearResize2dParameters.LikeSecondInput(), image),
            "coarse" => Halved(),
            _ => throw new ArgumentOutOfRangeException(nameof(net), net, null),
        };
        b.Output("scores", x);
        b.Output("classes", b.ArgMax("classes", x));
        return b.Build();
    }

    private static GraphValue Unpooled(GraphBuilder b, GraphValue image)
    {
        var geometry = new MaxPool2dParameters(2, 2, CeilMode: true);
        (GraphValue pooled, GraphValue indices) = b.MaxPool2dWithIndices("pool", image, geometry);
        return b.MaxUnpool2d("unpool", pooled, indices, image, geometry);
    }
}
