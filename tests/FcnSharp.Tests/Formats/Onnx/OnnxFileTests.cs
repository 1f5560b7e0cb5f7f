using FcnSharp.Formats.Onnx;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Onnx;

/// <summary>Exported nets, checked by ONNX's checker and computed by ONNX Runtime, against ours.</summary>
public sealed class OnnxFileTests
{
    private const int Classes = 5;

    /// <summary>Of the largest score.</summary>
    private const double Tolerance = 1e-4;

    /// <summary>16-bit floats have a precision of 5e-4, and a net rounds at each of its layers.</summary>
    private const double HalfTolerance = 3e-2;

    /// <summary>VGG16 and AlexNet, whose weights are hundreds of megabytes, with fewer channels.</summary>
    private const int Narrowing = 16;

    private static readonly (int Height, int Width)[] Sizes = [(64, 96), (75, 53), (33, 47)];

    public static TheoryData<string> Nets => [.. Catalogue.Names];

    [Theory]
    [MemberData(nameof(Nets))]
    public async Task Every_net_of_the_catalogue_gives_our_scores_on_three_sizes(string name)
    {
        using ExportedNet exported = Export(name, BorderPadding.Tight, new OnnxOptions());
        NetEntry entry = Catalogue.Get(name);
        await exported.CompareAsync(entry.Kind == NetKind.Classifier ? [(entry.Size, entry.Size)] : Sizes, Tolerance);
    }

    [Theory]
    [InlineData("fcn8s-vgg16")]
    [InlineData("fcn32s-alexnet")]
    [InlineData("fcn8s-googlenet")]
    [InlineData("fcn8s-squeezenet1.1")]
    public async Task So_do_nets_with_the_border_of_the_reference(string name)
    {
        using ExportedNet exported = Export(name, BorderPadding.Reference, new OnnxOptions());
        await exported.CompareAsync(Sizes, Tolerance);
    }

    [Fact]
    public async Task Every_size_modulo_the_largest_stride_gives_our_scores()
    {
        using ExportedNet exported = Export("fcn4s-googlenet", BorderPadding.Tight, new OnnxOptions { Opset = 17 });
        await exported.CompareAsync([.. Enumerable.Range(0, 32).Select(i => (48 + i, 48 + (13 * i + 5) % 32))], Tolerance);
    }

    [Theory]
    [InlineData("fcn8s-squeezenet1.1")]
    [InlineData("fcn4s-googlenet")]
    public async Task Half_precision_stays_near_and_halves_the_file(string name)
    {
        using ExportedNet whole = Export(name, BorderPadding.Tight, new OnnxOptions());
        using ExportedNet half = Export(name, BorderPadding.Tight, new OnnxOptions { Half = true });
        Assert.InRange(new FileInfo(half.Path).Length, 0.49 * new FileInfo(whole.Path).Length, 0.52 * new FileInfo(whole.Path).Length);
        await half.CompareAsync(Sizes, HalfTolerance);
    }

    [Fact]
    public async Task Images_as_bytes_give_the_classes_of_the_segmenter()
    {
        using ExportedNet exported = Export("fcn8s-googlenet", BorderPadding.Tight, new OnnxOptions { ArgMax = true, Preprocessing = true });
        RgbImage image = TestImages.Scene(61, 45).Image;

        (long[] shape, byte[] classes) = (await OnnxRuntime.RunAsync(exported.Path, [([1, 45, 61, 3], image.Pixels)], TestContext.Current.CancellationToken))[0];

        Assert.Equal([1L, 45, 61], shape);
        using var segmenter = new Segmenter(exported.Network, exported.Description);
        LabelMap ours = segmenter.Segment(image, cancellation: TestContext.Current.CancellationToken).Map;
        Assert.True(ours.Labels.Distinct().Count() > 1);
        int different = classes.Where((c, i) => c != ours.Labels[i]).Count();
        Assert.True(different <= 2, $"{different} of {classes.Length} pixels differ.");
    }

    [Fact]
    public void Bad_requests_are_told_in_a_line_and_leave_no_file()
    {
        using TempFolder folder = new();
        using ExportedNet exported = Export("lenet", BorderPadding.Tight, new OnnxOptions());
        string path = folder["x.onnx"];
        FcnSharpException opset = Assert.Throws<FcnSharpException>(() => exported.Save(path, new OnnxOptions { Opset = 12 }));
        Assert.Equal("The opset must be from 13 to 21, found 12.", opset.Message);
        FcnSharpException grey = Assert.Throws<FcnSharpException>(() => exported.Save(path, new OnnxOptions { Preprocessing = true }));
        Assert.Contains("1 channels", grey.Message, StringComparison.Ordinal);
        exported.Weights["conv1.weight"].Span[3] = 1e6f;
        FcnSharpException large = Assert.Throws<FcnSharpException>(() => exported.Save(path, new OnnxOptions { Half = true }));
        Assert.Contains("conv1.weight", large.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    private static ExportedNet Export(string name, BorderPadding padding, OnnxOptions options)
    {
        int narrowing = name.Contains("vgg16", StringComparison.Ordinal) || name.Contains("alexnet", StringComparison.Ordinal) ? Narrowing : 1;
        return new ExportedNet(Catalogue.Build(name, new NetOptions { Classes = Classes, Padding = padding, Narrowing = narrowing }), options, Catalogue.Get(name).Preprocessing);
    }
}
