using System.Text.Json.Serialization;

namespace FcnSharp.Server.Api;

/// <summary>The body of a problem.</summary>
internal sealed record ProblemAnswer(string Type, string Title, int Status, string Detail);

/// <summary>The body of GET /v1/models.</summary>
internal sealed record ModelsAnswer(IReadOnlyList<ModelAnswer> Models);

/// <summary>A model that is served.</summary>
internal sealed record ModelAnswer(string Name, bool Default, string Net, long Parameters, string? TrainedOn, IReadOnlyList<ClassAnswer> Classes, MetricsAnswer? Metrics);

/// <summary>A class of a model.</summary>
internal sealed record ClassAnswer(int Id, string Name, string Color);

/// <summary>How well a model did on its validation set, in per cent; null where that is not defined.</summary>
internal sealed record MetricsAnswer(double? PixelAccuracy, double? MeanAccuracy, double? MeanIoU, double? FrequencyWeightedIoU, IReadOnlyList<double?> PerClass);

/// <summary>JSON of the API without reflection, so that the server can be trimmed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(ModelsAnswer))]
internal sealed partial class ApiJson : JsonSerializerContext;
