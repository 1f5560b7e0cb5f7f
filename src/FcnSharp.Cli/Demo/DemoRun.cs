using System.Diagnostics;
using System.Globalization;
using FcnSharp.Cli.Commands;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Cli.Train;
using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Models;
using FcnSharp.Reports;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Training;

namespace FcnSharp.Cli.Demo;

/// <summary>
/// The whole way in one run: scenes to files, training from scratch, evaluation on held-out scenes, pictures, report. A run
/// that was stopped goes on from its checkpoint when it is started again.
/// </summary>
internal sealed class DemoRun(DemoSettings settings, IDevice device, CommandContext context)
{
    private const int Checkpoints = 14;
    private const int MostStepsAtRisk = 500;
    private const int EvaluationsDuringTraining = 8;
    private const int ReportedScenes = 8;
    private const string NetName = "mini-fcn8s";

    /// <summary>Runs the demo and returns its figures.</summary>
    public DemoResult Run()
    {
        OutputFolder.Create(settings.Folder);
        var trainingOptions = new TrainingOptions
        {
            Steps = settings.Steps,
            Solver = SolverKind.AdamW,
            BatchSize = 2,
            LearningRate = 0.0025f,
            WeightDecay = 0.01f,
            WarmupSteps = Math.Min(100, settings.Steps / 10),
            Seed = settings.Seed,
        };

        // Looked at before anything is drawn: a run of other settings must not find that its scenes were replaced.
        CheckpointContent? checkpoint = ReadCheckpoint(trainingOptions);
        WriteScenes();
        var train = new InMemoryDataset(FolderDataset.Open(settings.Data, DatasetSplit.Train), context.Stop);
        var val = new InMemoryDataset(FolderDataset.Open(settings.Data, DatasetSplit.Val), context.Stop);

        var netOptions = new NetOptions { Classes = train.Classes.Count, IgnoreIndex = train.IgnoreIndex };
        var description = new ModelDescription(
            new ModelArchitecture(NetName, netOptions.ToStrings()),
            train.Classes,
            new Preprocessing(ChannelOrder.Rgb, [128, 128, 128], 1 / 64f));

        using var network = new Network(Catalogue.Build(NetName, netOptions), device);
        network.Initialize((ulong)settings.Seed);
        using var trainer = new Trainer(network, description, train, trainingOptions, DataName);
        Resume(trainer, checkpoint);
        context.Note($"Training {NetName} ({network.ParameterCount.ToString("N0", CultureInfo.InvariantCulture)} parameters) on {device.Description}");
        long firstStep = trainer.Step;
        using var log = new TrainingLog(settings.Log, firstStep);
        using var segmenter = new Segmenter(network, description);
        TimeSpan time = Train(trainer, log, segmenter, val);
        (ConfusionMatrix confusion, List<ReportSample> samples) = PredictOrSayHowToGoOn(segmenter, val);
        SegmentationMetrics metrics = SegmentationMetrics.From(confusion);
        log.AddEvaluation(settings.Steps, metrics.MeanIoU);
        ModelFile.Save(
            settings.Model,
            description with { Recipe = trainer.Settings, Metrics = metrics.ForModel() },
            [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);

        double imagesPerSecond = (trainer.Step - firstStep) * trainingOptions.BatchSize / Math.Max(time.TotalSeconds, 1e-9);
        WriteReport(network, trainer, log, confusion, samples, time, imagesPerSecond);

        // The run is complete: what resumes it is not needed any more, and the next demo starts afresh.
        File.Delete(settings.Checkpoint);
        return DemoResult.From(settings, metrics, confusion, val, network.ParameterCount, firstStep, time, imagesPerSecond);
    }

    private string DataName => FormattableString.Invariant($"scenes {settings.TrainImages}+{settings.ValImages} {settings.Size}x{settings.Size} seed {settings.Seed}");

    private void WriteScenes()
    {
        using IProgressReporter progress = context.StartProgress("Drawing scenes", "images");
        SceneDataset.Write(settings.Data, settings.TrainImages, settings.ValImages, settings.Size, settings.Size, settings.Seed, (done, total) => progress.Report(done, total, ""), context.Stop);
    }

    private CheckpointContent? ReadCheckpoint(TrainingOptions options)
    {
        if (!File.Exists(settings.Checkpoint))
        {
            return null;
        }

        CheckpointContent checkpoint;
        try
        {
            checkpoint = CheckpointFile.Load(settings.Checkpoint);
        }
        catch (FcnSharpException e)
        {
            throw new FcnSharpException($"{e.Message} To start the demo anew, delete {settings.Checkpoint}.", e);
        }

        checkpoint.RequireSameSettings(settings.Checkpoint, Trainer.SettingsOf(NetName, options, DataName));
        return checkpoint;
    }

    private void Resume(Trainer trainer, CheckpointContent? checkpoint)
    {
        if (checkpoint is not null)
        {
            trainer.Resume(checkpoint, settings.Checkpoint);
            context.Note(FormattableString.Invariant($"Going on from step {trainer.Step} of {settings.Steps} ({settings.Checkpoint})"));
        }
    }

    private TimeSpan Train(Trainer trainer, TrainingLog log, Segmenter segmenter, ISegmentationDataset val)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            using IProgressReporter progress = context.StartProgress("Training", "steps", trainer.Step);
            RunSteps(trainer, log, segmenter, val, progress);
        }
        catch (OperationCanceledException)
        {
            CheckpointFile.Save(settings.Checkpoint, trainer.Checkpoint());
            context.Note(FormattableString.Invariant($"Stopped after step {trainer.Step} of {settings.Steps}; the same command goes on from there ({settings.Checkpoint})"));
            throw;
        }

        // Whoever stops the run while it predicts need not train again.
        CheckpointFile.Save(settings.Checkpoint, trainer.Checkpoint());
        return watch.Elapsed;
    }

    private void RunSteps(Trainer trainer, TrainingLog log, Segmenter segmenter, ISegmentationDataset val, IProgressReporter progress)
    {
        long checkpointEvery = Math.Clamp(settings.Steps / Checkpoints, 1, MostStepsAtRisk);
        long evaluateEvery = Math.Max(1, settings.Steps / EvaluationsDuringTraining);
        string meanIoU = "";
        while (trainer.Step < settings.Steps)
        {
            // Before the next step and not after the last: a run that was stopped while it evaluated does it when it goes on.
            if (trainer.Step > 0 && trainer.Step % evaluateEvery == 0 && !log.Entries.Any(e => e.Step == trainer.Step && e.MeanIoU is not null))
            {
                double value = SegmentationMetrics.From(Evaluator.Run(segmenter, val, cancellation: context.Stop)).MeanIoU;
                log.AddEvaluation(trainer.Step, value);
                meanIoU = string.Create(CultureInfo.InvariantCulture, $", val mean IU {100 * value:0.0}");
            }

            TrainingStep step = trainer.RunStep(context.Stop);
            log.Add(step);
            if (step.Step % checkpointEvery == 0)
            {
                CheckpointFile.Save(settings.Checkpoint, trainer.Checkpoint());
            }

            progress.Report(step.Step, settings.Steps, string.Create(CultureInfo.InvariantCulture, $"loss {step.Loss:0.000}{meanIoU}"));
        }
    }

    private (ConfusionMatrix Confusion, List<ReportSample> Samples) PredictOrSayHowToGoOn(Segmenter segmenter, ISegmentationDataset val)
    {
        try
        {
            return Predict(segmenter, val);
        }
        catch (OperationCanceledException)
        {
            context.Note($"The training is done and kept; the same command goes on after it ({settings.Checkpoint})");
            throw;
        }
    }

    private (ConfusionMatrix Confusion, List<ReportSample> Samples) Predict(Segmenter segmenter, ISegmentationDataset val)
    {
        foreach (string folder in (string[])[settings.Predictions, settings.Overlays])
        {
            OutputFolder.Create(folder);
            RemoveNumbered(folder);
        }

        Palette palette = Palette.Of(val.Classes);
        var samples = new List<ReportSample>();
        using IProgressReporter progress = context.StartProgress("Predicting", "images");
        ConfusionMatrix confusion = Evaluator.Run(
            segmenter,
            val,
            (sample, prediction, done) =>
            {
                PngFile.WriteLabels(Path.Combine(settings.Predictions, sample.Name + ".png"), prediction, palette);
                PngFile.WriteRgb(Path.Combine(settings.Overlays, sample.Name + ".png"), Overlay.Comparison(sample.Image, sample.Labels, prediction, palette, val.IgnoreIndex));
                if (samples.Count < ReportedScenes)
                {
                    samples.Add(new ReportSample(sample.Name, sample.Image, sample.Labels, prediction));
                }

                progress.Report(done, val.Count, "");
            },
            context.Stop);
        return (confusion, samples);
    }

    /// <summary>Removes the pictures of an earlier demo with other counts, which would stand among those of this one.</summary>
    private static void RemoveNumbered(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*.png").Where(f => Path.GetFileNameWithoutExtension(f).All(char.IsAsciiDigit)))
        {
            File.Delete(file);
        }
    }

    private void WriteReport(Network network, Trainer trainer, TrainingLog log, ConfusionMatrix confusion, List<ReportSample> samples, TimeSpan time, double imagesPerSecond)
    {
        var content = new ReportContent
        {
            Title = "FcnSharp demo",
            Summary = FormattableString.Invariant($"A mini FCN-8s, trained from scratch on {settings.TrainImages} generated scenes of {settings.Size}x{settings.Size} pixels and measured on {settings.ValImages} held-out ones."),
            Classes = SceneClasses.All,
            Confusion = confusion,
            TrainingTime = time,
            ImagesPerSecond = imagesPerSecond,
            Parameters = network.ParameterCount,
            Samples = samples,
            Reproduce = [settings.CommandLine],
        };
        HtmlReport.Write(settings.Report, content.With(log.Entries, trainer, device));
    }
}
