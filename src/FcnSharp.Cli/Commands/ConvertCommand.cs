using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Formats;
using FcnSharp.Models;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn convert`: weights from one file format into another, or into a model of a net.</summary>
internal sealed class ConvertCommand : Verb
{
    private const int MaxListed = 5;
    private readonly Argument<string> _input = new("input") { Description = "Weights: .safetensors, .pth, .pt, .npz, .npy or .caffemodel; told by the content." };
    private readonly Argument<string> _output = new("output") { Description = "The file to write: .safetensors, .npz or .caffemodel." };
    private readonly Option<bool> _half = new("--half") { Description = "Store 16-bit floats, at half the size; .safetensors only." };
    private readonly Option<string?> _net = new("--net") { Description = "Make a model of this net, which fcn predict can use; fcn info lists what there is.", HelpName = "name" };
    private readonly Option<int> _classes = Numbers.WholeNumber("--classes", "With --net: its classes; the usual ones if not given.", 0, 2, ushort.MaxValue);
    private readonly Option<string?> _classFile = new("--class-file") { Description = "With --net: its classes from a file, name r g b in each line.", HelpName = "file" };
    private readonly Option<string?> _padding = new("--padding") { Description = "With --net: border of an FCN; reference for weights trained so, as published ones are.", HelpName = "tight|reference" };
    private readonly Option<string?> _expected = InputOption.Create();
    private readonly Option<bool> _partial = new("--partial") { Description = "With --net: allow weights that are missing, left over or of another shape." };
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON object for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public ConvertCommand()
        : base(
            "convert",
            "Convert weights between file formats.",
            "fcn convert squeezenet1_0.pth squeezenet1_0.safetensors --half",
            "fcn convert bvlc_googlenet.caffemodel start.safetensors --net fcn8s-googlenet")
    {
        _output.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', ..] option }])
            {
                result.AddError($"unknown option '{option}'");
            }
        });
        _padding.CompletionSources.Add(Paddings.Words);
        _padding.Validators.Add(Paddings.RefuseOthers);
        _net.CompletionSources.Add([.. Catalogue.Names]);
        Add(_input);
        Add(_output);
        Add(_half);
        Add(_net);
        Add(_classes);
        Add(_classFile);
        Add(_padding);
        Add(_expected);
        Add(_partial);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string input = parsed.GetRequiredValue(_input);
        string output = parsed.GetRequiredValue(_output);
        ElementType type = parsed.GetValue(_half) ? ElementType.F16 : ElementType.F32;
        if (WeightConverter.Problem(output, type) is { } problem)
        {
            throw new UsageException(problem);
        }

        if (parsed.GetValue(_net) is { } net)
        {
            ModelConversion.Request request = new(
                net, parsed.GetValue(_classes), parsed.GetValue(_classFile), Paddings.Parse(parsed.GetValue(_padding)), InputOption.Parse(parsed.GetValue(_expected)), parsed.GetValue(_partial), type);
            ModelConversion.Run(input, output, request, parsed.GetValue(_json), context);
            return ExitCodes.Success;
        }

        if (((Option[])[_classes, _classFile, _padding, _expected, _partial]).Any(option => parsed.GetResult(option) is { Implicit: false }))
        {
            throw new UsageException("--classes, --class-file, --padding, --input and --partial are of a net; name it by --net");
        }

        Conversion done = WeightConverter.Convert(input, output, type);
        foreach (string problemOfValues in done.NonFinite)
        {
            context.Note($"warning: {problemOfValues}: no net can use it");
        }

        if (parsed.GetValue(_json))
        {
            context.Output.WriteLine(JsonSerializer.Serialize(ConversionJson.Of(input, output, type, done), ConversionJsonContext.Default.ConversionJson));
        }
        else
        {
            WriteText(input, output, type, done, context.Output);
        }

        return ExitCodes.Success;
    }

    private static void WriteText(string input, string output, ElementType type, Conversion done, TextWriter writer)
    {
        WriteRow(writer, "read", $"{input} ({done.Report.Format})");
        WriteRow(writer, "written", $"{output} ({type})");
        WriteRow(writer, "tensors", done.Tensors.ToString(CultureInfo.InvariantCulture));
        WriteRow(writer, "parameters", done.Parameters.ToString("N0", CultureInfo.InvariantCulture));
        foreach (IGrouping<ElementType, WeightEntry> group in done.Report.Coerced.GroupBy(e => e.Type))
        {
            WriteRow(writer, "coerced", string.Create(CultureInfo.InvariantCulture, $"{group.Count()} of {done.Tensors} tensors from {group.Key}"));
        }

        foreach (SkippedEntry skipped in done.Report.Skipped.Take(MaxListed))
        {
            WriteRow(writer, "skipped", $"{skipped.Name}: {skipped.Reason}");
        }

        if (done.Report.Skipped.Count > MaxListed)
        {
            WriteRow(writer, "skipped", string.Create(CultureInfo.InvariantCulture, $"{done.Report.Skipped.Count - MaxListed} more; --json lists all"));
        }

        foreach (string note in done.Report.Notes)
        {
            WriteRow(writer, "note", note);
        }
    }

    /// <summary>Writes a name and a value. Names come from the file: what would break the line, or move the cursor, is shown by its code.</summary>
    internal static void WriteRow(TextWriter writer, string name, string value) =>
        writer.WriteLine(name.PadRight(12) + PlainText.Of(value));
}

/// <summary>A conversion as one JSON object.</summary>
/// <param name="Input">The file that was read.</param>
/// <param name="InputFormat">Its format.</param>
/// <param name="Output">The file that was written.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Tensors">How many tensors it holds.</param>
/// <param name="Parameters">How many elements they have together.</param>
/// <param name="Coerced">The stored types of the tensors that were converted to F32, by name.</param>
/// <param name="Skipped">What was not read, with the reason, by name.</param>
/// <param name="Notes">What was decided.</param>
/// <param name="NonFinite">Where NaN and infinities are.</param>
internal sealed record ConversionJson(
    string Input, string InputFormat, string Output, string Type, int Tensors, long Parameters,
    IReadOnlyList<ConversionJson.Item> Coerced, IReadOnlyList<ConversionJson.Item> Skipped, IReadOnlyList<string> Notes, IReadOnlyList<string> NonFinite)
{
    /// <summary>Describes a conversion.</summary>
    public static ConversionJson Of(string input, string output, ElementType type, Conversion done) => new(
        input, done.Report.Format, output, type.ToString(), done.Tensors, done.Parameters,
        [.. done.Report.Coerced.Select(e => new Item(e.Name, e.Type.ToString()))],
        [.. done.Report.Skipped.Select(s => new Item(s.Name, s.Reason))],
        done.Report.Notes, done.NonFinite);

    /// <summary>One entry of the file.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="What">Its stored type, or why it was left out.</param>
    internal sealed record Item(string Name, string What);
}

/// <summary>Writes a conversion as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ConversionJson))]
internal sealed partial class ConversionJsonContext : JsonSerializerContext;
