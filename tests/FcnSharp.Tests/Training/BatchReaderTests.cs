using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

public sealed class BatchReaderTests
{
    private static readonly Preprocessing AsIs = new(ChannelOrder.Rgb, [0, 0, 0], [1, 1, 1]);
    private static readonly TrainingOptions Options = new() { Steps = 100, BatchSize = 3, Seed = 5 };

    [Fact]
    public void A_batch_is_the_next_images_of_the_order_that_the_seed_gives()
    {
        var dataset = new Marked(Enumerable.Repeat((5, 4), 7));
        var sampler = new EpochSampler(7, Options.Seed);
        using var batch = new BatchReader(dataset, AsIs, Options);
        for (long step = 0; step < 10; step++)
        {
            batch.Read(step, TestContext.Current.CancellationToken);

            Assert.Equal(new Shape(3, 3, 4, 5), batch.ImageShape);
            Assert.Equal(Enumerable.Range(0, 3).Select(i => sampler.IndexAt(3 * step + i)), SamplesOf(batch));
        }
    }

    [Fact]
    public void An_epoch_visits_each_image_once()
    {
        using var batch = new BatchReader(new Marked(Enumerable.Repeat((3, 2), 12)), AsIs, Options);
        List<int> visited = [];
        for (long step = 0; step < 4; step++)
        {
            batch.Read(step, TestContext.Current.CancellationToken);
            visited.AddRange(SamplesOf(batch));
        }

        Assert.Equal(Enumerable.Range(0, 12), visited.Order());
        Assert.NotEqual(Enumerable.Range(0, 12), visited);
    }

    [Fact]
    public void What_a_step_reads_follows_from_its_number_not_from_what_was_read_before()
    {
        var dataset = new Marked(Enumerable.Repeat((5, 4), 7));
        using var forward = new BatchReader(dataset, AsIs, Options);
        for (long step = 0; step < 7; step++)
        {
            forward.Read(step, TestContext.Current.CancellationToken);
        }

        using var direct = new BatchReader(dataset, AsIs, Options);
        direct.Read(6, TestContext.Current.CancellationToken);

        Assert.Equal(forward.Images, direct.Images);
        Assert.Equal(forward.Labels, direct.Labels);
    }

    [Fact]
    public void Another_seed_gives_another_order_and_other_mirrors()
    {
        var dataset = new Marked(Enumerable.Repeat((5, 4), 20));
        using var one = new BatchReader(dataset, AsIs, Options with { BatchSize = 20, Seed = 1 });
        using var two = new BatchReader(dataset, AsIs, Options with { BatchSize = 20, Seed = 2 });
        one.Read(0, TestContext.Current.CancellationToken);
        two.Read(0, TestContext.Current.CancellationToken);

        Assert.NotEqual(SamplesOf(one), SamplesOf(two));
        Assert.NotEqual(MirrorsOf(one), MirrorsOf(two));
    }

    [Fact]
    public void A_mirrored_image_and_its_labels_stay_aligned()
    {
        using var batch = new BatchReader(new Marked(Enumerable.Repeat((5, 4), 50)), AsIs, Options with { BatchSize = 50 });
        batch.Read(0, TestContext.Current.CancellationToken);

        // A dataset's pixel says its column in red, its row in green; its label says both.
        ReadOnlySpan<float> images = batch.Images;
        ReadOnlySpan<int> labels = batch.Labels;
        for (int i = 0; i < 50; i++)
        {
            for (int pixel = 0; pixel < 20; pixel++)
            {
                int column = (int)images[60 * i + pixel];
                int row = (int)images[60 * i + 20 + pixel];
                Assert.Equal(10 * row + column, labels[20 * i + pixel]);
                Assert.Equal(pixel / 5, row);
            }
        }

        Assert.InRange(MirrorsOf(batch).Count(m => m), 10, 40);
    }

    [Fact]
    public void Without_mirroring_every_image_is_as_it_was()
    {
        using var batch = new BatchReader(new Marked(Enumerable.Repeat((5, 4), 50)), AsIs, Options with { BatchSize = 50, Mirror = false });
        batch.Read(0, TestContext.Current.CancellationToken);

        Assert.DoesNotContain(true, MirrorsOf(batch));
    }

    [Fact]
    public void Void_labels_are_passed_on()
    {
        using var batch = new BatchReader(new Marked([(1, 1)], label: 255), AsIs, Options with { BatchSize = 1 });
        batch.Read(0, TestContext.Current.CancellationToken);

        Assert.Equal([255], batch.Labels.ToArray());
    }

    [Fact]
    public void Images_of_two_sizes_in_a_batch_are_one_line_that_names_both_and_says_what_to_do()
    {
        using var batch = new BatchReader(new Marked([(5, 4), (4, 5), (5, 4)]), AsIs, Options);

        var e = Assert.Throws<FcnSharpException>(() => batch.Read(0, TestContext.Current.CancellationToken));

        Assert.Contains("5x4", e.Message, StringComparison.Ordinal);
        Assert.Contains("4x5", e.Message, StringComparison.Ordinal);
        Assert.Contains("scene1", e.Message, StringComparison.Ordinal);
        Assert.Contains("batch size of 1", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Images_of_any_size_one_at_a_time_are_fine()
    {
        (int Width, int Height)[] sizes = [(5, 4), (4, 5), (2, 2)];
        var sampler = new EpochSampler(3, Options.Seed);
        using var batch = new BatchReader(new Marked(sizes), AsIs, Options with { BatchSize = 1 });
        for (long step = 0; step < 9; step++)
        {
            batch.Read(step, TestContext.Current.CancellationToken);
            (int width, int height) = sizes[sampler.IndexAt(step)];
            Assert.Equal(new Shape(1, 3, height, width), batch.ImageShape);
            Assert.Equal(3 * width * height, batch.Images.Length);
            Assert.Equal(width * height, batch.Labels.Length);
        }
    }

    /// <summary>The index of each image of a batch, which is its blue.</summary>
    private static int[] SamplesOf(BatchReader batch)
    {
        int plane = batch.ImageShape.H * batch.ImageShape.W;
        float[] images = batch.Images.ToArray();
        return [.. Enumerable.Range(0, batch.ImageShape.N).Select(i => (int)images[3 * plane * i + 2 * plane])];
    }

    private static bool[] MirrorsOf(BatchReader batch)
    {
        int plane = batch.ImageShape.H * batch.ImageShape.W;
        float[] images = batch.Images.ToArray();
        return [.. Enumerable.Range(0, batch.ImageShape.N).Select(i => images[3 * plane * i] != 0)];
    }

    /// <summary>Images whose pixels say where they are: column in red, row in green, the image's index in blue; the label is 10 * row + column.</summary>
    private sealed class Marked(IEnumerable<(int Width, int Height)> sizes, ushort? label = null) : ISegmentationDataset
    {
        private readonly (int Width, int Height)[] _sizes = [.. sizes];

        public int Count => _sizes.Length;

        public IReadOnlyList<ClassInfo> Classes => SceneClasses.All;

        public int IgnoreIndex => 255;

        public Sample Load(int index)
        {
            (int width, int height) = _sizes[index];
            var image = new RgbImage(width, height);
            var labels = new LabelMap(width, height);
            for (int i = 0; i < width * height; i++)
            {
                (image.Pixels[3 * i], image.Pixels[3 * i + 1], image.Pixels[3 * i + 2]) = ((byte)(i % width), (byte)(i / width), (byte)index);
                labels.Labels[i] = label ?? (ushort)(10 * (i / width) + i % width);
            }

            return new Sample(image, labels, $"scene{index}");
        }
    }
}
