using System.Globalization;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Cli.Commands;

/// <summary>What `fcn info` tells of a net or a model file: every layer and what it costs.</summary>
internal sealed record InfoCommandNet(
    string Name,
    string? File,
    IReadOnlyDictionary<string, string> Options,
    IReadOnlyList<string>? ClassNames,
    InfoCommandInput? Preprocessing,
    ModelMetrics? Metrics,
    IReadOnlyList<int> Input,
    IReadOnlyList<InfoCommandLayer> Layers,
    long Parameters,
    long UpsamplingParameters,
    int Convolutions,
    int Depth,
    double? ReceptiveField,
    double? Stride,
    long MultiplyAdds,
    long WeightBytes,
    long LiveBytes,
    long? TrainingLiveBytes)
{
    private static readonly string[] Units = ["", "k", "M", "G", "T"];

    /// <summary>Describes a net of the catalogue or of a file.</summary>
    /// <param name="name">The net's name.</param>
    /// <param name="options">What it is built with.</param>
    /// <param name="size">Height and width of the image; the net's usual ones when null.</param>
    /// <param name="file">The model file and its description, if the net is of one.</param>
    public static InfoCommandNet Of(string name, NetOptions options, (int Height, int Width)? size, (string Path, ModelDescription Description)? file)
    {
        NetEntry entry = Catalogue.Get(name);
        NetGraph graph = Catalogue.Build(name, options);
        (int height, int width) = size ?? (entry.Size, entry.Size);
        NetSummary summary = NetSummary.Of(graph, new Shape(1, graph.Inputs[0].Channels, height, width), entry.Kind == NetKind.Classifier ? "probabilities" : "classes");
        ModelDescription? description = file?.Description;
        return new InfoCommandNet(
            name,
            file?.Path,
            options.ToStrings(),
            description is null ? null : [.. description.Classes.Select(c => c.Name)],
            InfoCommandInput.Of(description?.Preprocessing ?? entry.Preprocessing),
            description?.Metrics,
            summary.Input.ToArray(),
            [.. summary.Layers.Select(l => new InfoCommandLayer(l.Name, l.Kind, l.Output.ToArray(), l.Parameters, l.ReceptiveField, l.Stride, l.MultiplyAdds, l.Bytes))],
            summary.Parameters,
            summary.UpsamplingParameters,
            summary.Convolutions,
            summary.Depth,
            summary.ReceptiveField,
            summary.Stride,
            summary.MultiplyAdds,
            graph.Parameters.Sum(p => p.Shape.ElementCount) * sizeof(float),
            summary.LiveBytes,
            summary.TrainingLiveBytes);
    }

    /// <summary>Writes it for people: a table of the layers, then the totals.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="lineWidth">The columns that there are; where the table needs more its numbers are rounded.</param>
    public void WriteText(TextWriter output, int lineWidth)
    {
        string[] table = Table(["layer", "kind", "output", "parameters", "field", "stride", "multiply-adds", "memory"], Count, "  ");
        if (table.Any(line => line.Length > lineWidth))
        {
            table = Table(["layer", "kind", "output", "params", "field", "stride", "macs", "memory"], Rounded, " ");
        }

        foreach (string line in table)
        {
            output.WriteLine(line);
        }

        output.WriteLine();
        (string Name, string Value)[] totals = [.. Totals()];
        int width = totals.Max(t => t.Name.Length) + 2;
        foreach ((string name, string value) in totals)
        {
            output.WriteLine(TextWrap.AtBlanks(name.PadRight(width) + value, lineWidth, width));
        }
    }

    private IEnumerable<(string Name, string Value)> Totals()
    {
        yield return ("net", Name);
        if (File is not null)
        {
            yield return ("file", File);
        }

        yield return ("options", string.Join(", ", Options.Select(o => $"{o.Key} {o.Value}")));
        if (ClassNames is not null)
        {
            yield return ("classes", string.Join(", ", ClassNames));
        }

        yield return ("image", string.Join('x', Input));
        if (Preprocessing is { } p)
        {
            yield return ("input", $"{p.Order}, mean {Join(p.Mean)}, scale {Join(p.Scale)}");
        }

        yield return ("parameters", UpsamplingParameters > 0 ? $"{Count(Parameters)}, {Count(UpsamplingParameters)} of them for upsampling" : Count(Parameters));
        yield return ("convolutions", string.Create(CultureInfo.InvariantCulture, $"{Convolutions}, {Depth} deep"));
        yield return ("receptive field", $"{Number(ReceptiveField)} at stride {Number(Stride)}");
        yield return ("multiply-adds", Count(MultiplyAdds));
        yield return ("weights", ByteSize.Format(WeightBytes));
        yield return ("held at once", ByteSize.Format(LiveBytes) + (TrainingLiveBytes is { } training ? $", in training {ByteSize.Format(training)}" : ""));
        if (Metrics is { } m)
        {
            yield return ("metrics", string.Create(CultureInfo.InvariantCulture, $"{100 * m.MeanIoU:0.0} mean IU, {100 * m.PixelAccuracy:0.0} pixel accuracy"));
        }
    }

    /// <summary>The lines of the table of layers: names to the left, numbers to the right.</summary>
    private string[] Table(string[] heads, Func<long, string> count, string gap)
    {
        string[][] rows = [heads, .. Layers.Select(l => Row(l, count))];
        int[] widths = [.. Enumerable.Range(0, heads.Length).Select(i => rows.Max(r => r[i].Length))];
        return [.. rows.Select(row => string.Join(gap, row.Select((cell, i) => i < 3 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd())];
    }

    private static string[] Row(InfoCommandLayer l, Func<long, string> count) =>
        [l.Name, l.Kind, string.Join('x', l.Output), count(l.Parameters), Number(l.ReceptiveField), Number(l.Stride), count(l.MultiplyAdds), l.Bytes == 0 ? "-" : ByteSize.Format(l.Bytes)];

    /// <summary>Three digits, such as 19.7G.</summary>
    private static string Rounded(long number)
    {
        double amount = number;
        int unit = 0;
        for (; amount >= 999.5 && unit < Units.Length - 1; unit++)
        {
            amount /= 1000;
        }

        string digits = unit == 0 || amount >= 99.95 ? "0" : amount < 9.995 ? "0.00" : "0.0";
        return number == 0 ? "-" : amount.ToString(digits, CultureInfo.InvariantCulture) + Units[unit];
    }

    private static string Count(long number) => number == 0 ? "-" : number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Join(IEnumerable<float> values) => string.Join(' ', values.Select(v => v.ToString(CultureInfo.InvariantCulture)));
}

/// <summary>How an image becomes the net's input, in the words of docs/formats.md.</summary>
internal sealed record InfoCommandInput(string Order, IReadOnlyList<float> Mean, IReadOnlyList<float> Scale)
{
    /// <summary>The description of a preprocessing; null for none.</summary>
    public static InfoCommandInput? Of(Preprocessing? p) => p is null ? null : new(p.Order == ChannelOrder.Bgr ? "BGR" : "RGB", p.Mean, p.Scale);
}

/// <summary>One layer, its output as [N, C, H, W].</summary>
internal sealed record InfoCommandLayer(string Name, string Kind, IReadOnlyList<int> Output, long Parameters, double? ReceptiveField, double? Stride, long MultiplyAdds, long Bytes);

/// <summary>Writes the description as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(InfoCommandNet))]
internal sealed partial class InfoCommandNetJson : JsonSerializerContext;
