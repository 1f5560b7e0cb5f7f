using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using Xunit;

namespace FcnSharp.Tests.Evaluation;

public sealed class EvaluatorTests : IDisposable
{
    private readonly CpuDevice _device = new(memoryBudget: 20_000_000);
    private readonly Network _network;
    private readonly Segmenter _segmenter;

    public EvaluatorTests()
    {
        _network = MiniNet.CreateSeeing(_device);
        _segmenter = new Segmenter(_network, MiniNet.Description);
    }

    public void Dispose()
    {
        _segmenter.Dispose();
        _network.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Each_image_of_any_size_is_counted_once_and_void_is_left_out()
    {
        Mixed data = new();
        List<(string Name, int Done, ushort[] Prediction)> told = [];

        ConfusionMatrix found = Evaluator.Run(_segmenter, data, (sample, prediction, done) => told.Add((sample.Name, done, prediction.Labels)), TestContext.Current.CancellationToken);

        long[,] expected = new long[6, 6];
        for (int i = 0; i < data.Count; i++)
        {
            Sample sample = Mixed.Draw(i);
            ushort[] prediction = _segmenter.Segment(sample.Image, cancellation: TestContext.Current.CancellationToken).Map.Labels;
            Assert.Equal(($"{i}", i + 1), (told[i].Name, told[i].Done));
            Assert.Equal(prediction, told[i].Prediction);
            for (int p = 0; p < prediction.Length; p++)
            {
                if (sample.Labels.Labels[p] != Mixed.Void)
                {
                    expected[sample.Labels.Labels[p], prediction[p]]++;
                }
            }
        }

        Assert.Equal(data.Count, told.Count);
        Assert.Equal(expected.Cast<long>(), Enumerable.Range(0, 36).Select(i => found[i / 6, i % 6]));
        Assert.True(told.SelectMany(t => t.Prediction).Distinct().Count() > 1, "the test needs a net that sees more than one class");
        Assert.Equal(data.Count, data.Loaded);
    }

    [Fact]
    public void Images_are_read_while_the_net_computes()
    {
        Mixed data = new();
        int before = 0;
        Evaluator.Run(_segmenter, data, (_, _, done) => before = done > 1 ? before : data.WaitFor(3), TestContext.Current.CancellationToken);
        Assert.True(before >= 3, "the second and third image should be read before the first one is done with");
    }

    [Fact]
    public void A_broken_image_ends_it_with_what_the_data_says()
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => Evaluator.Run(_segmenter, new Mixed { FailAt = 2 }, cancellation: TestContext.Current.CancellationToken));
        Assert.Equal("images/2.png: broken.", error.Message);
    }

    [Fact]
    public void An_image_that_needs_too_much_memory_is_named()
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => Evaluator.Run(_segmenter, new DrawnScenes(1, 1500, 1500, seed: 1), cancellation: TestContext.Current.CancellationToken));
        Assert.StartsWith("0000 (1500x1500 pixels): ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_number_of_classes_is_an_error_before_anything_is_read()
    {
        Mixed data = new() { Classes = [.. SceneClasses.All.Take(4)] };
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => Evaluator.Run(_segmenter, data, cancellation: TestContext.Current.CancellationToken));
        Assert.StartsWith("The model has 6 classes (background, disk, square, triangle, ...), the data has 4 classes (", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, data.Loaded);
    }

    [Fact]
    public void A_cancelled_run_stops_at_the_next_image()
    {
        using CancellationTokenSource stop = new();
        int images = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => Evaluator.Run(
            _segmenter,
            new Mixed(),
            (_, _, done) =>
            {
                images = done;
                stop.Cancel();
            },
            stop.Token));
        Assert.Equal(1, images);
    }

    /// <summary>Scenes of several sizes with some void in them.</summary>
    private sealed class Mixed : ISegmentationDataset
    {
        public const int Void = 255;
        private readonly object _gate = new();

        public int FailAt { get; init; } = -1;

        public int Loaded { get; private set; }

        public int Count => 5;

        public IReadOnlyList<ClassInfo> Classes { get; init; } = SceneClasses.All;

        public int IgnoreIndex => Void;

        public static Sample Draw(int index)
        {
            Sample scene = SyntheticScenes.Generate(30 + (7 * index), 41 - (3 * index), 4, index);
            scene.Labels.Row(index).Fill(Void);
            return scene with { Name = $"{index}" };
        }

        /// <summary>How many were loaded, after a while at most.</summary>
        public int WaitFor(int loaded)
        {
            lock (_gate)
            {
                while (Loaded < loaded && Monitor.Wait(_gate, TimeSpan.FromSeconds(20)))
                {
                }

                return Loaded;
            }
        }

        public Sample Load(int index)
        {
            Sample sample = index == FailAt ? throw new FcnSharpException($"images/{index}.png: broken.") : Draw(index);
            lock (_gate)
            {
                Loaded++;
                Monitor.PulseAll(_gate);
            }

            return sample;
        }
    }
}
