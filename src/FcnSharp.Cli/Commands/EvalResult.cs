using System.Text.Json.Serialization;
using FcnSharp.Evaluation;

namespace FcnSharp.Cli.Commands;

/// <summary>What an evaluation found, as --json writes it. Metrics are in per cent.</summary>
/// <param name="Model">The model's file.</param>
/// <param name="Data">The dataset's folder.</param>
/// <param name="Split">The part of it.</param>
/// <param name="Images">How many images that is.</param>
/// <param name="ImagesPerSecond">Reading, computing and, where it was asked for, writing pictures.</param>
/// <param name="PixelAccuracy">Of all pixels that are not void.</param>
/// <param name="MeanAccuracy">Mean over the classes that the truth has.</param>
/// <param name="MeanIoU">Mean over the classes that truth or predictions have.</param>
/// <param name="FrequencyWeightedIoU">Mean weighted by the classes' pixels.</param>
/// <param name="Classes">The figures of each class.</param>
/// <param name="Confusion">Pixels by true class (rows) and predicted class.</param>
internal sealed record EvalResult(
    string Model,
    string Data,
    string Split,
    int Images,
    double ImagesPerSecond,
    double? PixelAccuracy,
    double? MeanAccuracy,
    double? MeanIoU,
    double? FrequencyWeightedIoU,
    IReadOnlyList<ClassFigures> Classes,
    IReadOnlyList<IReadOnlyList<long>> Confusion)
{
    public static EvalResult From(string model, string data, string split, int images, TimeSpan time, IReadOnlyList<ClassInfo> classes, ConfusionMatrix confusion)
    {
        SegmentationMetrics metrics = SegmentationMetrics.From(confusion);
        return new(
            model,
            data,
            split,
            images,
            Math.Round(images / Math.Max(time.TotalSeconds, 1e-9), 2),
            MetricFigures.Percent(metrics.PixelAccuracy),
            MetricFigures.Percent(metrics.MeanAccuracy),
            MetricFigures.Percent(metrics.MeanIoU),
            MetricFigures.Percent(metrics.FrequencyWeightedIoU),
            MetricFigures.OfClasses(classes, metrics),
            MetricFigures.Rows(confusion));
    }
}

/// <summary>Writes results as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EvalResult))]
internal sealed partial class EvalResultJson : JsonSerializerContext;
