using FcnSharp.Data;
using FcnSharp.Data.Transforms;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data;

public sealed class SampleReaderTests
{
    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(3, 2, 0)]
    [InlineData(4, 9, 17)]
    public void Samples_come_in_order_and_the_same_for_any_number_of_threads(int threads, int ahead, long start)
    {
        DrawnScenes scenes = new(7, 24, 20, seed: 3);
        EpochSampler order = new(7, seed: 5);
        Augmentation augmentation = new(11, [new Mirror(), new RandomScale(0.5, 2), new RandomCrop(17, 19)]);
        using SampleReader reader = new(scenes, order, augmentation, new() { Threads = threads, Ahead = ahead, Start = start });
        for (long position = start; position < start + 25; position++)
        {
            Assert.Equal(position, reader.Position);
            Sample found = reader.Read(TestContext.Current.CancellationToken);
            int index = order.IndexAt(position);
            Sample expected = augmentation.Apply(scenes.Load(index), position / 7, index, 255);
            Assert.Equal(expected.Image.Pixels, found.Image.Pixels);
            Assert.Equal(expected.Labels.Labels, found.Labels.Labels);
        }
    }

    [Fact]
    public void Without_an_order_the_dataset_is_read_as_it_stands()
    {
        DrawnScenes scenes = new(3, 16, 16, seed: 3);
        using SampleReader reader = new(scenes);
        Assert.Equal(["0000", "0001", "0002", "0000"], Enumerable.Range(0, 4).Select(_ => reader.Read(TestContext.Current.CancellationToken).Name));
    }

    [Fact]
    public void No_more_is_read_ahead_than_was_allowed()
    {
        Slow slow = new();
        using SampleReader reader = new(slow, options: new() { Threads = 4, Ahead = 3 });
        Thread.Sleep(200);
        Assert.Equal(3, slow.Loaded);
        _ = reader.Read(TestContext.Current.CancellationToken);
        Thread.Sleep(200);
        Assert.Equal(4, slow.Loaded);

        Slow large = new();
        using SampleReader few = new(large, options: new() { Threads = 1, Ahead = 50, MaxBytes = 2000 });
        Thread.Sleep(200);
        // 16 x 16 pixels of 5 bytes each are 1280: a second one is begun, a third is not.
        Assert.Equal(2, large.Loaded);
        for (int i = 0; i < 5; i++)
        {
            _ = few.Read(TestContext.Current.CancellationToken);
        }
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    public void Nothing_is_read_from_the_end_on(long start, long end)
    {
        Slow slow = new();
        using SampleReader reader = new(slow, options: new() { Threads = 2, Ahead = 8, Start = start, End = end });
        for (long position = start; position < end; position++)
        {
            Assert.Equal($"{position:D4}", reader.Read(TestContext.Current.CancellationToken).Name);
        }

        Assert.Throws<InvalidOperationException>(() => reader.Read(TestContext.Current.CancellationToken));
        Thread.Sleep(50);
        Assert.Equal(end - start, slow.Loaded);
    }

    [Fact]
    public void A_broken_sample_is_reported_in_its_turn_and_the_next_one_follows()
    {
        using SampleReader reader = new(new Slow { FailAt = 2 }, options: new() { Threads = 3, Ahead = 6 });
        Assert.Equal("0000", reader.Read(TestContext.Current.CancellationToken).Name);
        Assert.Equal("0001", reader.Read(TestContext.Current.CancellationToken).Name);
        Assert.Equal("images/2.png: broken.", Assert.Throws<FcnSharpException>(() => reader.Read(TestContext.Current.CancellationToken)).Message);
        Assert.Equal("0003", reader.Read(TestContext.Current.CancellationToken).Name);
    }

    [Fact]
    public void Waiting_ends_when_it_is_cancelled_and_the_sample_is_not_lost()
    {
        using ManualResetEventSlim hold = new();
        using SampleReader reader = new(new Slow { Hold = hold });
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(50));
        Assert.Throws<OperationCanceledException>(() => reader.Read(stop.Token));
        hold.Set();
        Assert.Equal("0000", reader.Read(TestContext.Current.CancellationToken).Name);
    }

    [Fact]
    public void Disposing_stops_the_threads()
    {
        Slow slow = new();
        SampleReader reader = new(slow, options: new() { Threads = 2, Ahead = 4 });
        reader.Dispose();
        int loaded = slow.Loaded;
        Thread.Sleep(50);
        Assert.Equal(loaded, slow.Loaded);
        Assert.Throws<ObjectDisposedException>(() => reader.Read(TestContext.Current.CancellationToken));
        reader.Dispose();
    }

    private sealed class Slow : ISegmentationDataset
    {
        private readonly DrawnScenes _scenes = new(100, 16, 16, seed: 1);
        private int _loaded;

        public int FailAt { get; init; } = -1;

        public ManualResetEventSlim? Hold { get; init; }

        public int Loaded => Volatile.Read(ref _loaded);

        public int Count => _scenes.Count;

        public IReadOnlyList<ClassInfo> Classes => _scenes.Classes;

        public int IgnoreIndex => 255;

        public Sample Load(int index)
        {
            Hold?.Wait();
            Interlocked.Increment(ref _loaded);
            return index == FailAt ? throw new FcnSharpException($"images/{index}.png: broken.") : _scenes.Load(index);
        }
    }
}
