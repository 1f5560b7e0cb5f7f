using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using Xunit;

namespace FcnSharp.Tests.Inference;

public class SegmenterTests
{
    [Fact]
    public void A_saved_model_segments_as_the_net_in_memory()
    {
        using var folder = new TempFolder();
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        ModelFile.Save(folder["m.safetensors"], MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        using Segmenter loaded = Segmenter.Load(folder["m.safetensors"], device);
        using var direct = new Segmenter(network, MiniNet.Description);
        RgbImage image = SyntheticScenes.Generate(61, 47, 1, 0).Image;
        LabelMap expected = direct.Segment(image, cancellation: TestContext.Current.CancellationToken).Map;
        Assert.Equal(expected.Labels, loaded.Segment(image, cancellation: TestContext.Current.CancellationToken).Map.Labels);
        Assert.True(expected.Labels.Distinct().Count() > 1, "the test needs a net that sees more than one class");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 70)]
    [InlineData(33, 2)]
    public void Any_size_gives_a_class_for_each_pixel(int width, int height)
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        using var segmenter = new Segmenter(network, MiniNet.Description);
        LabelMap labels = segmenter.Segment(new RgbImage(width, height), cancellation: TestContext.Current.CancellationToken).Map;
        Assert.Equal((width, height), (labels.Width, labels.Height));
        Assert.All(labels.Labels, l => Assert.InRange(l, 0, 5));
    }

    [Theory]
    [InlineData(16, 17)]
    [InlineData(61, 47)]
    public void Confidence_comes_with_the_same_classes(int width, int height)
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        using var segmenter = new Segmenter(network, MiniNet.Description);
        RgbImage image = SyntheticScenes.Generate(width, height, 1, 0).Image;

        Segmentation result = segmenter.Segment(image, new() { Confidence = true }, TestContext.Current.CancellationToken);
        float[] confidence = result.Confidence.ToArray();

        Assert.Equal(segmenter.Segment(image, cancellation: TestContext.Current.CancellationToken).Map.Labels, result.Map.Labels);
        Assert.Equal(width * height, confidence.Length);
        Assert.All(confidence, c => Assert.InRange(c, 1f / MiniNet.Description.Classes.Count - 1e-6f, 1));
        Assert.True(confidence.Distinct().Count() > 20, "the test needs a net that is more sure of some pixels than of others");
    }

    [Fact]
    public void Files_streams_and_bytes_give_what_their_picture_gives()
    {
        using var folder = new TempFolder();
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        using var segmenter = new Segmenter(network, MiniNet.Description, new() { Confidence = true, Reader = ImageReader.Default.WithMaxPixels(3000) });
        RgbImage image = SyntheticScenes.Generate(61, 47, 1, 0).Image;
        PngFile.WriteRgb(folder["a.png"], image);
        byte[] bytes = File.ReadAllBytes(folder["a.png"]);
        using FileStream stream = File.OpenRead(folder["a.png"]);

        Segmentation expected = segmenter.Segment(image, cancellation: TestContext.Current.CancellationToken);
        Segmentation[] found =
        [
            segmenter.Segment(folder["a.png"], cancellation: TestContext.Current.CancellationToken),
            segmenter.Segment(stream, cancellation: TestContext.Current.CancellationToken),
            segmenter.Segment(bytes, cancellation: TestContext.Current.CancellationToken),
        ];

        Assert.All(found, result => Assert.Equal(expected.Map.Labels, result.Map.Labels));
        Assert.All(found, result => Assert.Equal(expected.Confidence.ToArray(), result.Confidence.ToArray()));
        byte[] large = PngFile.EncodeRgb(new RgbImage(55, 55));
        Assert.Contains("the limit is 3000", Assert.Throws<FcnSharpException>(() => segmenter.Segment(large, cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_segmenter_without_a_device_has_one_of_its_own()
    {
        using var folder = new TempFolder();
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        ModelFile.Save(folder["m.safetensors"], MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        RgbImage image = SyntheticScenes.Generate(61, 47, 1, 0).Image;
        using Segmenter given = Segmenter.Load(folder["m.safetensors"], device);
        using Segmenter own = Segmenter.Load(folder["m.safetensors"]);
        Assert.Equal(given.Segment(image, cancellation: TestContext.Current.CancellationToken).Map.Labels, own.Segment(image, cancellation: TestContext.Current.CancellationToken).Map.Labels);
    }

    [Fact]
    public void Confidence_costs_nothing_when_it_is_not_asked_for()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);

        CompiledNet net = network.Compile(CompileTarget.Inference("classes"), new Dictionary<string, Shape> { ["image"] = new(1, 3, 32, 32) });

        Assert.DoesNotContain(net.Program.Operations, o => o is FcnSharp.Tensors.Programs.ClassifyPixelsForward);
    }

    [Fact]
    public void Calls_from_several_threads_at_once_give_the_same_answers()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        using var segmenter = new Segmenter(network, MiniNet.Description);
        RgbImage[] images = [.. Enumerable.Range(0, 12).Select(i => SyntheticScenes.Generate(40 + i, 50, 2, i).Image)];
        LabelMap[] alone = [.. images.Select(i => segmenter.Segment(i, cancellation: TestContext.Current.CancellationToken).Map)];
        Parallel.For(0, 48, i => Assert.Equal(alone[i % 12].Labels, segmenter.Segment(images[i % 12]).Map.Labels));
    }

    [Fact]
    public void A_model_whose_classes_do_not_fit_its_net_is_refused()
    {
        using var folder = new TempFolder();
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        ModelDescription wrong = MiniNet.Description with { Classes = [.. SceneClasses.All.Take(5)] };
        ModelFile.Save(folder["m.safetensors"], wrong, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        var e = Assert.Throws<FcnSharpException>(() => Segmenter.Load(folder["m.safetensors"], device));
        Assert.Contains("m.safetensors", e.Message, StringComparison.Ordinal);
        Assert.Contains("6 classes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_weights_give_no_classes()
    {
        using var folder = new TempFolder();
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        ModelFile.Save(folder["m.safetensors"], MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        byte[] bytes = File.ReadAllBytes(folder["m.safetensors"]);
        bytes[^5] ^= 1;
        File.WriteAllBytes(folder["m.safetensors"], bytes);

        using (Segmenter unused = Segmenter.Load(folder["m.safetensors"], device))
        {
            Assert.Equal(6, unused.Description.Classes.Count);
        }

        using Segmenter damaged = Segmenter.Load(folder["m.safetensors"], device);
        foreach (int attempt in (int[])[1, 2])
        {
            var e = Assert.Throws<FcnSharpException>(() => damaged.Segment(new RgbImage(16, 16 * attempt), cancellation: TestContext.Current.CancellationToken));
            Assert.Contains("do not match their hash", e.Message, StringComparison.Ordinal);
            Assert.Throws<FcnSharpException>(() => damaged.Segment(new RgbImage(16, 16), new() { Confidence = true }, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void A_file_that_is_cut_short_under_us_is_an_error_and_no_crash()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows refuses to cut a file that is open for reading.");
        }

        using var folder = new TempFolder();
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        ModelFile.Save(folder["m.safetensors"], MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        using Segmenter cut = Segmenter.Load(folder["m.safetensors"], device);
        using (FileStream file = new(folder["m.safetensors"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            file.SetLength(file.Length / 4);
        }

        // Each weight is read by itself, beside the check of all: whichever comes first tells.
        var e = Assert.Throws<FcnSharpException>(() => cut.Segment(new RgbImage(40, 40), cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("was cut short while it was read", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_needs_too_much_memory_is_refused_with_what_to_reduce()
    {
        using var device = new CpuDevice(memoryBudget: 20_000_000);
        using Network network = MiniNet.Create(device);
        using var segmenter = new Segmenter(network, MiniNet.Description);
        var e = Assert.Throws<FcnSharpException>(() => segmenter.Segment(new RgbImage(2000, 2000), cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("20.0 MB are available", e.Message, StringComparison.Ordinal);
        Assert.Contains("reduce the image size", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encoding_subtracts_the_mean_scales_orders_channels_and_mirrors()
    {
        var image = new RgbImage(2, 1, [10, 20, 30, 40, 50, 60]);
        var planes = new float[6];
        InputEncoder.Encode(image, new Preprocessing(ChannelOrder.Rgb, [1, 2, 3], [1, 10, 100]), planes);
        Assert.Equal([9, 39, 180, 480, 2700, 5700], planes);
        InputEncoder.Encode(image, new Preprocessing(ChannelOrder.Bgr, [1, 2, 3]), planes, mirror: true);
        Assert.Equal([59, 29, 48, 18, 37, 7], planes);
    }
}
