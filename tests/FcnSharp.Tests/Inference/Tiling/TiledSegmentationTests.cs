using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Inference.Tiling;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using Xunit;

namespace FcnSharp.Tests.Inference.Tiling;

public class TiledSegmentationTests
{
    /// <summary>Two scores that differ by less, relative to the largest, are a tie: Winograd's tiles are cut differently.</summary>
    private const float Tie = 1e-4f;

    [Theory]
    [InlineData("mini-fcn8s", 611, 577)]
    [InlineData("fcn8s-squeezenet1.1", 23, 701)]
    [InlineData("fcn8s-squeezenet1.1", 655, 39)]
    [InlineData("fcn4s-squeezenet1.0", 31, 631)]
    [InlineData("fcn8s-googlenet", 17, 1101)]
    [InlineData("fcn8s-googlenet", 1003, 21)]
    public void Tiles_give_what_the_whole_image_gives(string net, int height, int width)
    {
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            using var device = new CpuDevice(precision: precision);
            using Network network = Random(net, device);
            using var segmenter = new Segmenter(network, MiniNet.Description);
            RgbImage image = SyntheticScenes.Generate(width, height, 5, 1).Image;
            float[] planes = new float[image.Pixels.Length];
            InputEncoder.Encode(image, MiniNet.Description.Preprocessing, planes);
            float[] scores = Balance(network, planes, new Shape(1, 3, height, width));
            Segmentation atOnce = segmenter.Segment(image, new() { Confidence = true }, TestContext.Current.CancellationToken);
            (LabelMap whole, float[] wholeConfidence) = (atOnce.Map, atOnce.Confidence.ToArray());
            Assert.True(whole.Labels.Distinct().Count() > 1, "the test needs a net that sees more than one class");

            var options = new TileOptions { MemoryBudget = SmallestCost(network, height, width) };
            var sink = new LabelMapSink(width, height, confidence: true);
            TilePlan plan = segmenter.SegmentTiled(new ImageSource(image), sink, options, TestContext.Current.CancellationToken);

            Assert.True(plan.Count > 1, "the test needs more than one tile");
            if (precision == Precision.Exact)
            {
                Assert.Equal(whole.Labels, sink.Classes.Labels);
                Assert.Equal(wholeConfidence, sink.Confidence);
            }
            else
            {
                AssertSameButForTies(scores, whole, sink.Classes);
                Assert.All(wholeConfidence.Zip(sink.Confidence), c => Assert.Equal(c.First, c.Second, 1e-3f));
            }
        }
    }

    [Fact]
    public void An_image_that_fits_is_one_tile()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        using var segmenter = new Segmenter(network, MiniNet.Description);
        RgbImage image = SyntheticScenes.Generate(601, 83, 5, 2).Image;
        var sink = new LabelMapSink(image.Width, image.Height, confidence: false);
        TilePlan plan = segmenter.SegmentTiled(new ImageSource(image), sink, null, TestContext.Current.CancellationToken);
        Assert.Equal(1, plan.Count);
        Assert.Equal(segmenter.Segment(image, cancellation: TestContext.Current.CancellationToken).Map.Labels, sink.Classes.Labels);
        Assert.Equal(sink.Classes.Labels, segmenter.SegmentTiled(image, null, TestContext.Current.CancellationToken).Labels);
        Assert.Empty(sink.Confidence);
    }

    /// <summary>With random weights far surroundings count more than with trained ones, and the smallest tiles have the most seams.</summary>
    [Fact]
    public void Less_halo_gives_nearly_the_same_for_less_memory()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        using var segmenter = new Segmenter(network, MiniNet.Description);
        RgbImage image = SyntheticScenes.Generate(650, 41, 5, 1).Image;
        LabelMap whole = segmenter.Segment(image, cancellation: TestContext.Current.CancellationToken).Map;
        var options = new TileOptions { MemoryBudget = SmallestCost(network, image.Height, image.Width, TileHalo.Fast), Halo = TileHalo.Fast };
        LabelMap tiled = segmenter.SegmentTiledWithConfidence(image, options, TestContext.Current.CancellationToken).Classes;
        Assert.InRange(whole.Labels.Zip(tiled.Labels).Count(l => l.First == l.Second), 0.8 * whole.Labels.Length, whole.Labels.Length);
    }

    [Fact]
    public void Memory_is_bounded_whatever_the_size_and_used()
    {
        using var device = new CpuDevice(memoryBudget: 2_000_000_000);
        using Network network = MiniNet.CreateSeeing(device);
        network.FreezeParameters();
        var tiles = new TiledSegmentation(network, MiniNet.Description.Preprocessing, CompileTarget.Inference("classes"));
        var options = new TileOptions { MemoryBudget = 150_000_000 };
        foreach ((int height, int width) in ((int, int)[])[(3000, 3000), (100_000, 90_001), (500, 60_000), (60_000, 50)])
        {
            TilePlan plan = tiles.Fit(height, width, options);
            long pixels = (long)plan.WindowHeight * plan.WindowWidth;
            CompiledNet net = network.Compile(CompileTarget.Inference("classes"), new Dictionary<string, Shape> { ["image"] = new(1, 3, plan.WindowHeight, plan.WindowWidth) });
            Assert.InRange(net.Plan.Memory.ArenaBytes + 16 * pixels, 75_000_000, 150_000_000);
        }
    }

    /// <summary>The shipped model's net on an image of 12,000 x 12,000 within the usual memory.</summary>
    [Fact]
    public void A_large_net_finds_tiles_that_are_more_than_halo()
    {
        using var device = new CpuDevice();
        using var network = new Network(Catalogue.Build("fcn8s-googlenet", new NetOptions { Classes = 11, Kernels = UpsamplingKernels.PerClass }), device);
        var tiles = new TiledSegmentation(network, MiniNet.Description.Preprocessing, CompileTarget.Inference("classes"));
        TilePlan exact = tiles.Fit(12_000, 12_000, new TileOptions());
        TilePlan fast = tiles.Fit(12_000, 12_000, new TileOptions { Halo = TileHalo.Fast });
        TestContext.Current.TestOutputHelper?.WriteLine($"{exact.Count} windows of {exact.WindowWidth}x{exact.WindowHeight}, {exact.Overhead:F2} pixels a pixel; fast {fast.Count} of {fast.WindowWidth}x{fast.WindowHeight}, {fast.Overhead:F2}");
        Assert.InRange(exact.Overhead, 1, 5);
        Assert.InRange(fast.Overhead, 1, 2);
    }

    [Fact]
    public void Too_little_memory_is_refused_with_what_is_needed()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.CreateSeeing(device);
        using var segmenter = new Segmenter(network, MiniNet.Description);
        string message = NetAssert.OneLine(Assert.Throws<FcnSharpException>(
            () => segmenter.SegmentTiled(new RgbImage(900, 900), new TileOptions { MemoryBudget = 1_000_000 }, TestContext.Current.CancellationToken)).Message);
        Assert.Contains("1.0 MB are allowed", message, StringComparison.Ordinal);
        Assert.Contains("smallest tile", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_asked_for_and_given_in_order_and_few_at_a_time()
    {
        using var device = new CpuDevice();
        using var network = new Network(AxisReachTests.Small("skip"), device);
        network.Initialize(4);
        using var segmenter = new Segmenter(network, MiniNet.Description);
        var strip = new Strip(90, 3001);
        var sink = new OrderedSink(90);
        TilePlan plan = segmenter.SegmentTiled(strip, sink, new TileOptions { MemoryBudget = 1_500_000 }, TestContext.Current.CancellationToken);
        Assert.Equal(3001, sink.Rows);
        Assert.True(plan.Rows.Count > 3, "the test needs several rows of tiles");
        Assert.Equal(segmenter.Segment(strip.Image, cancellation: TestContext.Current.CancellationToken).Map.Labels, sink.Labels);
        Assert.InRange(strip.MostRows, 1, 1000);
    }

    /// <summary>A net with random weights, also in its score layers, which start at zero.</summary>
    private static Network Random(string net, CpuDevice device)
    {
        var network = new Network(Catalogue.Build(net, new NetOptions { Classes = SceneClasses.All.Count, Kernels = UpsamplingKernels.PerClass }), device);
        network.Initialize(1);
        foreach (Parameter p in network.Graph.Parameters.Where(p => p.Name.StartsWith("score_", StringComparison.Ordinal)))
        {
            var tensor = new Tensor(p.Shape);
            Initializer.Gaussian(0.1).Fill(tensor, 3, CounterRandom.StreamOf(p.Name));
            network.Value(p).Write(tensor.Span);
        }

        return network;
    }

    /// <summary>Takes from each class its mean score, so that no class wins everywhere, and gives the scores that are then left.</summary>
    private static float[] Balance(Network network, float[] planes, Shape shape)
    {
        float[] scores = AxisReachTests.Run(network, planes, shape);
        Parameter bias = network.Graph.Parameters.Single(p => p.Name == "score_fr.bias");
        int plane = shape.H * shape.W;
        network.Value(bias).Write([.. scores.Chunk(plane).Select(c => -c.Average())]);
        return AxisReachTests.Run(network, planes, shape);
    }

    /// <summary>Just enough for the smallest tiles, so that small images need several.</summary>
    private static long SmallestCost(Network network, int height, int width, TileHalo halo = TileHalo.Exact)
    {
        (int windowHeight, int windowWidth) = new TilePlanner(network.Graph, "confidentClasses").SmallestWindow(halo);
        (height, width) = (Math.Min(height, windowHeight), Math.Min(width, windowWidth));
        CompiledNet net = network.Compile(CompileTarget.Inference("confidentClasses", "confidence"), new Dictionary<string, Shape> { ["image"] = new(1, 3, height, width) });
        return net.Plan.Memory.ArenaBytes + 20L * height * width;
    }

    private static void AssertSameButForTies(float[] scores, LabelMap expected, LabelMap actual)
    {
        int plane = expected.Labels.Length;
        float largest = scores.Max(Math.Abs);
        for (int i = 0; i < plane; i++)
        {
            if (expected.Labels[i] != actual.Labels[i])
            {
                float gap = Math.Abs(scores[expected.Labels[i] * plane + i] - scores[actual.Labels[i] * plane + i]);
                Assert.True(gap < Tie * largest, $"pixel {i}: {expected.Labels[i]} became {actual.Labels[i]} with a gap of {gap}");
            }
        }
    }

    /// <summary>An image that checks how it is read.</summary>
    private sealed class Strip(int width, int height) : IPixelSource
    {
        private PixelInterval _ready;

        public RgbImage Image { get; } = SyntheticScenes.Generate(width, height, 9, 0).Image;

        public int MostRows { get; private set; }

        public int Width => width;

        public int Height => height;

        public void ReadRows(int first, int count)
        {
            Assert.True(first >= _ready.Start && first + count >= _ready.End, "rows are asked for in order");
            _ready = new(first, first + count);
            MostRows = Math.Max(MostRows, count);
        }

        public ReadOnlySpan<byte> Row(int y)
        {
            Assert.InRange(y, _ready.Start, _ready.End - 1);
            return Image.Row(y);
        }
    }

    private sealed class OrderedSink(int width) : ILabelSink
    {
        public List<ushort> Labels { get; } = [];

        public int Rows { get; private set; }

        public bool WantsConfidence => false;

        public void WriteRows(int first, int count, ReadOnlySpan<ushort> labels, ReadOnlySpan<float> confidence)
        {
            Assert.Equal(Rows, first);
            Assert.Equal(count * width, labels.Length);
            Labels.AddRange(labels);
            Rows += count;
        }
    }
}
