using FcnSharp.Data;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data;

public sealed class CachingDatasetTests
{
    private const int SampleBytes = 16 * 16 * (3 + sizeof(ushort));

    [Fact]
    public void What_fits_is_read_once_and_the_rest_each_time()
    {
        var source = new Counted();
        var cached = new CachingDataset(source, 2 * SampleBytes);
        for (int pass = 0; pass < 3; pass++)
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(source.Scenes.Load(i).Image.Pixels, cached.Load(i).Image.Pixels);
            }
        }

        Assert.Equal([1, 1, 3], source.Loads);
        Assert.Equal((3, source.Scenes.Classes, 255), (cached.Count, cached.Classes, cached.IgnoreIndex));
    }

    [Fact]
    public void Without_room_nothing_is_kept()
    {
        var source = new Counted();
        var cached = new CachingDataset(source, SampleBytes - 1);
        _ = cached.Load(1);
        _ = cached.Load(1);

        Assert.Equal([0, 2, 0], source.Loads);
    }

    private sealed class Counted : ISegmentationDataset
    {
        public DrawnScenes Scenes { get; } = new(3, 16, 16, seed: 1);

        public int[] Loads { get; } = new int[3];

        public int Count => Scenes.Count;

        public IReadOnlyList<ClassInfo> Classes => Scenes.Classes;

        public int IgnoreIndex => Scenes.IgnoreIndex;

        public Sample Load(int index)
        {
            Loads[index]++;
            return Scenes.Load(index);
        }
    }
}
