using System.Text.Json.Serialization;

namespace FcnSharp.Cli.Bench;

/// <summary>A case in the terms of every library. Square windows, batch 1, FP32, NCHW.</summary>
/// <param name="Operation">One of <see cref="BenchOperations"/>.</param>
/// <param name="Input">The input's shape [N, C, H, W].</param>
/// <param name="Weight">
/// The weight's shape for convolutions; the side of the window for pooling and local response normalisation; the output's height and
/// width for a resize; the channels of each part for a concatenation; else empty.
/// </param>
/// <param name="Stride">Stride on both axes.</param>
/// <param name="Padding">Padding on all sides.</param>
/// <param name="Relu">Whether ReLU follows and is timed with it.</param>
/// <param name="CeilMode">Whether pooling rounds the output's size up.</param>
internal sealed record BenchGeometry(string Operation, IReadOnlyList<int> Input, IReadOnlyList<int> Weight, int Stride = 1, int Padding = 0, bool Relu = false, bool CeilMode = false)
{
    /// <summary>The same text for the same geometry, which the record's own equality, by reference to its lists, is not.</summary>
    [JsonIgnore]
    public string Key => $"{Operation} {string.Join('x', Input)} {string.Join('x', Weight)} {Stride} {Padding} {Relu} {CeilMode}";
}
