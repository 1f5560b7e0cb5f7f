using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Inference.Tiling;
using FcnSharp.Tensors.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Inference;

/// <summary>The example of docs/predict.md, as it stands there.</summary>
public sealed class PredictGuideTests
{
    [Fact]
    public void The_guides_example_works()
    {
        using TempFolder folder = new();
        using CpuDevice device = new();
        using Network network = MiniNet.CreateSeeing(device);
        ModelFile.Save(folder["m.safetensors"], MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        (string imagePath, string maskPath, string overlayPath) = (folder["large.png"], folder["classes.png"], folder["overlay.png"]);
        PngFile.WriteRgb(imagePath, SyntheticScenes.Generate(90, 70, 1, 0).Image);
        using Segmenter segmenter = Segmenter.Load(folder["m.safetensors"], device);

        Segment(segmenter, imagePath, maskPath, overlayPath);

        Assert.Equal(segmenter.Segment(imagePath, cancellation: TestContext.Current.CancellationToken).Map.Labels, PngFile.ReadLabels(maskPath).Labels);
        Assert.Equal(90, PngFile.ReadRgb(overlayPath).Width);
    }

    private static void Segment(Segmenter segmenter, string imagePath, string maskPath, string overlayPath)
    {
        // example:
        using PngPixelSource image = PngPixelSource.Open(imagePath);
        using PngLabelSink files = new(new PngOutputs(maskPath, Overlay: overlayPath), image, Palette.Of(segmenter.Description.Classes));
        segmenter.SegmentTiled(image, files, new TileOptions { MemoryBudget = 1_000_000_000 });
        files.Commit();
        // end
    }

    [Fact]
    public void The_guide_quotes_this_example() => Examples.AssertQuoted("docs/predict.md", "Inference/PredictGuideTests.cs");
}
