using System.Text.Json.Serialization;
using FcnSharp.Cli.Commands;
using FcnSharp.Data;
using FcnSharp.Evaluation;

namespace FcnSharp.Cli.Demo;

/// <summary>The figures of a demo, as --json writes them. Metrics are in per cent; time and speed are those of the steps after ResumedAt.</summary>
internal sealed record DemoResult(
    double? PixelAccuracy,
    double? MeanAccuracy,
    double? MeanIoU,
    double? FrequencyWeightedIoU,
    IReadOnlyList<DemoClass> Classes,
    int Images,
    IReadOnlyList<IReadOnlyList<long>> Confusion,
    long Parameters,
    int Steps,
    long ResumedAt,
    double TrainSeconds,
    double ImagesPerSecond,
    string Folder,
    string Model,
    string Report)
{
    public static DemoResult From(DemoSettings settings, SegmentationMetrics metrics, ConfusionMatrix confusion, ISegmentationDataset val, long parameters, long resumedAt, TimeSpan time, double imagesPerSecond) => new(
        MetricFigures.Percent(metrics.PixelAccuracy),
        MetricFigures.Percent(metrics.MeanAccuracy),
        MetricFigures.Percent(metrics.MeanIoU),
        MetricFigures.Percent(metrics.FrequencyWeightedIoU),
        [.. val.Classes.Select((c, i) => new DemoClass(c.Name, MetricFigures.Percent(metrics.ClassIoU[i]), metrics.ClassPixels[i]))],
        val.Count,
        MetricFigures.Rows(confusion),
        parameters,
        settings.Steps,
        resumedAt,
        Math.Round(time.TotalSeconds, 3),
        Math.Round(imagesPerSecond, 1),
        settings.Folder,
        settings.Model,
        settings.Report);
}

/// <summary>The figures of one class.</summary>
internal sealed record DemoClass(string Name, double? Iou, long Pixels);

/// <summary>Writes the figures as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DemoResult))]
internal sealed partial class DemoResultJson : JsonSerializerContext;
