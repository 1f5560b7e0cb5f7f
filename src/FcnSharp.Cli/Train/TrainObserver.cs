using System.Diagnostics;
using System.Globalization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Evaluation;
using FcnSharp.Imaging;
using FcnSharp.Training;

namespace FcnSharp.Cli.Train;

/// <summary>Shows a run's progress in images, and measures its time without the evaluations.</summary>
internal sealed class TrainObserver : ITrainingObserver, IDisposable
{
    // Single losses jump; this much of the shown one is kept from step to step.
    private const float Smoothing = 0.95f;
    private readonly TrainingOptions _options;
    private readonly int _imagesOfAnEpoch;
    private readonly IProgressReporter _progress;
    private readonly CommandContext _context;
    private readonly RunRecorder _recorder;
    private readonly Stopwatch _watch = new();
    private float? _loss;
    private string _metrics = "";
    private long _step;

    public TrainObserver(TrainingOptions options, int imagesOfAnEpoch, long firstStep, RunRecorder recorder, CommandContext context)
    {
        (_options, _imagesOfAnEpoch, _recorder, _context, _step, FirstStep) = (options, imagesOfAnEpoch, recorder, context, firstStep, firstStep);
        _progress = context.StartProgress("Training", "images", firstStep * options.ImagesPerStep);
        _watch.Start();
    }

    /// <summary>The step that this run began after.</summary>
    public long FirstStep { get; }

    /// <summary>The time of the training, without evaluations.</summary>
    public TimeSpan TrainingTime => _watch.Elapsed;

    /// <summary>Images trained on a second.</summary>
    public double ImagesPerSecond => (_step - FirstStep) * _options.ImagesPerStep / Math.Max(TrainingTime.TotalSeconds, 1e-9);

    /// <inheritdoc/>
    public void OnStep(TrainingStep step)
    {
        _watch.Start();
        _step = step.Step;
        _loss = _loss is { } loss ? Smoothing * loss + (1 - Smoothing) * step.Loss : step.Loss;
        Report("");
    }

    /// <inheritdoc/>
    public void OnEvaluating(int done, int total)
    {
        _watch.Stop();
        Report(string.Create(CultureInfo.InvariantCulture, $", evaluating {done}/{total}"));
    }

    /// <inheritdoc/>
    public void OnMeasured(long step, ConfusionMatrix confusion, IReadOnlyList<RgbImage> pictures) => _recorder.Evaluated(step, confusion, pictures);

    /// <inheritdoc/>
    public void OnEvaluated(long step, SegmentationMetrics metrics, bool isBest)
    {
        _watch.Start();
        _metrics = string.Create(CultureInfo.InvariantCulture, $"val IU {100 * metrics.MeanIoU:0.0}, ");
        Report("");
        if (!_context.Terminal.IsLive)
        {
            _context.Note(string.Create(CultureInfo.InvariantCulture, $"After step {step}: val mean IU {100 * metrics.MeanIoU:0.00}, pixel accuracy {100 * metrics.PixelAccuracy:0.00}{(isBest ? ", the best so far" : "")}"));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch.Stop();
        _progress.Dispose();
    }

    private void Report(string what)
    {
        long images = _step * _options.ImagesPerStep;
        // What matters most comes first: a narrow terminal cuts the end.
        string loss = _loss is { } value ? string.Create(CultureInfo.InvariantCulture, $"loss {value:0.000}, ") : "";
        string epoch = string.Create(CultureInfo.InvariantCulture, $"epoch {(double)images / _imagesOfAnEpoch:0.0}");
        _progress.Report(images, _options.Steps * _options.ImagesPerStep, $"{loss}{_metrics}{epoch}{what}");
    }
}
