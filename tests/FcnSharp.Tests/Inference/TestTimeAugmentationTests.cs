using FcnSharp.Data;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Inference.Tiling;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Inference;

public sealed class TestTimeAugmentationTests : IDisposable
{
    private readonly CpuDevice _device = new();
    private readonly Network _network;
    private readonly Segmenter _segmenter;
    private readonly RgbImage _image = SyntheticScenes.Generate(61, 47, 1, 0).Image;

    public TestTimeAugmentationTests()
    {
        _network = MiniNet.CreateSeeing(_device);
        _segmenter = new Segmenter(_network, MiniNet.Description, new() { Confidence = true });
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _segmenter.Dispose();
        _network.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void One_pass_is_the_net_alone()
    {
        Segmentation alone = _segmenter.Segment(_image, cancellation: Stop);
        Segmentation found = _segmenter.Segment(_image, Options(new() { Mirror = false }), Stop);
        Assert.Equal(alone.Map.Labels, found.Map.Labels);
        Assert.All(alone.Confidence.ToArray().Zip(found.Confidence.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void Probabilities_are_averaged_over_the_image_and_its_mirror_image()
    {
        int classes = MiniNet.Description.Classes.Count;
        float[] straight = Probabilities(_image);
        float[] mirrored = Probabilities(Mirrored(_image));

        Segmentation found = _segmenter.Segment(_image, Options(new()), Stop);

        for (int y = 0; y < 47; y++)
        {
            for (int x = 0; x < 61; x++)
            {
                float[] mean = [.. Enumerable.Range(0, classes).Select(c => (straight[(((c * 47) + y) * 61) + x] + mirrored[(((c * 47) + y) * 61) + 60 - x]) / 2)];
                Assert.Equal(mean.Max(), found.Confidence.Span[(y * 61) + x], 1e-6f);
                Assert.Equal(Array.IndexOf(mean, mean.Max()), found.Map.Row(y)[x]);
            }
        }

        Assert.NotEqual(_segmenter.Segment(_image, cancellation: Stop).Map.Labels, found.Map.Labels);
    }

    [Fact]
    public void A_mirrored_image_gives_the_mirrored_classes()
    {
        LabelMap straight = _segmenter.Segment(_image, Options(new() { Scales = [0.75, 1.25] }), Stop).Map;
        LabelMap mirrored = _segmenter.Segment(Mirrored(_image), Options(new() { Scales = [0.75, 1.25] }), Stop).Map;

        // The kernel sums in another order, so ties may fall the other way.
        int different = Enumerable.Range(0, straight.Labels.Length).Count(i => straight.Labels[i] != mirrored.Row(i / 61)[60 - (i % 61)]);
        Assert.InRange(different, 0, 5);
    }

    [Fact]
    public void Scales_are_averaged_at_the_images_own_size()
    {
        Segmentation found = _segmenter.Segment(_image, Options(new() { Mirror = false, Scales = [0.5, 2] }), Stop);
        foreach (ClassArea area in found.Areas())
        {
            float[] mean = new float[61 * 47];
            foreach (double scale in (double[])[0.5, 2])
            {
                RgbImage scaled = Resize.Image(_image, (int)Math.Round(61 * scale), (int)Math.Round(47 * scale));
                int plane = scaled.Width * scaled.Height;
                float[] probabilities = Probabilities(scaled)[(area.Index * plane)..((area.Index + 1) * plane)];
                for (int i = 0; i < mean.Length; i++)
                {
                    mean[i] += At(probabilities, scaled.Width, scaled.Height, i % 61, i / 61) / 2;
                }
            }

            for (int i = 0; i < mean.Length; i++)
            {
                float winner = found.Confidence.Span[i];
                Assert.Equal(winner, found.Map.Labels[i] == area.Index ? mean[i] : Math.Max(winner, mean[i]), 1e-5f);
            }
        }

        Assert.True(found.Areas().Count > 1);
    }

    [Fact]
    public void The_segmenters_options_hold_for_all_calls_and_confidence_only_where_it_is_wanted()
    {
        using Segmenter careful = new(_network, MiniNet.Description, new() { TestTimeAugmentation = new() { Scales = [1, 1.5] } });
        Segmentation found = careful.Segment(_image, cancellation: Stop);
        Assert.False(found.HasConfidence);
        Assert.Equal(_segmenter.Segment(_image, Options(new() { Scales = [1, 1.5] }), Stop).Map.Labels, found.Map.Labels);
        Assert.Equal(found.Map.Labels, careful.Segment([_image, _image], cancellation: Stop)[1].Map.Labels);
    }

    [Fact]
    public void Any_size_works()
    {
        foreach ((int width, int height) in ((int, int)[])[(1, 1), (1, 9), (30, 2)])
        {
            Segmentation found = _segmenter.Segment(new RgbImage(width, height), Options(new() { Scales = [0.1, 1, 3] }), Stop);
            Assert.All(found.Confidence.ToArray(), c => Assert.InRange(c, 1f / 6 - 1e-5f, 1 + 1e-5f));
        }
    }

    [Fact]
    public void What_cannot_be_is_refused_in_one_line()
    {
        foreach (double[] scales in (double[][])[[], [0], [1, double.NaN], [-1], [1e9]])
        {
            string message = Assert.Throws<FcnSharpException>(() => _segmenter.Segment(_image, Options(new() { Scales = scales }), Stop)).Message;
            Assert.StartsWith("Test-time augmentation needs scales from 0.1 to 4, found ", message, StringComparison.Ordinal);
        }

        Assert.Contains("not both", Assert.Throws<FcnSharpException>(() => _segmenter.Segment(_image, Options(new()) with { Tiles = new TileOptions() }, Stop)).Message, StringComparison.Ordinal);

        using CpuDevice small = new(memoryBudget: 3_000_000);
        using Network network = MiniNet.Create(small);
        using Segmenter poor = new(network, MiniNet.Description);
        Assert.Contains("MiB are available", Assert.Throws<FcnSharpException>(() => poor.Segment(new RgbImage(300, 300), Options(new()), Stop)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tiles_are_an_option_too()
    {
        RgbImage image = SyntheticScenes.Generate(500, 300, 1, 0).Image;
        Segmentation whole = _segmenter.Segment(image, cancellation: Stop);
        Segmentation tiled = _segmenter.Segment(image, new() { Confidence = true, Tiles = new() { MemoryBudget = 30_000_000 } }, Stop);
        Assert.InRange(whole.Map.Labels.Zip(tiled.Map.Labels).Count(pair => pair.First != pair.Second), 0, 3);
        Assert.All(whole.Confidence.ToArray().Zip(tiled.Confidence.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
        Assert.False(_segmenter.Segment(image, new() { Tiles = new() }, Stop).HasConfidence);
    }

    private static SegmentOptions Options(TestTimeAugmentation passes) => new() { Confidence = true, TestTimeAugmentation = passes };

    private float[] Probabilities(RgbImage image) => new SegmentationNet(_network, MiniNet.Description.Preprocessing, null).Probabilities(image, mirror: false, Stop).Span.ToArray();

    /// <summary>By the weights of all pixels, most of which are 0, and not by finding the neighbours.</summary>
    private static float At(float[] plane, int width, int height, int x, int y)
    {
        double column = Math.Clamp(((x + 0.5) * width / 61) - 0.5, 0, width - 1);
        double row = Math.Clamp(((y + 0.5) * height / 47) - 0.5, 0, height - 1);
        double sum = 0;
        for (int j = 0; j < height; j++)
        {
            for (int i = 0; i < width; i++)
            {
                sum += Math.Max(0, 1 - Math.Abs(column - i)) * Math.Max(0, 1 - Math.Abs(row - j)) * plane[(j * width) + i];
            }
        }

        return (float)sum;
    }

    private static RgbImage Mirrored(RgbImage image)
    {
        RgbImage mirrored = new(image.Width, image.Height);
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                image.Row(y).Slice(3 * x, 3).CopyTo(mirrored.Row(y)[(3 * (image.Width - 1 - x))..]);
            }
        }

        return mirrored;
    }
}
