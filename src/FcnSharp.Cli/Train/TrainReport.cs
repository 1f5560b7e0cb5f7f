using System.Globalization;
using FcnSharp.Cli.Commands;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Evaluation;
using FcnSharp.Formats;
using FcnSharp.Inference;
using FcnSharp.Reports;
using FcnSharp.Tensors.Devices;
using FcnSharp.Training;

namespace FcnSharp.Cli.Train;

/// <summary>Measures the best model of a run and writes its report.</summary>
internal sealed class TrainReport(RunFolder folder, TrainRequest request, string net, TrainingData data, Trainer trainer, long parameters, TrainObserver observer, IDevice device, CommandContext context)
{
    private const int ReportedSamples = 8;

    /// <summary>Measures, writes, and returns the figures.</summary>
    public TrainResult Write(RunResult result, long firstStep)
    {
        (ConfusionMatrix confusion, List<ReportSample> samples) = Predict();
        SegmentationMetrics metrics = SegmentationMetrics.From(confusion);
        IReadOnlyList<TrainingLogEntry> log = TrainingLog.Read(folder.Log);
        var content = new ReportContent
        {
            Title = $"{net} on {Path.GetFileName(Path.GetFullPath(request.Data))}",
            Summary = string.Create(CultureInfo.InvariantCulture, $"{net}, trained on {data.Train.Count} images and measured on {data.Val.Count} held-out ones after step {result.BestStep}, the best of its evaluations."),
            Classes = data.Val.Classes,
            Confusion = confusion,
            IgnoreIndex = data.Val.IgnoreIndex,
            TrainingTime = firstStep == 0 ? observer.TrainingTime : null,
            ImagesPerSecond = observer.ImagesPerSecond,
            Parameters = parameters,
            Samples = samples,
            Reproduce = [request.CommandLine],
        };
        HtmlReport.Write(folder.Report, content.With(log, trainer, device));
        return new TrainResult(
            net,
            MetricFigures.Percent(metrics.PixelAccuracy),
            MetricFigures.Percent(metrics.MeanAccuracy),
            MetricFigures.Percent(metrics.MeanIoU),
            MetricFigures.Percent(metrics.FrequencyWeightedIoU),
            MetricFigures.OfClasses(data.Val.Classes, metrics),
            data.Val.Count,
            MetricFigures.Rows(confusion),
            parameters,
            trainer.Step,
            result.BestStep,
            result.StoppedEarly,
            firstStep,
            Math.Round(observer.TrainingTime.TotalSeconds, 3),
            Math.Round(observer.ImagesPerSecond, 2),
            folder.Model,
            folder.Report);
    }

    private (ConfusionMatrix Confusion, List<ReportSample> Samples) Predict()
    {
        // Spread over the set: the first images of a video look all alike.
        int spacing = Math.Max(1, data.Val.Count / ReportedSamples);
        var samples = new List<ReportSample>();
        using Segmenter segmenter = Segmenter.Load(folder.Model, device);
        using IProgressReporter progress = context.StartProgress("Measuring the best model", "images");
        ConfusionMatrix confusion = Evaluator.Run(
            segmenter,
            data.Val,
            (sample, prediction, done) =>
            {
                if ((done - 1) % spacing == 0 && samples.Count < ReportedSamples)
                {
                    samples.Add(new ReportSample(sample.Name, sample.Image, sample.Labels, prediction));
                }

                progress.Report(done, data.Val.Count, "");
            },
            context.Stop);
        return (confusion, samples);
    }
}
