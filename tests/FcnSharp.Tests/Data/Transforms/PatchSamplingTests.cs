using FcnSharp.Data;
using FcnSharp.Data.Transforms;
using FcnSharp.Imaging;
using Xunit;

namespace FcnSharp.Tests.Data.Transforms;

public sealed class PatchSamplingTests
{
    [Fact]
    public void About_the_share_of_the_cells_counts_and_cells_are_whole()
    {
        Sample sample = new(new RgbImage(330, 330), new LabelMap(330, 330), "plain");
        Sample sampled = new PatchSampling(0.25, cell: 10).Apply(sample, new TransformContext(1, 2, 3, 255));

        int kept = 0;
        for (int top = 0; top < 330; top += 10)
        {
            for (int left = 0; left < 330; left += 10)
            {
                ushort[] cell = [.. Enumerable.Range(top, 10).SelectMany(y => sampled.Labels.Row(y).Slice(left, 10).ToArray())];
                Assert.Single(cell.Distinct());
                kept += cell[0] == 0 ? 1 : 0;
            }
        }

        Assert.InRange(kept, 0.2 * 33 * 33, 0.3 * 33 * 33);
        Assert.Same(sample.Image, sampled.Image);
        Assert.All(sample.Labels.Labels, l => Assert.Equal(0, l));
    }

    [Fact]
    public void Another_epoch_takes_other_cells_and_a_share_of_1_takes_all()
    {
        Sample sample = new(new RgbImage(65, 33), new LabelMap(65, 33), "plain");
        var half = new PatchSampling(0.5, cell: 8);

        Assert.NotEqual(half.Apply(sample, new TransformContext(1, 1, 3, 255)).Labels.Labels, half.Apply(sample, new TransformContext(1, 2, 3, 255)).Labels.Labels);
        Assert.Equal(sample.Labels.Labels, new PatchSampling(1).Apply(sample, new TransformContext(1, 1, 3, 255)).Labels.Labels);
    }

    [Theory]
    [InlineData(0, 32)]
    [InlineData(1.1, 32)]
    [InlineData(0.5, 0)]
    public void Senseless_numbers_are_refused(double share, int cell) => Assert.Throws<ArgumentOutOfRangeException>(() => new PatchSampling(share, cell));
}
