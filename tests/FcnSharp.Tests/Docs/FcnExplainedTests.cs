using System.Globalization;
using System.Text.RegularExpressions;
using FcnSharp.Evaluation;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.Pictures.Drawings;
using FcnSharp.Pictures.Trained;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Docs;

/// <summary>docs/fcn-explained.md and its Chinese version: their examples are these, and the numbers in their text are what the library computes.</summary>
public sealed partial class FcnExplainedTests
{
    private const string English = "docs/fcn-explained.md";
    private const string Chinese = "docs/fcn-explained.zh-CN.md";

    public static TheoryData<string> Pages => [English, Chinese];

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_pages_quote_these_examples(string page) => Examples.AssertQuoted(page, "Docs/FcnExplainedTests.cs");

    [Fact]
    public void A_classifier_made_convolutional_gives_its_own_bits_and_a_map_on_larger_images()
    {
        // example:
        NetGraph classifier = Catalogue.Build("lenet", new NetOptions { Classes = 10 });
        Dictionary<string, Shape> ownSize = new() { ["image"] = new Shape(1, 1, 28, 28) };
        NetGraph heatmap = Convolutionalization.Apply(classifier, ownSize, "scores");
        // end

        using IDevice device = NetFixtures.Device("cpu");
        Tensor small = NetFixtures.Random(new Shape(1, 1, 28, 28), "image");
        Tensor large = NetFixtures.Random(new Shape(1, 1, 36, 40), "image");
        TensorAssert.SameBits("28x28", Scores(classifier, device, small).Span, Scores(heatmap, device, small).Span);
        Assert.Equal(new Shape(1, 10, 3, 4), Scores(heatmap, device, large).Shape);
        Assert.Throws<FcnSharpException>(() => Scores(classifier, device, large));
        Assert.Equal(4, new PixelGrids(vertical: true).Of(heatmap.Outputs["scores"])!.Value.Stride);
    }

    [Fact]
    public void Fc6_has_the_same_weights_as_a_matrix_and_as_a_convolution()
    {
        NetGraph classifier = Catalogue.Build("vgg16", new NetOptions { Classes = 1000 });

        Parameter weight = classifier.Parameters.Single(p => p.Name == "fc6.weight");

        Assert.Equal(new Shape(4096, 512, 7, 7), weight.Shape);
        Assert.Same(weight, Convolutionalization.Apply(classifier, Image(224, 224)).Parameters.Single(p => p.Name == "fc6.weight"));
        Says(weight.Shape.ElementCount.ToString("N0", CultureInfo.InvariantCulture));
        Says("4096×25088");
    }

    [Fact]
    public void One_pass_over_an_image_costs_a_fraction_of_its_windows()
    {
        NetGraph classifier = Catalogue.Build("alexnet", new NetOptions { Classes = 1000 });
        NetGraph heatmap = Convolutionalization.Apply(classifier, Image(227, 227), "scores");

        long windows = 100 * NetSummary.Of(classifier, new Shape(1, 3, 227, 227), "scores").MultiplyAdds;
        NetSummary pass = NetSummary.Of(heatmap, new Shape(1, 3, 500, 500), "scores");

        Assert.Equal(new Shape(1, 1000, 10, 10), pass.Layers[^1].Output);
        foreach (long cost in (long[])[windows, pass.MultiplyAdds])
        {
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"| {cost / 1e9:0.0} billion |"), Read(English), StringComparison.Ordinal);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"| {cost / 1e8:0} 亿 |"), Read(Chinese), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_heatmap_of_the_picture_costs_a_fraction_of_its_windows_too()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(WindowClassifier.Heatmap(WindowClassifier.Build()), device);

        long windows = 25 * 25 * WindowClassifier.Cost(network, WindowClassifier.Window);
        long pass = WindowClassifier.Cost(network, 2 * Scenes.Side);

        Says((windows / 1e6).ToString("N0", CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"{windows / 1e8:0} 亿次"));
        Says(string.Create(CultureInfo.InvariantCulture, $"{pass / 1e6:0} million"), string.Create(CultureInfo.InvariantCulture, $"{pass / 1e8:0.0} 亿次"));
    }

    [Fact]
    public void Bilinear_kernels_are_those_of_the_table()
    {
        // example:
        Tensor kernel = new(new Shape(1, 1, 4, 4));
        Initializer.Bilinear.Fill(kernel, seed: 0, stream: 0);
        // end

        Assert.Equal([0.0625f, 0.1875f, 0.1875f, 0.0625f, 0.1875f, 0.5625f, 0.5625f, 0.1875f], kernel.Span[..8].ToArray());
        foreach (int factor in (int[])[2, 8, 16, 32])
        {
            int size = 2 * factor;
            Tensor table = BilinearDrawing.Kernel(size);
            Says(string.Create(CultureInfo.InvariantCulture, $"| {factor} | {size} | {(double)table[0, 0, 0, 0]} | {(double)table[0, 0, factor, factor]} |"));
        }
    }

    private static float[] Upsample(IDevice device)
    {
        // example:
        GraphBuilder g = new("up");
        g.Output("y", g.ConvTranspose2d("up", g.Input("x", 1), channels: 1, ConvTranspose2dParameters.Square(3)));
        using Network net = new(g.Build(), device);
        net.Value(net.Graph.Parameters[0]).Write([1, 2, 3, 4, 5, 6, 7, 8, 9]);

        CompiledNet compiled = net.Compile(CompileTarget.Inference("y"), new Dictionary<string, Shape> { ["x"] = new Shape(1, 1, 2, 2) });
        using IExecution execution = compiled.Plan.Begin();
        execution.Write(compiled.Inputs["x"], [1f, 2, 3, 4]);
        execution.Run();
        float[] y = new float[4 * 4];
        execution.Read(compiled.Outputs["y"], y);
        // end

        return y;
    }

    [Fact]
    public void Two_by_two_becomes_four_by_four_in_four_ways()
    {
        using IDevice device = NetFixtures.Device("cpu");

        float[] y = Upsample(device);

        Assert.Equal([1, 4, 7, 6, 7, 23, 33, 24, 19, 53, 63, 42, 21, 52, 59, 36], y);
        Assert.Equal(y, TransposedDrawing.Output.Span.ToArray());
        Assert.Equal(y, TransposedDrawing.FullPadding.Span.ToArray());
        Assert.Equal(y, Calculation.Conv2dGradient(Conv2dParameters.Square(3), TransposedDrawing.Input, TransposedDrawing.Kernel, new Shape(1, 1, 4, 4)).Span.ToArray());
        Says(string.Join('\n', y.Chunk(4).Select(row => string.Join(' ', row.Select(v => v.ToString(CultureInfo.InvariantCulture).PadLeft(2))))));
    }

    [Fact]
    public void A_convolution_is_a_matrix_and_its_gradient_the_transpose()
    {
        float[][] c = MatrixDrawing.Matrix;
        float[] x = [.. Enumerable.Range(1, 16).Select(i => (float)i)];
        float[] y = [1, 2, 3, 4];

        float[] forward = [.. c.Select(row => Dot(row, x))];
        float[] backward = [.. Enumerable.Range(0, 16).Select(column => Dot([.. c.Select(row => row[column])], y))];

        Assert.Equal((4, 16), (c.Length, c[0].Length));
        Assert.Equal(forward, Calculation.Conv2d(Conv2dParameters.Square(3), Calculation.Plane(4, 4, x), TransposedDrawing.Kernel).Span.ToArray());
        Assert.Equal(backward, TransposedDrawing.Output.Span.ToArray());
        Assert.Equal(Dot(forward, y), Dot(x, backward));
        Says($"C x = ({string.Join(", ", forward.Select(v => v.ToString(CultureInfo.InvariantCulture)))})");
        Says(string.Create(CultureInfo.InvariantCulture, $"<C x, y> = {Dot(x, backward)} = <x, Cᵀ y>"));
    }

    [Fact]
    public void Stride_two_with_the_kernel_of_three_interpolates()
    {
        Tensor output = StrideDrawing.Output;

        Assert.Equal(new Shape(1, 1, 5, 5), output.Shape);
        Assert.Equal([1, 1.5f, 2, 2, 2.5f, 3, 3, 3.5f, 4], Enumerable.Range(0, 9).Select(i => output[0, 0, 1 + i / 3, 1 + i % 3]));
        Says("1, 1.5, 2", "1、1.5、2");
    }

    [Fact]
    public void Grids_and_crops_are_those_of_the_table()
    {
        NetGraph graph = GridsDrawing.Net(BorderPadding.Reference);
        foreach (string layer in (string[])["pool3", "pool4", "score_fr"])
        {
            PixelGrid grid = GridsDrawing.Grid(graph, layer);
            Says(string.Create(CultureInfo.InvariantCulture, $"| {layer} | {grid.Centre} | {grid.Stride} |"));
        }

        foreach (string layer in (string[])["upscore2", "upscore_pool4", "upscore8"])
        {
            PixelGrid grid = GridsDrawing.Grid(graph, layer);
            Says(string.Create(CultureInfo.InvariantCulture, $" | {grid.Centre} | {grid.Stride} |"));
        }

        Assert.Equal([5, 9, 31], graph.Nodes.Select(n => n.Layer).OfType<CropLayer>().Select(l => l.OffsetY));
        Assert.Equal(15.5, GridsDrawing.Grid(GridsDrawing.Net(BorderPadding.Tight), "score_fr").Centre);
    }

    [Fact]
    public void Reference_padding_computes_a_border_that_tight_padding_does_not()
    {
        long[] costs = [.. ((BorderPadding[])[BorderPadding.Reference, BorderPadding.Tight]).Select(p => NetSummary.Of(GridsDrawing.Net(p), new Shape(1, 3, 500, 500), "scores").MultiplyAdds)];

        string share = (100.0 * (costs[0] - costs[1]) / costs[0]).ToString("0", CultureInfo.InvariantCulture);

        Says($"{share} per cent are for the border", $"{share}% 的乘加花在边框上");
    }

    [Fact]
    public void Without_a_border_fc6_needs_more_than_192_pixels()
    {
        NetGraph heatmap = Convolutionalization.Apply(Catalogue.Build("vgg16", new NetOptions { Classes = 10 }), Image(224, 224), "scores");

        Assert.Equal(new Shape(1, 10, 1, 1), ShapeInference.Of(heatmap, Image(193, 193), "scores")[heatmap.Outputs["scores"].Node!][0]);
        Assert.Throws<FcnSharpException>(() => ShapeInference.Of(heatmap, Image(192, 192), "scores"));
        Says("192");
    }

    [Fact]
    public void Receptive_fields_are_those_of_the_tables()
    {
        // example:
        NetSummary summary = NetSummary.Of(Catalogue.Build("fcn32s-vgg16", new NetOptions { Classes = 21 }), new Shape(1, 3, 500, 500), "scores");
        (double stride, double field) = (summary.Stride!.Value, summary.ReceptiveField!.Value);
        // end

        Assert.Equal((32, 404), (stride, field));
        LayerSummary[] layers = [.. ((string[])["pool1", "pool2", "pool3", "pool4", "pool5", "fc6"]).Select(name => summary.Layers.Single(l => l.Name == name))];
        Says($" | {string.Join(" | ", layers.Select(l => l.Stride!.Value.ToString(CultureInfo.InvariantCulture)))} |");
        Says($" | {string.Join(" | ", layers.Select(l => l.ReceptiveField!.Value.ToString(CultureInfo.InvariantCulture)))} |");
        Assert.Equal([355, 404, 715], ((string[])["fcn32s-alexnet", "fcn32s-vgg16", "fcn32s-googlenet"]).Select(FieldsDrawing.Field));
        Assert.Equal(907, FieldsDrawing.Field("fcn32s-googlenet") + 6 * 32);
        Says("907");
    }

    [Theory]
    [InlineData("VGG16", "fcn32s-vgg16")]
    [InlineData("AlexNet", "fcn32s-alexnet")]
    [InlineData("GoogLeNet", "fcn32s-googlenet")]
    public void Fields_at_each_stride_are_those_of_the_table(string trunk, string net)
    {
        NetSummary summary = NetSummary.Of(Catalogue.Build(net, new NetOptions { Classes = 21 }), new Shape(1, 3, 500, 500), "scores");

        // Up to the upsampling, which has a stride of 1 again.
        ILookup<double, double> fields = summary.Layers.TakeWhile(l => l.Kind != "ConvTranspose2d").ToLookup(l => l.Stride!.Value, l => l.ReceptiveField!.Value);
        Says($"| {trunk} |{string.Concat(((double[])[1, 2, 4, 8, 16, 32]).Select(s => fields[s].Any() ? string.Create(CultureInfo.InvariantCulture, $" {fields[s].Max()} |") : " |"))}");
    }

    [Fact]
    public void The_four_metrics_of_sixteen_pixels()
    {
        (LabelMap truth, LabelMap prediction) = (MetricsDrawing.Truth, MetricsDrawing.Prediction);

        // example:
        ConfusionMatrix counts = new(classes: 3);
        counts.Add(truth, prediction, ignoreIndex: 255);
        SegmentationMetrics metrics = SegmentationMetrics.From(counts);
        // end

        Assert.Equal(15, counts.Total);
        Assert.Equal(13 / 15.0, metrics.PixelAccuracy, 12);
        Assert.Equal((1 + 5 / 6.0 + 3 / 4.0) / 3, metrics.MeanAccuracy, 12);
        Assert.Equal((5 / 6.0 + 5 / 7.0 + 3 / 4.0) / 3, metrics.MeanIoU, 12);
        Assert.Equal((5 * 5 / 6.0 + 6 * 5 / 7.0 + 4 * 3 / 4.0) / 15, metrics.FrequencyWeightedIoU, 12);
    }

    [Fact]
    public void A_rate_for_sums_is_a_rate_for_means_times_the_pixels()
    {
        long pixels = 500 * 375;

        Says(pixels.ToString("N0", CultureInfo.InvariantCulture));
        Says((1e-10 * pixels).ToString("0.0e-0", CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Measured_figures_are_those_of_the_results()
    {
        string results = Read("docs/results.md");
        string[] runs = [.. ((string[])["32s", "16s", "**8s**"]).Select(run => Regex.Match(results, $@"^\| {Regex.Escape(run)} \|[^|]*\|[^|]*\| \**([\d.]+)", RegexOptions.Multiline).Groups[1].Value)];
        Match bounds = Regex.Match(results, @"^\| CamVid val, nearest \|[^|]*\|[^|]*\|(.*)$", RegexOptions.Multiline);

        Says($"| {string.Join(" | ", runs)} |");
        Says($" |{bounds.Groups[1].Value}");
        Says("67.4");
        Assert.Contains("| 67.4 |", results, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void What_the_pages_point_to_is_there(string page)
    {
        string[] targets = [.. Link().Matches(Read(page)).Select(m => m.Groups[1].Value).Where(t => !t.Contains("://", StringComparison.Ordinal))];

        Assert.All(targets, target => Assert.True(Path.Exists(Path.Combine(SharedData.RepositoryRoot, "docs", target)), $"{page} points to {target}, which is not there"));
        string[] pictures = [.. Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, "docs", "images", "explained")).Select(f => "images/explained/" + Path.GetFileName(f))];
        Assert.Equal(pictures.Order(StringComparer.Ordinal), targets.Where(t => t.StartsWith("images/", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal));
    }

    private static Tensor Scores(NetGraph graph, IDevice device, Tensor image)
    {
        using var network = new Network(graph, device);
        NetFixtures.Randomize(network);
        return NetFixtures.Forward(network, "scores", ("image", image));
    }

    private static Dictionary<string, Shape> Image(int height, int width) => new() { ["image"] = new(1, 3, height, width) };

    private static float Dot(float[] a, float[] b) => a.Zip(b).Sum(p => p.First * p.Second);

    /// <summary>Asserts that both pages say something.</summary>
    private static void Says(string text) => Assert.All((string[])[English, Chinese], page => Assert.Contains(text, Read(page), StringComparison.Ordinal));

    /// <summary>Asserts that each page says it in its own words.</summary>
    private static void Says(string english, string chinese)
    {
        Assert.Contains(english, Read(English), StringComparison.Ordinal);
        Assert.Contains(chinese, Read(Chinese), StringComparison.Ordinal);
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, path)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"\]\(([^)#]+)")]
    private static partial Regex Link();
}
