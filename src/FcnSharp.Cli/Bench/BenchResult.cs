using System.Text.Json.Serialization;

namespace FcnSharp.Cli.Bench;

/// <summary>What was measured of one case.</summary>
/// <param name="Case">The case's name.</param>
/// <param name="Pass">Its pass.</param>
/// <param name="Threads">Threads it ran on.</param>
/// <param name="Ms">Median time of a run in milliseconds.</param>
/// <param name="Gflops">GFLOP/s, a multiply-add counting as two; null where memory is what the primitive costs.</param>
/// <param name="PeakPercent">Share of the measured peak of multiply-adds; null likewise.</param>
/// <param name="Bytes">Memory of a run: operands, results and scratch, without weights.</param>
/// <param name="Geometry">What was run.</param>
internal sealed record BenchResult(string Case, string Pass, int Threads, double Ms, double? Gflops, double? PeakPercent, long Bytes, BenchGeometry Geometry);

/// <summary>Writes the results as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<BenchResult>))]
internal sealed partial class BenchResultJson : JsonSerializerContext;
