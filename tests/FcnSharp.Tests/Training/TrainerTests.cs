using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Inference;
using FcnSharp.Layers;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Operations;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

public class TrainerTests
{
    private static readonly TrainingOptions Options = new() { Steps = 12, BatchSize = 3, LearningRate = 0.05f, WarmupSteps = 2, Seed = 7 };

    [Fact]
    public void A_few_images_are_learned_by_heart_in_seconds()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        var scenes = new InMemoryDataset(new DrawnScenes(4, 64, 64, seed: 3), TestContext.Current.CancellationToken);
        var options = new TrainingOptions { Steps = 300, BatchSize = 4, Solver = SolverKind.AdamW, LearningRate = 0.002f, WarmupSteps = 30, Mirror = false, WeightDecay = 0 };
        using var trainer = new Trainer(network, MiniNet.Description, scenes, options, "test");
        while (trainer.Step < options.Steps)
        {
            trainer.RunStep(TestContext.Current.CancellationToken);
        }

        using var segmenter = new Segmenter(network, MiniNet.Description);
        ConfusionMatrix confusion = Evaluator.Run(segmenter, scenes, cancellation: TestContext.Current.CancellationToken);
        double meanIoU = SegmentationMetrics.From(confusion).MeanIoU;
        Assert.True(meanIoU > 0.95, $"mean IU {meanIoU}");
    }

    [Theory]
    [InlineData(SolverKind.Sgd)]
    [InlineData(SolverKind.AdamW)]
    public void Resumed_training_gives_the_same_bits_as_uninterrupted_training(SolverKind solver)
    {
        using var folder = new TempFolder();
        float[] whole = Train(new WorkerPool(2), steps: 12, resumeFrom: null, saveTo: null, solver);
        Train(new WorkerPool(2), steps: 5, resumeFrom: null, saveTo: folder["half.safetensors"], solver);
        float[] resumed = Train(new WorkerPool(2), steps: 12, resumeFrom: folder["half.safetensors"], saveTo: null, solver);
        Assert.Equal(whole, resumed);
    }

    [Theory]
    [InlineData(SolverKind.Sgd)]
    [InlineData(SolverKind.AdamW)]
    public void Training_gives_the_same_bits_for_any_number_of_threads(SolverKind solver) =>
        Assert.Equal(Train(new WorkerPool(1), 6, null, null, solver), Train(new WorkerPool(3), 6, null, null, solver));

    [Fact]
    public void A_checkpoint_of_the_other_solver_is_refused_by_name()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using Trainer first = Trainer(network, Options);
        using Trainer second = Trainer(network, Options with { Solver = SolverKind.AdamW });
        var e = Assert.Throws<FcnSharpException>(() => second.Resume(first.Checkpoint(), "run/last.safetensors"));
        Assert.Contains("'solver' = 'sgd'", e.Message, StringComparison.Ordinal);
        Assert.Contains("'solver' = 'adamw'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_other_settings_is_refused_by_name()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using Trainer first = Trainer(network, Options);
        CheckpointContent checkpoint = first.Checkpoint();
        using Trainer second = Trainer(network, Options with { LearningRate = 0.01f });
        var e = Assert.Throws<FcnSharpException>(() => second.Resume(checkpoint, "run/last.safetensors"));
        Assert.Contains("learningRate", e.Message, StringComparison.Ordinal);
        Assert.Contains("run/last.safetensors", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_step_leaves_weights_and_next_step_as_if_it_had_not_begun()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using Trainer trainer = Trainer(network, Options);
        trainer.RunStep(TestContext.Current.CancellationToken);
        float[] before = MiniNet.Weights(network);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => trainer.RunStep(cancelled.Token));
        Assert.Equal(before, MiniNet.Weights(network));
        Assert.Equal(1, trainer.Step);

        trainer.RunStep(TestContext.Current.CancellationToken);
        Assert.Equal(Train(new WorkerPool(2), 2, null, null), MiniNet.Weights(network));
    }

    [Fact]
    public void An_exploding_loss_stops_and_keeps_the_last_weights()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using Trainer trainer = Trainer(network, Options with { LearningRate = 1e6f, WarmupSteps = 0 });
        float[] last = [];
        var e = Assert.Throws<DivergedException>(() =>
        {
            for (int step = 0; step < Options.Steps; step++)
            {
                last = MiniNet.Weights(network);
                trainer.RunStep(TestContext.Current.CancellationToken);
            }
        });
        Assert.Contains("learning rate", e.Message, StringComparison.Ordinal);
        Assert.Equal(last, MiniNet.Weights(network));
    }

    /// <summary>Mean losses of images of one size without void average to that of their batch.</summary>
    [Theory]
    [InlineData(LossReduction.Mean, 1)]
    [InlineData(LossReduction.Sum, 4)]
    public void Accumulated_batches_make_the_step_of_one_large_batch(LossReduction reduction, float factor)
    {
        float[] large = Plain(reduction, Options with { BatchSize = 4, Mirror = false, WeightDecay = 0, LearningRate = 1e-3f }, steps: 1, out float largeLoss);
        float[] small = Plain(reduction, Options with { BatchSize = 1, AccumulatedBatches = 4, Mirror = false, WeightDecay = 0, LearningRate = factor * 1e-3f }, steps: 1, out float smallLoss);

        Assert.Equal(large, small, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(largeLoss, smallLoss, 5);
        Assert.InRange(largeLoss, 0.5, 10);
    }

    [Fact]
    public void A_clipped_step_has_the_direction_of_the_gradient_and_the_length_of_the_bound()
    {
        TrainingOptions plain = Options with { Mirror = false, WeightDecay = 0, LearningRate = 1, WarmupSteps = 0, Steps = 1 };
        float[] start = Plain(LossReduction.Mean, plain, steps: 0, out _);
        double[] free = [.. Plain(LossReduction.Mean, plain, steps: 1, out _).Zip(start, (a, b) => (double)a - b)];
        double[] clipped = [.. Plain(LossReduction.Mean, plain with { ClipNorm = 0.01f }, steps: 1, out _).Zip(start, (a, b) => (double)a - b)];
        double[] wide = [.. Plain(LossReduction.Mean, plain with { ClipNorm = 1e6f }, steps: 1, out _).Zip(start, (a, b) => (double)a - b)];

        // Biases learn twice as fast, so lengths are compared before their multiplier.
        double Length(double[] step) => Math.Sqrt(step.Select((d, i) => IsBias(i) ? d * d / 4 : d * d).Sum());
        Assert.Equal(free, wide);
        Assert.Equal(0.01, Length(clipped), 4);
        double ratio = Length(free) / Length(clipped);
        Assert.True(ratio > 2, $"{ratio}");
        Assert.Equal(free, clipped.Select(d => ratio * d), (a, b) => Math.Abs(a - b) < 2e-4);
    }

    [Fact]
    public void A_loss_that_is_no_number_names_the_layer_it_comes_from()
    {
        using var device = new CpuDevice();
        using Network network = PlainNet(device, LossReduction.Mean);
        using var trainer = new Trainer(network, MiniNet.Description, new DrawnScenes(4, 24, 16, seed: 5), Options, "test");
        Parameter weight = network.Graph.Parameters.Single(p => p.Name == "score.weight");
        float[] huge = new float[weight.Shape.ElementCount];
        huge.AsSpan(0, 4).Fill(1e30f);
        network.Value(weight).Write(huge);
        string message = Assert.Throws<DivergedException>(() => trainer.RunStep(TestContext.Current.CancellationToken)).Message;
        Assert.Contains("first in the weights score.weight", message, StringComparison.Ordinal);

        // Sound weights, each not beyond all reason, whose product is.
        huge.AsSpan(0, 4).Fill(9e5f);
        network.Value(weight).Write(huge);
        message = Assert.Throws<DivergedException>(() => trainer.RunStep(TestContext.Current.CancellationToken)).Message;
        Assert.Contains("step 1, first in layer score:", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void The_learning_rate_warms_up_and_decays_to_zero()
    {
        var options = new TrainingOptions { Steps = 100, LearningRate = 2, WarmupSteps = 4, PolyPower = 1 };
        Assert.Equal(0.5f, options.LearningRateAt(0));
        Assert.Equal(2 * 0.5f, options.LearningRateAt(50));
        Assert.Equal(2 * 0.01f, options.LearningRateAt(99), 1e-6f);
        Assert.Equal(2, (options with { PolyPower = 0 }).LearningRateAt(99));
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<FcnSharpException>(() => (Options with { Steps = 0 }).Validate());
        Assert.Throws<FcnSharpException>(() => (Options with { BatchSize = 0 }).Validate());
        Assert.Throws<FcnSharpException>(() => (Options with { LearningRate = float.NaN }).Validate());
        Assert.Throws<FcnSharpException>(() => (Options with { Momentum = 1 }).Validate());
        Options.Validate();
    }

    private static bool IsBias(int index) => index is >= 4 * 27 and < 4 * 27 + 4 or >= 4 * 27 + 4 + 24;

    /// <summary>A convolution to 4 channels and one to scores: no dropout, whose masks would tell one large batch from many small ones.</summary>
    private static Network PlainNet(CpuDevice device, LossReduction reduction)
    {
        var b = new GraphBuilder("plain");
        GraphValue x = b.Relu("relu", b.Conv2d("conv", b.Input("image", 3), 4, Conv2dParameters.Square(3, padding: 1)));
        GraphValue scores = b.Conv2d("score", x, SceneClasses.All.Count, Conv2dParameters.Square(1));
        b.Output("scores", scores);
        b.Output("loss", b.SoftmaxCrossEntropyLoss("loss", scores, b.Input("labels", 1, FcnSharp.Tensors.Programs.ElementType.Int32), reduction: reduction));
        var network = new Network(b.Build(), device);
        network.Initialize(seed: 1);
        return network;
    }

    /// <summary>The weights after so many steps on one set of four images, and the last step's loss.</summary>
    private static float[] Plain(LossReduction reduction, TrainingOptions options, int steps, out float loss)
    {
        using var device = new CpuDevice();
        using Network network = PlainNet(device, reduction);
        using var trainer = new Trainer(network, MiniNet.Description, new DrawnScenes(4, 24, 16, seed: 5), options, "test");
        loss = 0;
        for (int i = 0; i < steps; i++)
        {
            loss = trainer.RunStep(TestContext.Current.CancellationToken).Loss;
        }

        return MiniNet.Weights(network);
    }

    private static Trainer Trainer(Network network, TrainingOptions options) =>
        new(network, MiniNet.Description, new DrawnScenes(7, 40, 33, seed: 5), options, "test");

    private static float[] Train(WorkerPool workers, int steps, string? resumeFrom, string? saveTo, SolverKind solver = SolverKind.Sgd)
    {
        using (workers)
        {
            using var device = new CpuDevice(workers);
            using Network network = MiniNet.Create(device);
            using Trainer trainer = Trainer(network, Options with { Solver = solver });
            if (resumeFrom is not null)
            {
                trainer.Resume(CheckpointFile.Load(resumeFrom), resumeFrom);
            }

            while (trainer.Step < steps)
            {
                trainer.RunStep(TestContext.Current.CancellationToken);
            }

            if (saveTo is not null)
            {
                CheckpointFile.Save(saveTo, trainer.Checkpoint());
            }

            return MiniNet.Weights(network);
        }
    }
}
