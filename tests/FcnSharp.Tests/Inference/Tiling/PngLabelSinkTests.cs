using FcnSharp.Data;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Inference.Tiling;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Inference.Tiling;

public sealed class PngLabelSinkTests : IDisposable
{
    private static readonly Palette Colors = new([10, 20, 30, 200, 100, 0, 0, 0, 255, 90, 90, 90]);
    private readonly TempFolder _folder = new();

    private string[] Files => [.. Directory.EnumerateFiles(_folder.Root, "*", new EnumerationOptions { AttributesToSkip = 0 })];

    private PngOutputs All => new(_folder["a.png"], _folder["a.overlay.png"], _folder["a.confidence.png"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(17)]
    public void Rows_make_the_files_that_whole_results_make(int rows)
    {
        (RgbImage image, LabelMap labels, float[] confidence) = Result(23, 17);
        using (PngLabelSink sink = new(All, new RgbImageSource(image), Colors, overlayOpacity: 0.3))
        {
            Assert.True(sink.WantsConfidence);
            for (int y = 0; y < 17; y += rows)
            {
                int count = Math.Min(rows, 17 - y);
                sink.WriteRows(y, count, labels.Labels.AsSpan(23 * y, 23 * count), confidence.AsSpan(23 * y, 23 * count));
            }

            sink.Commit();
        }

        Assert.Equal(PngFile.EncodeLabels(labels, Colors), File.ReadAllBytes(_folder["a.png"]));
        Assert.Equal(Overlay.Blend(image, labels, Colors, 0.3).Pixels, PngFile.ReadRgb(_folder["a.overlay.png"]).Pixels);
        Assert.Equal(confidence.Select(p => (ushort)MathF.Round(p * 65535)), PngFile.ReadLabels(_folder["a.confidence.png"]).Labels);
        Assert.Equal(3, Files.Length);
    }

    [Fact]
    public void What_is_not_asked_for_is_not_written()
    {
        (RgbImage image, LabelMap labels, _) = Result(5, 3);
        using PngLabelSink sink = new(new(_folder["a.png"]), new RgbImageSource(image), Colors);
        Assert.False(sink.WantsConfidence);
        sink.WriteRows(0, 3, labels.Labels, []);
        sink.Commit();
        Assert.Equal([_folder["a.png"]], Files);
    }

    [Fact]
    public void Without_a_commit_old_files_stay_and_nothing_is_left()
    {
        (RgbImage image, LabelMap labels, float[] confidence) = Result(5, 3);
        File.WriteAllText(_folder["a.png"], "old");
        using (PngLabelSink sink = new(All, new RgbImageSource(image), Colors))
        {
            sink.WriteRows(0, 2, labels.Labels.AsSpan(0, 10), confidence.AsSpan(0, 10));
            Assert.Throws<InvalidOperationException>(sink.Commit);
        }

        Assert.Equal([_folder["a.png"]], Files);
        Assert.Equal("old", File.ReadAllText(_folder["a.png"]));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_one_line_and_leaves_nothing()
    {
        (RgbImage image, _, _) = Result(5, 3);
        string missing = _folder["none/a.overlay.png"];
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => new PngLabelSink(All with { Overlay = missing }, new RgbImageSource(image), Colors));
        Assert.StartsWith(missing + ": ", e.Message, StringComparison.Ordinal);
        Assert.Empty(Files);
    }

    [Fact]
    public void Rows_that_do_not_follow_and_classes_without_a_colour_are_refused()
    {
        (RgbImage image, LabelMap labels, _) = Result(5, 3);
        using PngLabelSink sink = new(new(_folder["a.png"]), new RgbImageSource(image), Colors);
        Assert.Throws<ArgumentException>(() => sink.WriteRows(1, 1, labels.Labels.AsSpan(0, 5), []));
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => sink.WriteRows(0, 1, (ushort[])[0, 3, 4, 0, 0], []));
        Assert.Contains("found 4 colours and the class 4", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_goes_through_tiles_to_files_as_its_image_does_in_memory()
    {
        using CpuDevice device = new();
        using Network network = MiniNet.CreateSeeing(device);
        using Segmenter segmenter = new(network, MiniNet.Description);
        RgbImage image = SyntheticScenes.Generate(601, 803, 5, 2).Image;
        PngFile.WriteRgb(_folder["in.png"], image);
        TileOptions options = new() { MemoryBudget = 25_000_000 };
        Segmentation tiled = segmenter.Segment(image, new() { Confidence = true, Tiles = options }, TestContext.Current.CancellationToken);
        (LabelMap expected, float[] confidence) = (tiled.Map, tiled.Confidence.ToArray());

        using (PngPixelSource source = PngPixelSource.Open(_folder["in.png"], cancellation: TestContext.Current.CancellationToken))
        using (PngLabelSink sink = new(All, source, Palette.Voc))
        {
            TilePlan plan = segmenter.SegmentTiled(source, sink, options, TestContext.Current.CancellationToken);
            Assert.True(plan.Rows.Count > 1, "the test needs several rows of tiles");
            sink.Commit();
        }

        Assert.Equal(expected.Labels, PngFile.ReadLabels(_folder["a.png"]).Labels);
        Assert.Equal(Overlay.Blend(image, expected, Palette.Voc, 0.6).Pixels, PngFile.ReadRgb(_folder["a.overlay.png"]).Pixels);
        Assert.Equal(confidence.Select(p => (ushort)MathF.Round(p * 65535)), PngFile.ReadLabels(_folder["a.confidence.png"]).Labels);
    }

    private static (RgbImage Image, LabelMap Labels, float[] Confidence) Result(int width, int height)
    {
        Random random = new(7);
        RgbImage image = new(width, height);
        random.NextBytes(image.Pixels);
        LabelMap labels = new(width, height, [.. Enumerable.Range(0, width * height).Select(_ => (ushort)random.Next(4))]);
        return (image, labels, [.. Enumerable.Range(0, width * height).Select(_ => random.NextSingle())]);
    }
}
