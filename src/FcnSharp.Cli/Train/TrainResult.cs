using System.Text.Json.Serialization;
using FcnSharp.Cli.Commands;

namespace FcnSharp.Cli.Train;

/// <summary>The figures of a training, as --json writes them: those of the best model on the held-out images, in per cent.</summary>
internal sealed record TrainResult(
    string Net,
    double? PixelAccuracy,
    double? MeanAccuracy,
    double? MeanIoU,
    double? FrequencyWeightedIoU,
    IReadOnlyList<ClassFigures> Classes,
    int Images,
    IReadOnlyList<IReadOnlyList<long>> Confusion,
    long Parameters,
    long Steps,
    long BestStep,
    bool StoppedEarly,
    long ResumedAt,
    double TrainSeconds,
    double ImagesPerSecond,
    string Model,
    string Report);

/// <summary>Writes the figures as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TrainResult))]
internal sealed partial class TrainResultJson : JsonSerializerContext;
