using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Graph;

public sealed class NetSummaryTests
{
    /// <summary>CVPR 2015, table 1. GoogLeNet's 22 layers are its depth; its field of 907 includes the pooling of 7 that an FCN drops, so 715 is what is left.</summary>
    [Theory]
    [InlineData("fcn32s-alexnet", 8, 8, 57.0, 355)]
    [InlineData("fcn32s-vgg16", 16, 16, 134.3, 404)]
    [InlineData("fcn32s-googlenet", 58, 22, 6.0, 715)]
    public void Table_1_of_the_paper(string name, int convolutions, int depth, double millions, double field)
    {
        foreach (BorderPadding padding in Enum.GetValues<BorderPadding>())
        {
            NetSummary summary = Summarize(Catalogue.Build(name, new NetOptions { Classes = 21, Padding = padding }), 500, 500);

            Assert.Equal((convolutions, depth), (summary.Convolutions, summary.Depth));
            Assert.Equal(millions, Math.Round((summary.Parameters - summary.UpsamplingParameters) / 1e6, 1));
            Assert.Equal((32, field), (summary.Stride, summary.ReceptiveField));
        }
    }

    [Fact]
    public void GoogLeNets_field_of_907_is_that_with_its_average_pooling()
    {
        NetSummary summary = Summarize(Catalogue.Build("googlenet", new NetOptions { Classes = 1000 }), 224, 224);

        Assert.Equal((907d, 32d), (summary.ReceptiveField, summary.Stride));
        Assert.Equal(6_998_552, summary.Parameters);
        Assert.Null(summary.TrainingLiveBytes);
    }

    /// <summary>Well known counts of the published models.</summary>
    [Theory]
    [InlineData("vgg16", 138_357_544)]
    [InlineData("alexnet", 60_965_224)]
    [InlineData("squeezenet1.0", 1_248_424)]
    [InlineData("squeezenet1.1", 1_235_496)]
    public void Classifiers_have_the_published_number_of_weights(string name, long parameters)
    {
        int size = Catalogue.Get(name).Size;

        Assert.Equal(parameters, Summarize(Catalogue.Build(name, new NetOptions { Classes = 1000 }), size, size).Parameters);
    }

    /// <summary>15.47 thousand million multiply-adds at 224x224 are quoted for VGG16 everywhere.</summary>
    [Fact]
    public void VGG16_takes_15_thousand_million_multiply_adds() =>
        Assert.Equal(15.47, Summarize(Catalogue.Build("vgg16", new NetOptions { Classes = 1000 }), 224, 224).MultiplyAdds / 1e9, 0.005);

    [Fact]
    public void Numbers_of_each_layer_by_hand()
    {
        NetGraph graph = NetFixtures.Graph("net", g =>
        {
            GraphValue x = g.Relu("r", g.Conv2d("c", g.Input("image", 3), 4, Conv2dParameters.Square(3, stride: 2, padding: 1, dilation: 2)));
            x = g.MaxPool2d("p", x, new MaxPool2dParameters(2, 2));
            g.Output("y", g.ConvTranspose2d("u", g.Dropout("d", x, 0.5f), 4, ConvTranspose2dParameters.Square(4, stride: 2, padding: 1)));
        });

        NetSummary summary = NetSummary.Of(graph, new Shape(1, 3, 19, 19), "y");

        // 19 - 5 + 2 = 16, / 2 + 1 = 9; pooled 4; up 8.
        Assert.Equal(
            [
                new LayerSummary("c", "Conv2d", new Shape(1, 4, 9, 9), 112, 5, 2, 9 * 9 * 4 * 27, 4 * 81 * 4),
                new LayerSummary("r", "ReLU", new Shape(1, 4, 9, 9), 0, 5, 2, 0, 4 * 81 * 4),
                new LayerSummary("p", "MaxPool2d", new Shape(1, 4, 4, 4), 0, 7, 4, 0, 4 * 16 * 4),
                new LayerSummary("d", "Dropout", new Shape(1, 4, 4, 4), 0, 7, 4, 0, 0),
                new LayerSummary("u", "ConvTranspose2d", new Shape(1, 4, 8, 8), 256, 11, 2, 4 * 4 * 4 * 64, 4 * 64 * 4),
            ],
            summary.Layers);
        Assert.Equal((368, 256, 1, 1), (summary.Parameters, summary.UpsamplingParameters, summary.Convolutions, summary.Depth));
        Assert.Equal((7d, 4d), (summary.ReceptiveField, summary.Stride));

        // Most is held when the ReLU runs: its input and its output; the image is no longer read.
        Assert.Equal(Math.Max((3 * 19 * 19 + 4 * 81) * 4, 2 * 4 * 81 * 4), summary.LiveBytes);
        Assert.Null(summary.TrainingLiveBytes);
    }

    [Fact]
    public void Training_holds_more_than_inference()
    {
        NetSummary summary = Summarize(Catalogue.Build("mini-fcn8s", new NetOptions { Classes = 6 }), 96, 96);

        Assert.True(summary.TrainingLiveBytes > 2 * summary.LiveBytes);
    }

    [Fact]
    public void A_global_pooling_has_no_fixed_field()
    {
        LayerSummary pool = Summarize(Catalogue.Build("squeezenet1.1", new NetOptions { Classes = 10 }), 227, 227).Layers[^1];

        Assert.Equal(("GlobalAvgPool2d", null, null), (pool.Kind, pool.ReceptiveField, pool.Stride));
    }

    private static NetSummary Summarize(NetGraph graph, int height, int width) => NetSummary.Of(graph, new Shape(1, 3, height, width), "scores");
}
