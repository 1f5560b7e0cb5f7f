using FcnSharp.Data;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Data;

public sealed class InMemoryDatasetTests
{
    [Fact]
    public void Samples_classes_and_void_label_are_those_of_the_source()
    {
        var source = new DrawnScenes(3, 20, 17, seed: 4);
        var dataset = new InMemoryDataset(source, TestContext.Current.CancellationToken);

        Assert.Equal(3, dataset.Count);
        Assert.Equal(source.Classes, dataset.Classes);
        Assert.Equal(source.IgnoreIndex, dataset.IgnoreIndex);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(source.Load(i).Image.Pixels, dataset.Load(i).Image.Pixels);
            Assert.Equal(source.Load(i).Labels.Labels, dataset.Load(i).Labels.Labels);
            Assert.Equal(source.Load(i).Name, dataset.Load(i).Name);
        }
    }

    [Fact]
    public void The_source_is_read_once()
    {
        var source = new Counting();
        var dataset = new InMemoryDataset(source, TestContext.Current.CancellationToken);
        for (int i = 0; i < 12; i++)
        {
            Assert.Same(dataset.Load(i % 4), dataset.Load(i % 4));
        }

        Assert.Equal(4, source.Loaded);
    }

    [Fact]
    public void Reading_stops_when_it_is_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var source = new Counting(onLoad: loaded =>
        {
            if (loaded == 2)
            {
                stop.Cancel();
            }
        });

        Assert.Throws<OperationCanceledException>(() => new InMemoryDataset(source, stop.Token));

        Assert.Equal(2, source.Loaded);
    }

    [Fact]
    public void What_the_source_says_of_a_broken_sample_is_passed_on()
    {
        var e = Assert.Throws<FcnSharpException>(() => new InMemoryDataset(new Counting(failAt: 2), TestContext.Current.CancellationToken));

        Assert.Equal("images/2.png: not a PNG file.", e.Message);
    }

    private sealed class Counting(int failAt = -1, Action<int>? onLoad = null) : ISegmentationDataset
    {
        private readonly DrawnScenes _scenes = new(4, 16, 16, seed: 1);

        public int Loaded { get; private set; }

        public int Count => _scenes.Count;

        public IReadOnlyList<ClassInfo> Classes => _scenes.Classes;

        public int IgnoreIndex => _scenes.IgnoreIndex;

        public Sample Load(int index)
        {
            Loaded++;
            onLoad?.Invoke(Loaded);
            return index == failAt ? throw new FcnSharpException($"images/{index}.png: not a PNG file.") : _scenes.Load(index);
        }
    }
}
