using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Data;
using FcnSharp.Evaluation;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn bounds`: how well a net of a coarse output could do at most on a dataset.</summary>
internal sealed class BoundsCommand : Verb
{
    private const int MostFactors = 32;
    private readonly LabelledData _data = new();
    private readonly Option<IReadOnlyList<int>> _factors = new("--factors")
    {
        Description = "Pixels on the side of a cell of the coarse grid.",
        HelpName = "n,n,...",
        DefaultValueFactory = _ => UpperBound.PaperFactors,
        CustomParser = ParseFactors,
    };

    private readonly Option<string?> _json = JsonFile.Option();

    /// <summary>Creates the verb with its options.</summary>
    public BoundsCommand()
        : base("bounds", "Compute upper bounds on mean IU: the truth itself, downsampled and upsampled again.", "fcn bounds --data demo/data --factors 32,16,8")
    {
        _data.AddTo(this);
        Add(_factors);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string? json = parsed.GetValue(_json);
        FolderDataset data = _data.Open(parsed);
        JsonFile.Prepare(json);
        context.Note(data.Summary);
        IReadOnlyList<ResolutionBound> bounds;
        using (IProgressReporter progress = context.StartProgress("Resampling", "images"))
        {
            bounds = UpperBound.Run(data, parsed.GetRequiredValue(_factors), done => progress.Report(done, data.Count, ""), context.Stop);
        }

        BoundsResult result = new(_data.Folder(parsed), _data.Split(parsed), data.Count, [.. bounds.Select(Entry)]);
        JsonFile.Write(json, result, BoundsResultJson.Default.BoundsResult, context.Output);
        if (!JsonFile.ReplacesText(json))
        {
            WriteText(result, context.Output);
        }

        return ExitCodes.Success;
    }

    private static BoundsEntry Entry(ResolutionBound bound) => new(
        bound.Factor,
        MetricFigures.Percent(bound.Nearest.MeanIoU),
        MetricFigures.Percent(bound.Bilinear.MeanIoU),
        MetricFigures.Percent(bound.Nearest.PixelAccuracy),
        MetricFigures.Percent(bound.Bilinear.PixelAccuracy));

    private static IReadOnlyList<int> ParseFactors(ArgumentResult result)
    {
        string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        List<int> factors = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int factor) || factor is < 1 or > UpperBound.MaxFactor || factors.Count == MostFactors)
            {
                result.AddError($"--factors needs up to {MostFactors} whole numbers from 1 to {UpperBound.MaxFactor} with commas between them, found '{text}'");
                return UpperBound.PaperFactors;
            }

            factors.Add(factor);
        }

        return factors;
    }

    private static void WriteText(BoundsResult result, TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Upper bounds on mean IU over {result.Images} images of {result.Data} ({result.Split}), per cent:"));
        output.WriteLine();
        output.WriteLine("  factor  nearest  bilinear");
        foreach (BoundsEntry entry in result.Bounds)
        {
            output.WriteLine($"  {entry.Factor.ToString(CultureInfo.InvariantCulture),6}  {MetricFigures.Text(entry.MeanIoU),7}  {MetricFigures.Text(entry.BilinearMeanIoU),8}");
        }

        output.WriteLine();
        output.WriteLine("nearest: the label in the middle of each cell; bilinear: shares of the classes, interpolated between cells");
    }
}

/// <summary>Upper bounds over a dataset, as --json writes them. Metrics are in per cent.</summary>
/// <param name="Data">The dataset's folder.</param>
/// <param name="Split">The part of it.</param>
/// <param name="Images">How many images that is.</param>
/// <param name="Bounds">A line for each factor.</param>
internal sealed record BoundsResult(string Data, string Split, int Images, IReadOnlyList<BoundsEntry> Bounds);

/// <summary>The bounds at one factor.</summary>
/// <param name="Factor">Pixels on the side of a cell.</param>
/// <param name="MeanIoU">By nearest neighbour, as the paper's figures look.</param>
/// <param name="BilinearMeanIoU">By bilinear interpolation of the classes' shares.</param>
/// <param name="PixelAccuracy">By nearest neighbour.</param>
/// <param name="BilinearPixelAccuracy">By bilinear interpolation.</param>
internal sealed record BoundsEntry(int Factor, double? MeanIoU, double? BilinearMeanIoU, double? PixelAccuracy, double? BilinearPixelAccuracy);

/// <summary>Writes results as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BoundsResult))]
internal sealed partial class BoundsResultJson : JsonSerializerContext;
