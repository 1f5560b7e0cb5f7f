using System.Text.Json.Serialization;

namespace FcnSharp.Cli.Bench;

/// <summary>What was measured of one case.</summary>
/// <param name="Case">The case's name.</param>
/// <param name="Pass">Its pass.</param>
/// <param name="Count">How many layers of the net have this shape.</param>
/// <param name="Threads">Threads it ran on.</param>
/// <param name="Ms">Median time of a run in milliseconds.</param>
/// <param name="Gflops">GFLOP/s as the definition counts, a multiply-add as two, whatever the algorithm saves; null where memory is what the primitive costs.</param>
/// <param name="PeakPercent">Share of the measured peak of multiply-adds; null likewise.</param>
/// <param name="Bytes">What must be moved at least: inputs, weights and outputs, each once.</param>
/// <param name="GbPerS">These bytes over the time, in 1e9 bytes a second.</param>
/// <param name="Geometry">What was run.</param>
internal sealed record BenchResult(string Case, string Pass, int Count, int Threads, double Ms, double? Gflops, double? PeakPercent, long Bytes, double GbPerS, BenchGeometry Geometry);

/// <summary>A case that could be measured.</summary>
/// <param name="Case">The case's name.</param>
/// <param name="Pass">Its pass.</param>
/// <param name="Count">How many layers of the net have this shape.</param>
/// <param name="Geometry">What would be run.</param>
internal sealed record BenchEntry(string Case, string Pass, int Count, BenchGeometry Geometry);

/// <summary>Writes results as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<BenchResult>))]
[JsonSerializable(typeof(IReadOnlyList<BenchEntry>))]
internal sealed partial class BenchResultJson : JsonSerializerContext;
