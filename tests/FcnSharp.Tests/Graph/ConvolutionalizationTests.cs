using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Graph;

public sealed class ConvolutionalizationTests
{
    [Theory]
    [InlineData("lenet")]
    [InlineData("squeezenet1.0")]
    [InlineData("squeezenet1.1")]
    [InlineData("googlenet")]
    public void On_the_classifiers_own_size_the_scores_are_the_classifiers(string name)
    {
        NetGraph classifier = Catalogue.Build(name, new NetOptions { Classes = 10 });
        var shape = new Shape(1, classifier.Inputs[0].Channels, Catalogue.Get(name).Size, Catalogue.Get(name).Size);
        NetGraph heatmap = Convolutionalization.Apply(classifier, Sizes(shape));
        using IDevice device = NetFixtures.Device("cpu");
        Tensor image = NetFixtures.Random(shape, "image");

        Tensor expected = Run(classifier, device, "scores", image);
        Tensor actual = Run(heatmap, device, "scores", image);

        Assert.Equal(new Shape(1, 10, 1, 1), actual.Shape);
        Assert.DoesNotContain(heatmap.Nodes, n => n.Layer is FullyConnectedLayer or GlobalPool2dLayer);
        TensorAssert.SameBits(name, expected.Span, actual.Span);
    }

    [Theory]
    [InlineData("vgg16", 224, 288, 3, 2)]
    [InlineData("alexnet", 227, 291, 3, 3)]
    public void Large_classifiers_become_heatmaps_with_the_same_parameters(string name, int own, int larger, int rows, int columns)
    {
        NetGraph classifier = Catalogue.Build(name, new NetOptions { Classes = 10 });

        NetGraph heatmap = Convolutionalization.Apply(classifier, Sizes(new Shape(1, 3, own, own)));

        Assert.Equal(classifier.Parameters, heatmap.Parameters);
        int width = larger - 32 * (rows - columns);
        var shapes = ShapeInference.Of(heatmap, Sizes(new Shape(1, 3, larger, width)), "scores");
        Assert.Equal(new Shape(1, 10, rows, columns), shapes[heatmap.Outputs["scores"].Node!][0]);
    }

    /// <summary>A cell for each place of the classifier's last features, and its field that of the whole classifier.</summary>
    [Theory]
    [InlineData("lenet", 4, 28)]
    [InlineData("squeezenet1.0", 16, 155 + 14 * 16)]
    [InlineData("squeezenet1.1", 16, 207 + 13 * 16)]
    [InlineData("googlenet", 32, 715 + 6 * 32)]
    [InlineData("vgg16", 32, 404)]
    public void Cells_lie_a_stride_apart(string name, int stride, int field)
    {
        NetGraph classifier = Catalogue.Build(name, new NetOptions { Classes = 10 });
        int own = Catalogue.Get(name).Size;

        NetGraph heatmap = Convolutionalization.Apply(classifier, Sizes(new Shape(1, classifier.Inputs[0].Channels, own, own)));

        PixelGrid grid = Assert.NotNull(new PixelGrids(vertical: false).Of(heatmap.Outputs["scores"]));
        Assert.Equal((stride, field), (grid.Stride, grid.Size));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Each_cell_of_LeNets_heatmap_is_the_classifier_on_its_window(string deviceName)
    {
        NetGraph classifier = Catalogue.Build("lenet", new NetOptions { Classes = 10 });
        NetGraph heatmap = Convolutionalization.Apply(classifier, Sizes(new Shape(1, 1, 28, 28)));
        using IDevice device = NetFixtures.Device(deviceName);
        Tensor image = NetFixtures.Random(new Shape(1, 1, 36, 40), "image");

        Tensor map = Run(heatmap, device, "scores", image);

        // Two poolings of 2: a cell every 4 pixels, windows of 28.
        Assert.Equal(new Shape(1, 10, 3, 4), map.Shape);
        PixelGrid grid = Assert.NotNull(new PixelGrids(vertical: true).Of(heatmap.Outputs["scores"]));
        Assert.Equal((4, 0, 28), (grid.Stride, grid.FirstSeenBy(0), grid.Size));
        for (int row = 0; row < 3; row++)
        {
            for (int column = 0; column < 4; column++)
            {
                Tensor scores = Run(classifier, device, "scores", Window(image, (int)grid.FirstSeenBy(row), (int)grid.FirstSeenBy(column), 28));
                for (int c = 0; c < 10; c++)
                {
                    Assert.Equal(scores[0, c, 0, 0], map[0, c, row, column], 1e-6f);
                }
            }
        }
    }

    /// <summary>What lies outside of a cell's receptive field must not be seen: the field is the right one, and no kernel reads further.</summary>
    [Theory]
    [InlineData("lenet", 40, 44)]
    [InlineData("squeezenet1.1", 400, 260)]
    [InlineData("googlenet", 1280, 224)]
    public void Pixels_outside_of_a_cells_receptive_field_leave_its_bits_unchanged(string name, int height, int width)
    {
        NetGraph classifier = Catalogue.Build(name, new NetOptions { Classes = 3 });
        int channels = classifier.Inputs[0].Channels;
        int own = Catalogue.Get(name).Size;
        NetGraph heatmap = Convolutionalization.Apply(classifier, Sizes(new Shape(1, channels, own, own)), "scores");
        using IDevice device = NetFixtures.Device("cpu");
        Tensor image = NetFixtures.Random(new Shape(1, channels, height, width), "image");
        Tensor before = Run(heatmap, device, "scores", image);
        PixelGrid rows = Assert.NotNull(new PixelGrids(vertical: true).Of(heatmap.Outputs["scores"]));
        int last = (int)rows.LastSeenBy(0);
        Assert.InRange(last, 1, height - 2);

        Tensor outside = Changed(image, last + 1, height);
        Tensor inside = Changed(image, Math.Max(0, (int)rows.Centre), Math.Max(0, (int)rows.Centre) + 1);
        Tensor after = Run(heatmap, device, "scores", outside);
        Tensor touched = Run(heatmap, device, "scores", inside);

        TensorAssert.SameBits("the first row of cells", FirstRow(before), FirstRow(after));
        Assert.NotEqual(before.Span.ToArray(), after.Span.ToArray());
        Assert.NotEqual(FirstRow(before).ToArray(), FirstRow(touched).ToArray());
    }

    [Fact]
    public void Only_the_outputs_that_are_named_are_kept_with_what_they_need()
    {
        NetGraph classifier = Catalogue.Build("lenet", new NetOptions { Classes = 10 });

        NetGraph heatmap = Convolutionalization.Apply(classifier, Sizes(new Shape(1, 1, 28, 28)), "scores");

        Assert.Equal(["scores"], heatmap.Outputs.Keys);
        Assert.DoesNotContain(heatmap.Nodes, n => n.Layer is SoftmaxLayer);
    }

    [Fact]
    public void A_pooling_over_an_oblong_plane_names_the_layer_and_the_remedy()
    {
        NetGraph graph = NetFixtures.Graph("net", g => g.Output("y", g.GlobalPool2d("pool", g.Conv2d("c", g.Input("image", 1), 2, Conv2dParameters.Square(3)))));

        string message = NetAssert.OneLine(Assert.Throws<FcnSharpException>(() => Convolutionalization.Apply(graph, Sizes(new Shape(1, 1, 8, 9)))).Message);

        Assert.Equal("net, layer pool: a pooling over 6x7 cannot become a window, which is square and takes the mean; give the size of a square image.", message);
    }

    [Fact]
    public void A_size_that_the_classifier_does_not_take_is_refused() =>
        Assert.StartsWith("lenet, layer ip1: ", Assert.Throws<FcnSharpException>(() => Convolutionalization.Apply(Catalogue.Build("lenet", new NetOptions { Classes = 10 }), Sizes(new Shape(1, 1, 40, 40)))).Message, StringComparison.Ordinal);

    private static Dictionary<string, Shape> Sizes(Shape image) => new() { ["image"] = image };

    private static Tensor Run(NetGraph graph, IDevice device, string output, Tensor image)
    {
        using var network = new Network(graph, device);
        NetFixtures.Randomize(network);
        return NetFixtures.Forward(network, output, ("image", image));
    }

    private static Tensor Window(Tensor image, int top, int left, int size)
    {
        var window = new Tensor(new Shape(1, 1, size, size));
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                window[0, 0, y, x] = image[0, 0, top + y, left + x];
            }
        }

        return window;
    }

    private static Tensor Changed(Tensor image, int fromRow, int toRow)
    {
        Tensor changed = image.Clone();
        for (int c = 0; c < image.Shape.C; c++)
        {
            for (int y = fromRow; y < toRow; y++)
            {
                for (int x = 0; x < image.Shape.W; x++)
                {
                    changed[0, c, y, x] = 3 - changed[0, c, y, x];
                }
            }
        }

        return changed;
    }

    private static ReadOnlySpan<float> FirstRow(Tensor map)
    {
        int row = map.Shape.W;
        float[] values = new float[map.Shape.C * row];
        for (int c = 0; c < map.Shape.C; c++)
        {
            map.Span.Slice(c * map.Shape.H * row, row).CopyTo(values.AsSpan(c * row));
        }

        return values;
    }
}
