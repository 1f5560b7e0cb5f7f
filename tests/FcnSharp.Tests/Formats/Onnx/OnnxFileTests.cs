using System.Runtime.InteropServices;
using FcnSharp.Formats;
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
        using var exported = new ExportedNet(name, BorderPadding.Tight, new OnnxOptions());
        (int Height, int Width)[] sizes = Catalogue.Get(name).Kind == NetKind.Classifier ? [(exported.UsualSize, exported.UsualSize)] : Sizes;
        await Compare(exported, sizes, Tolerance);
    }

    [Theory]
    [InlineData("fcn8s-vgg16")]
    [InlineData("fcn32s-alexnet")]
    [InlineData("fcn8s-googlenet")]
    [InlineData("fcn8s-squeezenet1.1")]
    public async Task So_do_nets_with_the_border_of_the_reference(string name)
    {
        using var exported = new ExportedNet(name, BorderPadding.Reference, new OnnxOptions());
        await Compare(exported, Sizes, Tolerance);
    }

    [Fact]
    public async Task Every_size_modulo_the_largest_stride_gives_our_scores()
    {
        using var exported = new ExportedNet("fcn4s-googlenet", BorderPadding.Tight, new OnnxOptions { Opset = 17 });
        await Compare(exported, [.. Enumerable.Range(0, 32).Select(i => (48 + i, 48 + (13 * i + 5) % 32))], Tolerance);
    }

    [Theory]
    [InlineData("fcn8s-squeezenet1.1")]
    [InlineData("fcn4s-googlenet")]
    public async Task Half_precision_stays_near_and_halves_the_file(string name)
    {
        using var whole = new ExportedNet(name, BorderPadding.Tight, new OnnxOptions());
        using var half = new ExportedNet(name, BorderPadding.Tight, new OnnxOptions { Half = true });
        Assert.InRange(new FileInfo(half.Path).Length, 0.49 * new FileInfo(whole.Path).Length, 0.52 * new FileInfo(whole.Path).Length);
        await Compare(half, Sizes, HalfTolerance);
    }

    [Fact]
    public async Task Images_as_bytes_give_the_classes_of_the_segmenter()
    {
        using var exported = new ExportedNet("fcn8s-googlenet", BorderPadding.Tight, new OnnxOptions { ArgMax = true, Preprocessing = true });
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
        using var exported = new ExportedNet("lenet", BorderPadding.Tight, new OnnxOptions());
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

    private static async Task Compare(ExportedNet exported, IReadOnlyList<(int Height, int Width)> sizes, double tolerance)
    {
        int channels = exported.Network.Graph.Inputs.Single(i => i.Name == "image").Channels;
        Shape[] shapes = [.. sizes.Select((s, i) => new Shape(i == 0 ? 2 : 1, channels, s.Height, s.Width))];
        Tensor[] images = [.. shapes.Select((s, i) => NetFixtures.Random(s, FormattableString.Invariant($"image {i}")))];
        var outputs = await OnnxRuntime.RunAsync(
            exported.Path, [.. images.Select(i => (Enumerable.Range(0, 4).Select(d => (long)i.Shape[d]).ToArray(), i.Span.ToArray()))], TestContext.Current.CancellationToken);
        for (int i = 0; i < images.Length; i++)
        {
            Tensor ours = NetFixtures.Forward(exported.Network, "scores", ("image", images[i]));
            float[] theirs = MemoryMarshal.Cast<byte, float>(outputs[i].Data).ToArray();
            Assert.Equal([ours.Shape.N, ours.Shape.C, ours.Shape.H, ours.Shape.W], outputs[i].Shape);
            double largest = ours.Span.ToArray().Max(Math.Abs);
            Assert.True(largest > 0);
            for (int j = 0; j < theirs.Length; j++)
            {
                Assert.True(Math.Abs(theirs[j] - ours.Span[j]) <= tolerance * largest, $"{shapes[i]}: score {j} is {theirs[j]}, ours {ours.Span[j]}, the largest {largest}");
            }

            AssertClasses(ours, theirs, tolerance * largest);
        }

        await Python.RunAsync([System.IO.Path.Combine(SharedData.RepositoryRoot, "tests", "FcnSharp.Tests", "Formats", "Onnx", "check_onnx.py"), exported.Path], "onnx", TestContext.Current.CancellationToken);
    }

    /// <summary>The class of a pixel may differ only where our two scores lie within what both may be off.</summary>
    private static void AssertClasses(Tensor ours, float[] theirs, double bound)
    {
        Shape s = ours.Shape;
        int plane = s.H * s.W;
        for (int at = 0; at < s.N * plane; at++)
        {
            int first = at / plane * s.C * plane + at % plane;
            int our = Enumerable.Range(0, s.C).MaxBy(c => ours.Span[first + c * plane]);
            int their = Enumerable.Range(0, s.C).MaxBy(c => theirs[first + c * plane]);
            Assert.True(our == their || ours.Span[first + our * plane] - ours.Span[first + their * plane] <= 2 * bound);
        }
    }

    private sealed class ExportedNet : IDisposable
    {
        private readonly TempFolder _folder = new();
        private readonly IDevice _device = NetFixtures.Device("cpu");

        public ExportedNet(string name, BorderPadding padding, OnnxOptions options)
        {
            int narrowing = name.Contains("vgg16", StringComparison.Ordinal) || name.Contains("alexnet", StringComparison.Ordinal) ? Narrowing : 1;
            NetGraph graph = Catalogue.Build(name, new NetOptions { Classes = Classes, Padding = padding, Narrowing = narrowing });
            Network = new Network(graph, _device);
            NetFixtures.Randomize(Network);
            Weights = new Dictionary<string, Tensor>(Network.Save());
            Description = new ModelDescription(
                new ModelArchitecture(name, new Dictionary<string, string>()),
                [.. Enumerable.Range(0, Classes).Select(i => new ClassInfo($"class {i}", (byte)i, 0, 0))],
                Catalogue.Get(name).Preprocessing ?? new Preprocessing(ChannelOrder.Rgb, [0, 0, 0]));
            UsualSize = Catalogue.Get(name).Size;
            Path = _folder["net.onnx"];
            Save(Path, options);
        }

        public Network Network { get; }

        public Dictionary<string, Tensor> Weights { get; }

        public ModelDescription Description { get; }

        public int UsualSize { get; }

        public string Path { get; }

        public void Save(string path, OnnxOptions options) => OnnxFile.Save(path, Network.Graph, Weights, Description, options);

        public void Dispose()
        {
            Network.Dispose();
            _device.Dispose();
            _folder.Dispose();
        }
    }
}
