using FcnSharp.Cli.Predict;
using FcnSharp.Cli.Tests.Demo;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using Xunit;

namespace FcnSharp.Cli.Tests.Predict;

public sealed class PredictPlannerTests(FinishedDemo demo) : IClassFixture<FinishedDemo>, IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    /// <summary>The same image, the same memory: the more threads there are, each with an image of its own, the less is left for one.</summary>
    [Fact]
    public void An_image_is_small_where_each_thread_could_have_one()
    {
        PngFile.WriteRgb(_temp["a.png"], new RgbImage(160, 120));
        using CpuDevice device = new();
        using Segmenter segmenter = Segmenter.Load(demo.Model, device);
        PredictWay Decide(int threads, TileMode tile = TileMode.Auto) => new PredictPlanner(segmenter, new PredictSettings("", false, tile, 200_000_000), threads).Decide(_temp["a.png"]);

        Assert.Equal((null, true), (Decide(1).Tiles, Decide(1).Small));
        Assert.True(Decide(2).Small);
        Assert.Equal((null, false), (Decide(1000).Tiles, Decide(1000).Small));

        // What is never cut has no part of the memory that it would have to fit.
        Assert.False(Decide(1, TileMode.Off).Small);
    }
}
