using FcnSharp.Data;
using FcnSharp.Imaging;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

public sealed class ClassWeightsTests
{
    [Fact]
    public void None_gives_none() => Assert.Null(ClassWeights.Of(ClassWeighting.None, new Fixed([0, 1]), TestContext.Current.CancellationToken));

    [Fact]
    public void Median_frequency_counts_the_images_that_show_a_class()
    {
        // Class 0: 3 + 1 of the 4 + 2 pixels that count; class 1: 1 of the first image's 4; class 2: 1 of the second's 2; class 3 never.
        IReadOnlyList<float> weights = ClassWeights.Of(ClassWeighting.MedianFrequency, new Fixed([0, 0, 0, 1], [0, 2, 9, 9]), TestContext.Current.CancellationToken)!;

        // Frequencies 4/6, 1/4, 1/2; their median is 1/2.
        Assert.Equal([0.75, 2, 1, 1], weights.Select(w => Math.Round(w, 6)));
    }

    [Fact]
    public void Enet_weighs_by_the_logarithm_of_the_share_and_has_a_mean_of_1()
    {
        IReadOnlyList<float> weights = ClassWeights.Of(ClassWeighting.Enet, new Fixed([0, 0, 0, 1], [0, 0, 0, 9]), TestContext.Current.CancellationToken)!;

        double often = 1 / Math.Log(1.1 + 6.0 / 7);
        double seldom = 1 / Math.Log(1.1 + 1.0 / 7);
        double mean = (often + seldom) / 2;
        Assert.Equal([often / mean, seldom / mean, 1, 1], weights.Select(w => (double)w), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    /// <summary>Images of four pixels in a row, four classes, void 9.</summary>
    private sealed class Fixed(params ushort[][] labels) : ISegmentationDataset
    {
        public int Count => labels.Length;

        public IReadOnlyList<ClassInfo> Classes { get; } = [.. Enumerable.Range(0, 4).Select(i => new ClassInfo($"class {i}", 0, 0, 0))];

        public int IgnoreIndex => 9;

        public Sample Load(int index) => new(new RgbImage(labels[index].Length, 1), new LabelMap(labels[index].Length, 1, labels[index]), "sample");
    }
}
