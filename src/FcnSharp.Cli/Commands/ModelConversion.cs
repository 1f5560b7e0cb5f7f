using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Imaging;
using FcnSharp.Models;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn convert --net`: weights from elsewhere become a model of a net of the catalogue.</summary>
internal static class ModelConversion
{
    private const string Extension = ".safetensors";

    private static readonly string[] VocNames =
    [
        "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse",
        "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ];

    /// <summary>What is asked for.</summary>
    /// <param name="Net">The net.</param>
    /// <param name="Classes">How many classes; 0 for the usual ones.</param>
    /// <param name="ClassFile">A file with their names and colours; null for those that are known, or numbers.</param>
    /// <param name="Padding">The border; null for the reference's where the file is of the net itself, else tight.</param>
    /// <param name="Input">The image that the weights expect; null for what the file or its names tell.</param>
    /// <param name="Partial">Whether weights may be missing, left over or of another shape.</param>
    /// <param name="Type">How the weights are stored.</param>
    internal sealed record Request(string Net, int Classes, string? ClassFile, BorderPadding? Padding, Preprocessing? Input, bool Partial, ElementType Type);

    /// <summary>Converts and tells what became of each tensor.</summary>
    public static void Run(string input, string output, Request request, bool json, CommandContext context)
    {
        if (!output.EndsWith(Extension, StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"a model is a {Extension} file; name the output so");
        }

        if (request is { ClassFile: not null, Classes: > 0 })
        {
            throw new UsageException("--class-file tells how many classes there are; leave --classes out");
        }

        NetEntry entry = Catalogue.Get(request.Net);
        IReadOnlyList<ClassInfo> classes = request.ClassFile is { } file ? ClassFile.Read(file) : ClassesOf(entry, request.Classes > 0 ? request.Classes : entry.UsualClasses);
        ModelDescription? model = ModelFile.FindDescription(input);
        LoadedWeights weights = WeightFile.Read(input, rejectNonFinite: true);
        var options = new NetOptions { Classes = classes.Count, Padding = BorderPadding.Reference };
        bool isWhole = entry.Kind == NetKind.Segmentation && PretrainedModel.IsComplete(request.Net, options, weights.Tensors);
        options = options with { Padding = request.Padding ?? (isWhole ? BorderPadding.Reference : BorderPadding.Tight) };

        using IDevice device = Devices.Open(context.Options);
        PretrainedModel made = PretrainedModel.Create(request.Net, options, classes, weights.Tensors, input, device, request.Input ?? model?.Preprocessing, partial: request.Partial);
        ModelFile.Save(output, made.Description, made.Tensors, request.Type);
        TransplantReport report = made.Report;
        if (json)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(ModelConversionResult.Of(input, weights.Report.Format, output, made), ModelConversionJson.Default.ModelConversionResult));
            return;
        }

        void Row(string name, string value) => ConvertCommand.WriteRow(context.Output, name, value);
        Row("read", $"{input} ({weights.Report.Format}, {report.Origin})");
        Row("written", $"{output} ({request.Type})");
        Row("net", $"{request.Net}, {string.Join(", ", options.ToStrings().Select(o => $"{o.Key} {o.Value}"))}");
        Row("parameters", made.Tensors.Sum(t => t.Tensor.Shape.ElementCount).ToString("N0", CultureInfo.InvariantCulture));
        Row("matched", report.Matched.Count.ToString(CultureInfo.InvariantCulture));
        RowOf(Row, "coerced", [.. report.Coerced.Select(c => $"{c.Name} {c.From} to {c.To} ({c.How})")]);
        RowOf(Row, "new", report.New);
        RowOf(Row, "dropped", report.Dropped);
        RowOf(Row, "missing", report.Missing);
        RowOf(Row, "unexpected", report.Unexpected);
        RowOf(Row, "mismatched", report.Mismatched);
    }

    private static void RowOf(Action<string, string> row, string name, IReadOnlyList<string> items)
    {
        const int MaxListed = 3;
        if (items.Count > 0)
        {
            row(name, string.Create(CultureInfo.InvariantCulture, $"{items.Count}: {string.Join(", ", items.Take(MaxListed))}{(items.Count > MaxListed ? ", ..." : "")}"));
        }
    }

    /// <summary>The names that are known for a count, in the colours of PASCAL VOC.</summary>
    private static IReadOnlyList<ClassInfo> ClassesOf(NetEntry entry, int count)
    {
        IReadOnlyList<string>? names = (entry.Kind, count) switch
        {
            (NetKind.Segmentation, 21) => VocNames,
            (NetKind.Classifier, ImageNetClasses.Count) => ImageNetClasses.Names,
            _ => null,
        };
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            (byte r, byte g, byte b) = Palette.Voc[i % Palette.MaxCount];
            return new ClassInfo(names?[i] ?? string.Create(CultureInfo.InvariantCulture, $"class {i}"), r, g, b);
        })];
    }
}

/// <summary>A model made of weights, for other programs.</summary>
/// <param name="Input">The file that was read.</param>
/// <param name="InputFormat">Its format.</param>
/// <param name="Output">The model that was written.</param>
/// <param name="Net">Its net.</param>
/// <param name="Options">What the net was built with.</param>
/// <param name="Origin">The net that the weights are of.</param>
/// <param name="Matched">Weights that were taken as they were.</param>
/// <param name="Coerced">Weights that were taken in another shape.</param>
/// <param name="New">Weights of the net that the origin does not have.</param>
/// <param name="Dropped">Tensors that the net has no use for.</param>
/// <param name="Missing">Weights that the file lacks.</param>
/// <param name="Unexpected">Tensors that are of no layer.</param>
/// <param name="Mismatched">Weights whose tensor has another shape.</param>
internal sealed record ModelConversionResult(
    string Input, string InputFormat, string Output, string Net, IReadOnlyDictionary<string, string> Options, string Origin,
    IReadOnlyList<string> Matched, IReadOnlyList<string> Coerced, IReadOnlyList<string> New, IReadOnlyList<string> Dropped,
    IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected, IReadOnlyList<string> Mismatched)
{
    /// <summary>Describes a conversion.</summary>
    public static ModelConversionResult Of(string input, string format, string output, PretrainedModel made) => new(
        input, format, output, made.Report.Net, made.Description.Architecture.Options, made.Report.Origin,
        made.Report.Matched, [.. made.Report.Coerced.Select(c => c.Name)], made.Report.New, made.Report.Dropped,
        made.Report.Missing, made.Report.Unexpected, made.Report.Mismatched);
}

/// <summary>Writes a conversion as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ModelConversionResult))]
internal sealed partial class ModelConversionJson : JsonSerializerContext;
