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

/// <summary>The examples of docs/segmenter.md, as they stand there.</summary>
public sealed class SegmenterGuideTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public SegmenterGuideTests()
    {
        using CpuDevice device = new();
        using Network network = MiniNet.CreateSeeing(device);
        ModelFile.Save(_folder["m.safetensors"], MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        PngFile.WriteRgb(_folder["street.png"], SyntheticScenes.Generate(64, 48, 1, 0).Image);
        Directory.CreateDirectory(_folder["photos"]);
        File.Copy(_folder["street.png"], _folder["photos/a.png"]);
        File.WriteAllText(_folder["photos/b.png"], "no picture");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_guides_examples_work()
    {
        string modelPath = _folder["m.safetensors"];

        // example:
        using Segmenter segmenter = Segmenter.Load(modelPath);
        // end

        string path = _folder["street.png"];
        Inputs(segmenter, path);
        Results(segmenter, path);
        await Waiting(segmenter, path, TestContext.Current.CancellationToken);
        await Many(segmenter, _folder["photos"]);
        Large(segmenter, ImageFile.Read(path));
    }

    [Fact]
    public void The_guide_quotes_these_examples() => Examples.AssertQuoted("docs/segmenter.md", "Inference/SegmenterGuideTests.cs");

    private static void Inputs(Segmenter segmenter, string path)
    {
        byte[] upload = File.ReadAllBytes(path);
        using FileStream stream = File.OpenRead(path);
        (int width, int height, int stride) = (5, 4, -32);
        byte[] pixels = new byte[4 * 32];

        // example:
        Segmentation fromFile = segmenter.Segment(path);
        Segmentation fromBytes = segmenter.Segment(upload);
        Segmentation fromStream = segmenter.Segment(stream);
        Segmentation fromPixels = segmenter.Segment(new PixelBuffer(pixels, width, height, PixelFormat.Bgra32, stride));
        Segmentation fromImage = segmenter.Segment(ImageFile.Read(path));
        // end

        // example:
        SegmentOptions careful = new() { Reader = ImageReader.Default.WithMaxPixels(20_000_000) };
        Segmentation bounded = segmenter.Segment(upload, careful);
        // end

        Assert.All((Segmentation[])[fromBytes, fromStream, fromImage, bounded], result => Assert.Equal(fromFile.Map.Labels, result.Map.Labels));
        Assert.Equal(5, fromPixels.Width);
    }

    private static void Results(Segmenter segmenter, string path)
    {
        (int x, int y) = (3, 7);

        // example:
        Segmentation result = segmenter.Segment(path, new SegmentOptions { Confidence = true });
        string name = result[x, y].Name;
        float sure = result.Confidence.Span[(y * result.Width) + x];
        ushort[] classOfEachPixel = result.Map.Labels;
        ClassArea largest = result.Areas()[0];
        IReadOnlyList<ClassPolygon> outlines = result.Polygons(new PolygonOptions { MinPixels = 50, Tolerance = 1 });
        IReadOnlyList<RunLengthMask> masks = result.RunLengths();
        // end

        Assert.Equal(result.Classes[classOfEachPixel[(7 * 64) + 3]].Name, name);
        Assert.InRange(sure, 0, 1);
        Assert.Contains(masks, mask => mask.Label == largest.Index);
        Assert.All(outlines, outline => Assert.InRange(outline.Pixels, 50, 64 * 48));
    }

    private static async Task Waiting(Segmenter segmenter, string path, CancellationToken request)
    {
        using FileStream stream = File.OpenRead(path);

        // example:
        Segmentation result = await segmenter.SegmentAsync(stream, cancellation: request);
        // end

        Assert.Equal(64, result.Width);
    }

    private static async Task Many(Segmenter segmenter, string folder)
    {
        RgbImage[] crops = [new(20, 20), new(20, 20), new(30, 10)];

        // example:
        IReadOnlyList<Segmentation> results = await segmenter.SegmentAsync(crops);

        await foreach (SegmentedFile file in segmenter.SegmentFolderAsync(folder))
        {
            Console.WriteLine(file.Succeeded ? $"{file.Path}: mostly {file.Segmentation.Areas()[0].Class.Name}" : file.Error.Message);
        }
        // end

        Assert.Equal([20, 20, 30], results.Select(r => r.Width));
    }

    private static void Large(Segmenter segmenter, RgbImage image)
    {
        // example:
        Segmentation large = segmenter.Segment(image, new SegmentOptions { Tiles = new TileOptions { MemoryBudget = 500_000_000 } });
        // end

        // example:
        SegmentOptions averaged = new() { TestTimeAugmentation = new() { Mirror = true, Scales = [0.75, 1, 1.25] } };
        // end

        Assert.Equal(large.Width, segmenter.Segment(image, averaged).Width);
    }
}
