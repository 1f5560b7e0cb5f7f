using System.Text.Json.Serialization;

namespace FcnSharp.Server.Runs;

/// <summary>The answer of GET /v1/runs.</summary>
internal sealed record RunListAnswer(IReadOnlyList<RunSummary> Runs);

/// <summary>A run in one line; shares in per cent.</summary>
internal sealed record RunSummary(string Name, string? Net, string? Dataset, string State, long Step, long? Steps, double? MeanIoU);

/// <summary>The answer of GET /v1/runs/NAME; shares in per cent.</summary>
internal sealed record RunAnswer(
    string Name,
    string? Net,
    string? Dataset,
    string State,
    long Step,
    long? Steps,
    double? MeanIoU,
    long? BestStep,
    long? Parameters,
    IReadOnlyDictionary<string, string> Settings,
    IReadOnlyList<RunClassAnswer> Classes,
    EvaluationAnswer? Evaluation);

/// <summary>A class with its colour as web pages write it.</summary>
internal sealed record RunClassAnswer(int Id, string Name, string Color);

/// <summary>The figures of an evaluation, in per cent; the confusion matrix in pixels, null where it was not kept.</summary>
internal sealed record EvaluationAnswer(
    long? Step,
    double? PixelAccuracy,
    double? MeanAccuracy,
    double? MeanIoU,
    double? FrequencyWeightedIoU,
    IReadOnlyList<double?> PerClass,
    IReadOnlyList<IReadOnlyList<long>>? Confusion);

/// <summary>The answer of GET /v1/runs/NAME/log: lines behind a place, the place behind them, whether the log was begun anew.</summary>
internal sealed record LogAnswer(IReadOnlyList<LogEntryAnswer> Entries, long Next, bool Restarted);

/// <summary>A line of the log: of a step, or of an evaluation with its mean IU in per cent.</summary>
internal sealed record LogEntryAnswer(
    long Step,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Loss,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LearningRate,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? MeanIoU);

/// <summary>The answer of GET /v1/runs/NAME/samples.</summary>
internal sealed record SamplesAnswer(IReadOnlyList<SampleAnswer> Samples);

/// <summary>A picture of the latest evaluation: image | truth | prediction | errors.</summary>
internal sealed record SampleAnswer(string File, long Bytes, DateTimeOffset Written);

/// <summary>JSON of the runs without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunListAnswer))]
[JsonSerializable(typeof(RunAnswer))]
[JsonSerializable(typeof(LogAnswer))]
[JsonSerializable(typeof(SamplesAnswer))]
internal sealed partial class RunJson : JsonSerializerContext;
