using System.Globalization;
using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors;

namespace FcnSharp.Training;

/// <summary>When a run evaluates, saves and ends.</summary>
public sealed record RunOptions
{
    /// <summary>Steps between two evaluations on the held-out images, at least 1.</summary>
    public required long EvaluateEvery { get; init; }

    /// <summary>Steps between two checkpoints, at least 1.</summary>
    public required long CheckpointEvery { get; init; }

    /// <summary>How many checkpoints are kept.</summary>
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>The run ends after so many evaluations without a better one; 0 for never.</summary>
    public int Patience { get; init; }
}

/// <summary>What a run tells while it goes on.</summary>
public interface ITrainingObserver
{
    /// <summary>A step is done.</summary>
    void OnStep(TrainingStep step);

    /// <summary>An image of an evaluation is done.</summary>
    /// <param name="done">So many now.</param>
    /// <param name="total">Of so many.</param>
    void OnEvaluating(int done, int total);

    /// <summary>An evaluation is measured; <see cref="OnEvaluated"/> follows.</summary>
    /// <param name="step">After this step.</param>
    /// <param name="confusion">Pixels of each true class by predicted class.</param>
    /// <param name="pictures">A few held-out images, each as image, truth, prediction and errors side by side.</param>
    void OnMeasured(long step, ConfusionMatrix confusion, IReadOnlyList<RgbImage> pictures)
    {
    }

    /// <summary>An evaluation is done.</summary>
    /// <param name="step">After this step.</param>
    /// <param name="metrics">Its figures.</param>
    /// <param name="isBest">Whether no earlier one was better.</param>
    void OnEvaluated(long step, SegmentationMetrics metrics, bool isBest);

    /// <summary>A checkpoint is written.</summary>
    /// <param name="path">Its file.</param>
    void OnCheckpoint(string path)
    {
    }
}

/// <summary>How a run ended.</summary>
/// <param name="BestStep">The step of the best evaluation.</param>
/// <param name="BestMeanIoU">Its mean IoU, 0 to 1.</param>
/// <param name="StoppedEarly">Whether it ended for want of progress.</param>
public sealed record RunResult(long BestStep, double BestMeanIoU, bool StoppedEarly);

/// <summary>
/// A whole training in a folder: steps, evaluations on held-out images, checkpoints, the best model. It may be stopped or killed at
/// any moment: the same run started again goes on from the last checkpoint and ends with the same bits.
/// </summary>
public sealed class TrainingRun
{
    private const int Pictures = 4;
    private readonly Trainer _trainer;
    private readonly Network _network;
    private readonly ModelDescription _description;
    private readonly ISegmentationDataset _val;
    private readonly RunFolder _folder;
    private readonly RunOptions _options;
    private readonly ITrainingObserver _observer;
    private readonly CheckpointStore _checkpoints;

    /// <summary>Prepares a run.</summary>
    /// <param name="trainer">Does the steps; resumed already where there is a checkpoint.</param>
    /// <param name="network">The net that it trains.</param>
    /// <param name="description">The model it will become.</param>
    /// <param name="val">The held-out images that the best model is chosen by.</param>
    /// <param name="folder">Where everything is written.</param>
    /// <param name="options">When to evaluate, save and end.</param>
    /// <param name="observer">Is told what happens.</param>
    public TrainingRun(Trainer trainer, Network network, ModelDescription description, ISegmentationDataset val, RunFolder folder, RunOptions options, ITrainingObserver observer)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(options);
        (_trainer, _network, _description, _val, _folder, _options, _observer) = (trainer, network, description, val, folder, options, observer);
        _checkpoints = folder.Checkpoints(options.KeepCheckpoints);
    }

    /// <summary>Runs to the end, or until it is cancelled: then a checkpoint of the last whole step is written first.</summary>
    /// <param name="cancellation">Ends it between layers.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="FcnSharpException">The loss diverged, an image cannot be read, or a file cannot be written; the last checkpoint stays.</exception>
    public RunResult Run(CancellationToken cancellation = default)
    {
        using var log = new TrainingLog(_folder.Log, _trainer.Step);
        using var events = TensorBoardWriter.Create(_folder.Events, firstStep: _trainer.Step == 0 ? 0 : _trainer.Step + 1);
        using var segmenter = new Segmenter(_network, _description);
        try
        {
            return Run(log, events, segmenter, cancellation);
        }
        catch (OperationCanceledException)
        {
            Save();
            throw;
        }
        catch (FcnSharpException e) when (e is not DivergedException)
        {
            // An image that cannot be read must not cost the steps since the last checkpoint; a full disk may.
            TrySave();
            throw;
        }
    }

    private RunResult Run(TrainingLog log, TensorBoardWriter events, Segmenter segmenter, CancellationToken cancellation)
    {
        long steps = _trainer.Options.Steps;
        bool stop = HasStalled(log);
        while (true)
        {
            // After a step and before the next: a run that was stopped while it evaluated does it when it goes on.
            long done = _trainer.Step;
            if (done > 0 && (done % _options.EvaluateEvery == 0 || done >= steps) && !log.Entries.Any(e => e.Step == done && e.MeanIoU is not null))
            {
                Evaluate(log, events, segmenter, cancellation);
                stop = HasStalled(log);
            }

            if (done >= steps || stop)
            {
                Save();
                (long best, double meanIoU) = Best(log);
                return new RunResult(best, meanIoU, stop && done < steps);
            }

            TrainingStep step = _trainer.RunStep(cancellation);
            log.Add(step);
            events.AddScalar("train/loss", step.Step, step.Loss);
            events.AddScalar("train/learning_rate", step.Step, step.LearningRate);
            _observer.OnStep(step);
            if (step.Step % _options.CheckpointEvery == 0)
            {
                Save();
            }
        }
    }

    private void Evaluate(TrainingLog log, TensorBoardWriter events, Segmenter segmenter, CancellationToken cancellation)
    {
        Palette palette = Palette.Of([.. _val.Classes.Take(Palette.MaxCount)]);
        var pictures = new List<RgbImage>();
        ConfusionMatrix confusion = Evaluator.Run(
            segmenter,
            _val,
            (sample, prediction, done) =>
            {
                if (pictures.Count < Pictures && (done - 1) % Math.Max(1, _val.Count / Pictures) == 0)
                {
                    pictures.Add(Overlay.Comparison(sample.Image, sample.Labels, prediction, palette, _val.IgnoreIndex));
                }

                _observer.OnEvaluating(done, _val.Count);
            },
            cancellation);
        SegmentationMetrics metrics = SegmentationMetrics.From(confusion);
        double best = Best(log).MeanIoU;
        bool isBest = !(metrics.MeanIoU <= best);
        ModelDescription description = _description with
        {
            Recipe = new Dictionary<string, string>(_trainer.Settings) { ["step"] = _trainer.Step.ToString(CultureInfo.InvariantCulture) },
            Metrics = metrics.ForModel(),
        };
        if (isBest)
        {
            ModelFile.Save(_folder.Model, description, [.. _network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        }

        // The model before the line: killed between the two, the evaluation is done again and gives the same model.
        log.AddEvaluation(_trainer.Step, metrics.MeanIoU);
        AddEvents(events, metrics, pictures);
        _observer.OnMeasured(_trainer.Step, confusion, pictures);
        _observer.OnEvaluated(_trainer.Step, metrics, isBest);
    }

    private void AddEvents(TensorBoardWriter events, SegmentationMetrics metrics, List<RgbImage> pictures)
    {
        events.AddScalar("val/pixel_accuracy", _trainer.Step, metrics.PixelAccuracy);
        events.AddScalar("val/mean_accuracy", _trainer.Step, metrics.MeanAccuracy);
        events.AddScalar("val/mean_iou", _trainer.Step, metrics.MeanIoU);
        events.AddScalar("val/fw_iou", _trainer.Step, metrics.FrequencyWeightedIoU);
        for (int i = 0; i < metrics.ClassIoU.Count; i++)
        {
            events.AddScalar($"val_class_iou/{_val.Classes[i].Name}", _trainer.Step, metrics.ClassIoU[i]);
        }

        for (int i = 0; i < pictures.Count; i++)
        {
            events.AddImage(string.Create(CultureInfo.InvariantCulture, $"val/picture_{i}"), _trainer.Step, pictures[i]);
        }
    }

    private void Save() => _observer.OnCheckpoint(_checkpoints.Save(_trainer.Checkpoint()));

    private void TrySave()
    {
        try
        {
            Save();
        }
        catch (FcnSharpException)
        {
            // What led here is the failure to report.
        }
    }

    private bool HasStalled(TrainingLog log)
    {
        if (_options.Patience == 0)
        {
            return false;
        }

        long best = Best(log).Step;
        return log.Entries.Count(e => e.MeanIoU is not null && e.Step > best) >= _options.Patience;
    }

    /// <summary>The first of the best evaluations; step 0 when there is none.</summary>
    private static (long Step, double MeanIoU) Best(TrainingLog log)
    {
        (long Step, double MeanIoU) best = (0, double.NegativeInfinity);
        foreach (TrainingLogEntry entry in log.Entries)
        {
            if (entry.MeanIoU is { } value && value > best.MeanIoU)
            {
                best = (entry.Step, value);
            }
        }

        return best;
    }
}
