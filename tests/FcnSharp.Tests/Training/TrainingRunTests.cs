using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

public sealed class TrainingRunTests
{
    private static readonly TrainingOptions Options = new()
    {
        Steps = 12,
        BatchSize = 2,
        Solver = SolverKind.AdamW,
        LearningRate = 0.003f,
        Augmentation = new AugmentationOptions { MinScale = 0.7, MaxScale = 1.4, Crop = (40, 32), Colour = 0.2 },
    };

    private static readonly RunOptions Run = new() { EvaluateEvery = 4, CheckpointEvery = 3 };

    [Fact]
    public void A_run_leaves_its_best_model_its_log_and_its_last_checkpoints()
    {
        using var folder = new TempFolder();
        var watch = new Watch();
        RunResult result = Start(folder["run"], Options, Run, watch);

        var files = new RunFolder(folder["run"]);
        Assert.Equal([4L, 8, 12], watch.Evaluations.Select(e => e.Step));
        (long step, double best, bool _) = watch.Evaluations.MaxBy(e => e.MeanIoU);
        Assert.Equal((step, best, false), (result.BestStep, result.BestMeanIoU, result.StoppedEarly));
        Assert.Equal(best, ModelFile.LoadDescription(files.Model).Metrics!.MeanIoU);
        Assert.Equal(step.ToString(System.Globalization.CultureInfo.InvariantCulture), ModelFile.LoadDescription(files.Model).Recipe["step"]);
        Assert.Equal(15, TrainingLog.Read(files.Log).Count);
        Assert.Single(Directory.GetFiles(files.Events, "events.out.tfevents.*"));
        Assert.Equal(["00000009.safetensors", "00000012.safetensors"], Directory.GetFiles(files.CheckpointFolder).Select(Path.GetFileName).Order());
    }

    /// <summary>Where it is stopped, before or after a checkpoint or in the middle of an evaluation, does not matter: all files end the same.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(9)]
    public void A_run_that_was_stopped_goes_on_to_the_same_bits(int stopAfter)
    {
        using var folder = new TempFolder();
        Start(folder["whole"], Options, Run, new Watch());

        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Start(folder["cut"], Options, Run, new Watch { OnStepDone = s => Cancel(stop, s == stopAfter) }, stop.Token));
        Start(folder["cut"], Options, Run, new Watch());

        AssertSameFiles(folder["whole"], folder["cut"]);
    }

    [Fact]
    public void A_run_that_was_stopped_in_an_evaluation_goes_on_to_the_same_bits()
    {
        using var folder = new TempFolder();
        Start(folder["whole"], Options, Run, new Watch());

        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Start(folder["cut"], Options, Run, new Watch { OnImageEvaluated = _ => stop.Cancel() }, stop.Token));
        var watch = new Watch();
        Start(folder["cut"], Options, Run, watch);

        Assert.Equal(3, watch.Evaluations.Count);
        AssertSameFiles(folder["whole"], folder["cut"]);
    }

    /// <summary>As by kill -9: nothing is written at the end, the log is ahead of the last checkpoint.</summary>
    [Fact]
    public void A_run_that_was_killed_repeats_the_steps_since_its_checkpoint_to_the_same_bits()
    {
        using var folder = new TempFolder();
        Start(folder["whole"], Options, Run, new Watch());

        Directory.CreateDirectory(folder["snapshot"]);
        Assert.Throws<InvalidOperationException>(() => Start(folder["cut"], Options, Run, new Watch { OnStepDone = s => Throw(s == 11) }));
        Assert.Equal("00000009.safetensors", Directory.GetFiles(new RunFolder(folder["cut"]).CheckpointFolder).Select(Path.GetFileName).Max());
        Start(folder["cut"], Options, Run, new Watch());

        AssertSameFiles(folder["whole"], folder["cut"]);
    }

    [Fact]
    public void A_finished_run_does_nothing_more()
    {
        using var folder = new TempFolder();
        RunResult first = Start(folder["run"], Options, Run, new Watch());
        var watch = new Watch();

        Assert.Equal(first, Start(folder["run"], Options, Run, watch));
        Assert.Equal((0, 0), (watch.Steps, watch.Evaluations.Count));
    }

    [Fact]
    public void Without_progress_a_run_ends_early_and_says_so()
    {
        using var folder = new TempFolder();

        // A rate that changes nothing: each evaluation gives the same.
        RunResult result = Start(folder["run"], Options with { LearningRate = 1e-20f, Solver = SolverKind.Sgd }, Run with { EvaluateEvery = 1, Patience = 2 }, new Watch());

        Assert.Equal((1L, true), (result.BestStep, result.StoppedEarly));
        Assert.Equal(3, TrainingLog.Read(new RunFolder(folder["run"]).Log).Count(e => e.MeanIoU is not null));
    }

    [Fact]
    public void A_broken_image_costs_no_steps()
    {
        using var folder = new TempFolder();
        var e = Assert.Throws<FcnSharpException>(() => Start(folder["run"], Options, Run, new Watch(), train: new BreaksAfter(Scenes(6, 1), 14)));

        Assert.Equal("image 14 is broken", e.Message);
        Assert.Equal(7, new RunFolder(folder["run"]).Checkpoints(2).Latest()!.Value.Content.Step);
    }

    [Fact]
    public void A_changed_option_is_named_and_wins()
    {
        using var folder = new TempFolder();
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using var first = new Trainer(network, MiniNet.Description, Scenes(6, 1), Options, "scenes");
        first.RunStep(TestContext.Current.CancellationToken);
        CheckpointContent checkpoint = first.Checkpoint();

        using var second = new Trainer(network, MiniNet.Description, Scenes(6, 1), Options with { LearningRate = 0.5f, Steps = 20 }, "scenes");
        IReadOnlyList<SettingChange> changes = second.ResumeWithChanges(checkpoint, "run");

        Assert.Equal(["learningRate 0.003 is now 0.5", "steps 12 is now 20"], changes.Select(c => c.ToString()));
        Assert.Equal(0.5f * Math.Pow(0.95, 0.9), second.RunStep(TestContext.Current.CancellationToken).LearningRate, 5);
    }

    [Fact]
    public void Another_solver_begins_without_the_old_ones_state()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using var first = new Trainer(network, MiniNet.Description, Scenes(6, 1), Options, "scenes");
        first.RunStep(TestContext.Current.CancellationToken);
        using var second = new Trainer(network, MiniNet.Description, Scenes(6, 1), Options with { Solver = SolverKind.Sgd }, "scenes");

        Assert.Equal("solver adamw is now sgd", Assert.Single(second.ResumeWithChanges(first.Checkpoint(), "run")).ToString());
        Assert.Equal(2, second.RunStep(TestContext.Current.CancellationToken).Step);
    }

    [Fact]
    public void Other_data_is_refused()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using var first = new Trainer(network, MiniNet.Description, Scenes(6, 1), Options, "scenes");
        using var second = new Trainer(network, MiniNet.Description, Scenes(6, 1), Options, "streets");

        var e = Assert.Throws<FcnSharpException>(() => second.ResumeWithChanges(first.Checkpoint(), "run/1.safetensors"));
        Assert.Contains("run/1.safetensors", e.Message, StringComparison.Ordinal);
        Assert.Contains("data scenes is now streets", e.Message, StringComparison.Ordinal);
    }

    private static RunResult Start(string root, TrainingOptions options, RunOptions run, Watch watch, CancellationToken? stop = null, ISegmentationDataset? train = null)
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using var trainer = new Trainer(network, MiniNet.Description, train ?? Scenes(6, 1), options, "scenes");
        var folder = new RunFolder(root);
        if (folder.Checkpoints(run.KeepCheckpoints).Latest() is { } checkpoint)
        {
            trainer.ResumeWithChanges(checkpoint.Content, checkpoint.Path);
        }

        return new TrainingRun(trainer, network, MiniNet.Description, Scenes(3, 2), folder, run, watch).Run(stop ?? TestContext.Current.CancellationToken);
    }

    private static InMemoryDataset Scenes(int count, long seed) => new(new DrawnScenes(count, 48, 40, seed), TestContext.Current.CancellationToken);

    private static void AssertSameFiles(string expected, string actual)
    {
        string[] names = [.. Directory.GetFiles(expected, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(expected, f)).Where(n => !n.StartsWith("checkpoints", StringComparison.Ordinal) && !n.StartsWith("events", StringComparison.Ordinal)).Order()];
        Assert.NotEmpty(names);
        Assert.All(names, n => Assert.Equal(File.ReadAllBytes(Path.Combine(expected, n)), File.ReadAllBytes(Path.Combine(actual, n))));
        string last = Path.Combine("checkpoints", "00000012.safetensors");
        Assert.Equal(File.ReadAllBytes(Path.Combine(expected, last)), File.ReadAllBytes(Path.Combine(actual, last)));
    }

    private static void Cancel(CancellationTokenSource source, bool now)
    {
        if (now)
        {
            source.Cancel();
        }
    }

    private static void Throw(bool now)
    {
        if (now)
        {
            throw new InvalidOperationException();
        }
    }

    private sealed class Watch : ITrainingObserver
    {
        public Action<long>? OnStepDone { get; init; }

        public Action<int>? OnImageEvaluated { get; init; }

        public int Steps { get; private set; }

        public List<(long Step, double MeanIoU, bool IsBest)> Evaluations { get; } = [];

        public void OnStep(TrainingStep step)
        {
            Steps++;
            OnStepDone?.Invoke(step.Step);
        }

        public void OnEvaluating(int done, int total) => OnImageEvaluated?.Invoke(done);

        public void OnEvaluated(long step, SegmentationMetrics metrics, bool isBest) => Evaluations.Add((step, metrics.MeanIoU, isBest));

        public void OnCheckpoint(string path) => Assert.True(File.Exists(path));
    }

    /// <summary>Gives so many images and then an error.</summary>
    private sealed class BreaksAfter(ISegmentationDataset source, int images) : ISegmentationDataset
    {
        private int _given;

        public int Count => source.Count;

        public IReadOnlyList<ClassInfo> Classes => source.Classes;

        public int IgnoreIndex => source.IgnoreIndex;

        public Sample Load(int index) => Interlocked.Increment(ref _given) <= images ? source.Load(index) : throw new FcnSharpException($"image {images} is broken");
    }
}
