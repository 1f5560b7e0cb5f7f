using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Models;

/// <summary>Every net of the catalogue, by shape inference alone: the real ones are too heavy to run here at every size.</summary>
public sealed class NetShapeTests
{
    private const int Classes = 5;

    public static TheoryData<string, BorderPadding> Segmentation()
    {
        var data = new TheoryData<string, BorderPadding>();
        foreach (string name in Catalogue.Names.Where(n => Catalogue.Get(n).Kind == NetKind.Segmentation))
        {
            data.Add(name, BorderPadding.Tight);
            if (name != "mini-fcn8s")
            {
                data.Add(name, BorderPadding.Reference);
            }
        }

        return data;
    }

    public static TheoryData<string> Classifiers() => [.. Catalogue.Names.Where(n => Catalogue.Get(n).Kind == NetKind.Classifier)];

    [Theory]
    [MemberData(nameof(Segmentation))]
    public void Scores_have_the_size_of_the_input_for_every_size(string name, BorderPadding padding)
    {
        NetGraph graph = Build(name, padding);

        // Rows and columns do not depend on each other, so the diagonal covers every size; some oblong ones beside it.
        IEnumerable<(int, int)> sizes = Enumerable.Range(1, 200).Select(s => (s, s)).Concat([(1, 7), (7, 1), (31, 65), (65, 33), (375, 500), (500, 375), (1, 1025)]);
        foreach ((int height, int width) in sizes)
        {
            Assert.Equal(new Shape(2, Classes, height, width), Scores(graph, height, width));
        }
    }

    [Theory]
    [MemberData(nameof(Segmentation))]
    public void Scores_lie_exactly_over_their_pixels(string name, BorderPadding padding)
    {
        NetGraph graph = Build(name, padding);
        foreach (bool vertical in (bool[])[true, false])
        {
            PixelGrid grid = Assert.NotNull(new PixelGrids(vertical).Of(graph.Outputs["scores"]));
            Assert.Equal((1, 0), (grid.Stride, grid.Centre));
        }
    }

    [Theory]
    [MemberData(nameof(Segmentation))]
    public void Tight_padding_upsamples_hardly_more_than_the_image(string name, BorderPadding padding)
    {
        if (padding == BorderPadding.Reference)
        {
            return;
        }

        NetGraph graph = Build(name, padding);
        int stride = name == "mini-fcn8s" ? 8 : int.Parse(name.AsSpan(3, name.IndexOf('s', 0) - 3), System.Globalization.CultureInfo.InvariantCulture);
        for (int size = 1; size <= 100; size++)
        {
            var shapes = ShapeInference.Of(graph, Image(size, size), "scores");
            Shape last = shapes.Where(s => s.Key.Layer is ConvTranspose2dLayer).Last().Value[0];
            Assert.InRange(last.H, size, size + 2 * stride);
        }
    }

    [Theory]
    [MemberData(nameof(Segmentation))]
    public void The_net_compiles_for_training_with_all_its_outputs(string name, BorderPadding padding)
    {
        NetGraph graph = Build(name, padding);
        var inputs = new Dictionary<string, Shape> { ["image"] = new(1, 3, 40, 41), ["labels"] = new(1, 1, 40, 41) };

        var shapes = ShapeInference.Of(graph, inputs, "loss", "classes", "confidentClasses", "confidence");

        Assert.Equal(new Shape(1, 1, 40, 41), shapes[graph.Outputs["classes"].Node!][0]);
    }

    [Theory]
    [MemberData(nameof(Classifiers))]
    public void A_classifier_gives_one_score_a_class_at_its_size(string name)
    {
        NetEntry entry = Catalogue.Get(name);
        NetGraph graph = Catalogue.Build(name, new NetOptions { Classes = entry.UsualClasses });

        foreach (string output in (string[])["scores", "probabilities"])
        {
            var shapes = ShapeInference.Of(graph, new Dictionary<string, Shape> { ["image"] = new(2, graph.Inputs[0].Channels, entry.Size, entry.Size) }, output);
            Assert.Equal(new Shape(2, entry.UsualClasses, 1, 1), shapes[graph.Outputs[output].Node!][0]);
        }
    }

    [Fact]
    public void A_net_that_is_not_the_references_has_no_reference_padding() =>
        Assert.Contains("use tight padding", NetAssert.OneLine(Assert.Throws<FcnSharpException>(() => Build("mini-fcn8s", BorderPadding.Reference)).Message), StringComparison.Ordinal);

    [Fact]
    public void A_classifier_refuses_another_size_and_says_what_to_do()
    {
        NetGraph graph = Catalogue.Build("vgg16", new NetOptions { Classes = 10 });

        string message = NetAssert.OneLine(Assert.Throws<FcnSharpException>(() => ShapeInference.Of(graph, Image(256, 224), "scores")).Message);

        Assert.StartsWith("vgg16, layer fc6: ", message, StringComparison.Ordinal);
        Assert.Contains("512x7x7 inputs got 512x8x7", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fcn32s-vgg16")]
    [InlineData("fcn8s-googlenet")]
    public void Kernels_per_class_and_more_input_channels_change_just_these_weights(string name)
    {
        NetGraph full = Build(name, BorderPadding.Tight);
        NetGraph other = Catalogue.Build(name, new NetOptions { Classes = Classes, Kernels = UpsamplingKernels.PerClass, InputChannels = 4 });

        foreach ((Parameter a, Parameter b) in full.Parameters.Zip(other.Parameters))
        {
            Assert.Equal(a.Name, b.Name);
            bool first = a == full.Parameters[0];
            int channels = first ? 4 : a.Name.StartsWith("upscore", StringComparison.Ordinal) ? 1 : a.Shape.Rank == 4 ? a.Shape.C : 0;
            Assert.Equal(a.Shape.Rank == 4 ? new Shape(a.Shape.N, channels, a.Shape.H, a.Shape.W) : a.Shape, b.Shape);
        }
    }

    [Fact]
    public void Every_net_has_the_preprocessing_of_its_publication_and_known_origins()
    {
        foreach (NetEntry entry in Catalogue.Names.Select(Catalogue.Get))
        {
            Assert.All(entry.Origins, origin => Assert.Contains(origin, Catalogue.Names));
            Assert.True(entry.Preprocessing is null == (entry.Name == "lenet"), entry.Name);
            Assert.True(entry.Preprocessing is null or { Order: ChannelOrder.Bgr }, entry.Name);
            if (entry.Kind == NetKind.Segmentation)
            {
                Assert.Equal([104.00699f, 116.66877f, 122.67892f], entry.Preprocessing!.Mean);
            }
        }

        Assert.Equal(["fcn16s-vgg16", "fcn32s-vgg16", "vgg16"], Catalogue.Get("fcn8s-vgg16").Origins);
        Assert.Equal(["vgg16"], Catalogue.Get("fcn8s-atonce-vgg16").Origins);
        Assert.Equal([104f, 117, 123], Catalogue.Get("googlenet").Preprocessing!.Mean);
    }

    [Fact]
    public void A_classifier_may_have_a_thousand_classes_and_input_channels_have_bounds()
    {
        Assert.Equal(1000, Catalogue.Build("squeezenet1.1", new NetOptions { Classes = 1000 }).Outputs["scores"].Channels);
        string message = Assert.Throws<FcnSharpException>(() => Catalogue.Build("fcn32s-alexnet", new NetOptions { Classes = 21, InputChannels = 0 })).Message;
        Assert.Contains("1 to 64 input channels", message, StringComparison.Ordinal);
    }

    private static NetGraph Build(string name, BorderPadding padding) => Catalogue.Build(name, new NetOptions { Classes = Classes, Padding = padding });

    private static Dictionary<string, Shape> Image(int height, int width) => new() { ["image"] = new(2, 3, height, width) };

    private static Shape Scores(NetGraph graph, int height, int width) =>
        ShapeInference.Of(graph, Image(height, width), "scores")[graph.Outputs["scores"].Node!][0];
}
