using FcnSharp.Formats.Onnx;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Onnx;

/// <summary>Each layer by itself, in options that the catalogue's nets do not use, in ONNX Runtime against ours.</summary>
public sealed class OnnxLayersTests
{
    private const int Channels = 6;

    /// <summary>Of the largest score; a layer has few roundings.</summary>
    private const double Tolerance = 1e-5;

    private static readonly (int Height, int Width)[] Sizes = [(16, 24), (13, 9)];

    private static readonly Dictionary<string, Func<GraphBuilder, GraphValue, GraphValue>> Layers = new()
    {
        ["strided, dilated, grouped convolution"] = (g, x) => g.Conv2d("layer", x, 4, new Conv2dParameters(3, 5) { StrideHeight = 2, PaddingHeight = 2, PaddingWidth = 1, DilationHeight = 2, Groups = 2 }),
        ["transposed convolution"] = (g, x) => g.ConvTranspose2d("layer", x, 4, new ConvTranspose2dParameters(3, 4)
        {
            StrideHeight = 2, StrideWidth = 3, PaddingHeight = 1, PaddingWidth = 2, DilationWidth = 2, Groups = 2, OutputPaddingHeight = 1, OutputPaddingWidth = 2,
        }, Initializer.Xavier),
        ["fully connected"] = (g, x) => g.FullyConnected("layer", x, 4, 3, 2),
        ["max pooling"] = (g, x) => g.MaxPool2d("layer", x, new MaxPool2dParameters(3, 2, 1)),
        ["max pooling that rounds up"] = (g, x) => g.MaxPool2d("layer", x, new MaxPool2dParameters(3, 2, CeilMode: true)),
        ["average pooling of padded windows"] = (g, x) => g.AvgPool2d("layer", x, new AvgPool2dParameters(3, 2, 1)),
        ["average pooling of pixels"] = (g, x) => g.AvgPool2d("layer", x, new AvgPool2dParameters(3, 2, 1, Divisor: AvgPoolDivisor.ValidPixels)),
        ["global average"] = (g, x) => g.GlobalPool2d("layer", x),
        ["global maximum"] = (g, x) => g.GlobalPool2d("layer", x, max: true),
        ["normalisation across channels"] = (g, x) => g.LocalResponseNorm("layer", x, new LocalResponseNormParameters(3, 0.7f, 0.6f, 1.5f)),
        ["batch norm"] = (g, x) => g.BatchNorm2d("layer", x),
        ["folded batch norm"] = (g, x) => g.BatchNorm2d("layer", g.Conv2d("convolution", x, 4, Conv2dParameters.Square(3, padding: 1))),
        ["weighted sum"] = (g, x) => g.WeightedSum("layer", [0.5f, 1, -2], x, g.Relu("relu", x), g.Scale("scale", x, 3)),
        ["concatenation"] = (g, x) => g.Concat("layer", x, g.Relu("relu", x)),
        ["channels"] = (g, x) => g.Add(new SliceLayer("layer", 2, 3), 3, x),
        ["crop"] = (g, x) => g.Add(new CropLayer("layer", 2, 1), Channels, x, g.MaxPool2d("like", x, new MaxPool2dParameters(2, 2))),
        ["border"] = (g, x) => g.Pad2d("layer", x, new Pad2dParameters(1, 2, 3, 0) { Value = 0.25f }),
        ["resize by a factor"] = (g, x) => g.BilinearResize2d("layer", x, BilinearResize2dParameters.ByFactor(3)),
        ["resize to a size, corners aligned"] = (g, x) => g.BilinearResize2d("layer", x, BilinearResize2dParameters.ToSize(21, 17, alignCorners: true)),
        ["resize to another's size"] = (g, x) => g.BilinearResize2d("layer", g.MaxPool2d("small", x, new MaxPool2dParameters(2, 2)), BilinearResize2dParameters.LikeSecondInput(), x),
        ["softmax"] = (g, x) => g.Softmax("layer", x),
    };

    public static TheoryData<string> Names => [.. Layers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_layer_gives_our_values_on_two_sizes(string name)
    {
        using var exported = new ExportedNet(NetFixtures.Graph(name, g => g.Output("scores", Layers[name](g, g.Input("image", Channels)))), new OnnxOptions());
        await exported.CompareAsync(name == "fully connected" ? [(3, 2)] : Sizes, Tolerance);
    }

    [Theory]
    [InlineData(2, 2, 1, "rounds up with stride 2 and padding 1 for a window of 2")]
    [InlineData(3, 3, 1, "rounds up with stride 3 and padding 1 for a window of 3")]
    public void A_maximum_that_has_no_operator_is_refused(int window, int stride, int padding, string why)
    {
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => Export((g, x) => g.MaxPool2d("pool", x, new MaxPool2dParameters(window, stride, padding, CeilMode: true))));
        Assert.Contains("Layer pool", e.Message, StringComparison.Ordinal);
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_without_an_operator_are_refused()
    {
        Assert.Contains("average pooling that rounds up", Refusal((g, x) => g.AvgPool2d("pool", x, new AvgPool2dParameters(3, 2, CeilMode: true))), StringComparison.Ordinal);
        Assert.Contains("does not know", Refusal((g, x) =>
        {
            var geometry = new MaxPool2dParameters(2, 2);
            (GraphValue output, GraphValue indices) = g.MaxPool2dWithIndices("pool", x, geometry);
            return g.MaxUnpool2d("unpool", output, indices, x, geometry);
        }), StringComparison.Ordinal);
    }

    private static string Refusal(Func<GraphBuilder, GraphValue, GraphValue> layer) => Assert.Throws<FcnSharpException>(() => Export(layer)).Message;

    private static void Export(Func<GraphBuilder, GraphValue, GraphValue> layer) =>
        new ExportedNet(NetFixtures.Graph("net", g => g.Output("scores", layer(g, g.Input("image", Channels)))), new OnnxOptions()).Dispose();
}
