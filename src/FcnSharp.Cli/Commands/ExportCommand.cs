using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Formats;
using FcnSharp.Formats.Onnx;
using FcnSharp.Models;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn export`: a model for ONNX runtimes.</summary>
internal sealed class ExportCommand : Verb
{
    private readonly Option<string?> _model = ModelOption.Create();
    private readonly Option<string> _output = new("--out") { Description = "The .onnx file to write.", HelpName = "file", Required = true };
    private readonly Option<int> _opset = Numbers.WholeNumber("--opset", "Version of the standard operators.", OnnxOptions.OldestOpset, OnnxOptions.OldestOpset, OnnxOptions.NewestOpset);
    private readonly Option<bool> _half = new("--fp16") { Description = "Weights and computation in 16-bit floats, at half the size; input and scores stay 32-bit." };
    private readonly Option<bool> _argMax = new("--argmax") { Description = "The class of each pixel as output, in place of the scores." };
    private readonly Option<bool> _preprocessing = new("--with-preprocessing") { Description = "Images as bytes [N, H, W, 3] in RGB as input, in place of preprocessed floats [N, 3, H, W]." };
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON object for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public ExportCommand()
        : base("export", "Write a model as ONNX, for other runtimes and the browser.", "fcn export --model run/model.safetensors --out model.onnx --argmax")
    {
        Add(_model);
        Add(_output);
        Add(_opset);
        Add(_half);
        Add(_argMax);
        Add(_preprocessing);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string path = ModelOption.Path(parsed, _model);
        string output = parsed.GetRequiredValue(_output);
        if (!output.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"--out needs a name that ends in .onnx, found '{output}'");
        }

        var options = new OnnxOptions
        {
            Opset = parsed.GetValue(_opset),
            Half = parsed.GetValue(_half),
            ArgMax = parsed.GetValue(_argMax),
            Preprocessing = parsed.GetValue(_preprocessing),
        };
        LoadedModel model = ModelFile.Load(path);
        ModelArchitecture architecture = model.Description.Architecture;
        OnnxFile.Save(output, Catalogue.Build(architecture.Name, NetOptions.Parse(architecture.Options, path)), model, options);
        var result = new Exported(
            path,
            output,
            model.Description.Architecture.Name,
            options.Opset,
            new FileInfo(output).Length,
            options.Preprocessing ? "image: uint8 [N, H, W, 3], RGB" : "image: float32 [N, C, H, W], preprocessed",
            options.ArgMax ? "classes: [N, H, W]" : "scores: float32 [N, classes, H, W]");
        if (parsed.GetValue(_json))
        {
            context.Output.WriteLine(JsonSerializer.Serialize(result, ExportedJson.Default.Exported));
            return ExitCodes.Success;
        }

        ConvertCommand.WriteRow(context.Output, "written", FormattableString.Invariant($"{output} ({result.Net}, opset {result.Opset}, {result.Bytes / 1e6:0.0} MB)"));
        ConvertCommand.WriteRow(context.Output, "input", result.Input);
        ConvertCommand.WriteRow(context.Output, "output", result.Scores);
        return ExitCodes.Success;
    }
}

/// <summary>What was written.</summary>
/// <param name="Model">The model.</param>
/// <param name="Path">The file.</param>
/// <param name="Net">The net.</param>
/// <param name="Opset">Version of the standard operators.</param>
/// <param name="Bytes">The file's length.</param>
/// <param name="Input">The input, in words.</param>
/// <param name="Scores">The output, in words.</param>
internal sealed record Exported(string Model, string Path, string Net, int Opset, long Bytes, string Input, [property: JsonPropertyName("output")] string Scores);

/// <summary>How it is written as JSON.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Exported))]
internal sealed partial class ExportedJson : JsonSerializerContext;
