using System.Text.Json.Serialization;

namespace FcnSharp.Cli.Predict;

/// <summary>What a run did, as --json writes it.</summary>
/// <param name="Images">How many images were segmented and written.</param>
/// <param name="Failed">What could not be.</param>
/// <param name="Skipped">How many had all of their results already, under --resume.</param>
/// <param name="ImagesPerSecond">Images by seconds.</param>
/// <param name="Seconds">How long the images took, decoding and encoding included, without loading the model.</param>
/// <param name="Tiles">How images were cut that do not fit the memory as a whole.</param>
internal sealed record PredictSummary(int Images, IReadOnlyList<PredictFailure> Failed, int Skipped, double ImagesPerSecond, double Seconds, IReadOnlyList<PredictCut> Tiles);

/// <summary>Writes results as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PredictSummary))]
internal sealed partial class PredictSummaryJson : JsonSerializerContext;
