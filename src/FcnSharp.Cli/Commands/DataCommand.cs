using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Data;
using FcnSharp.Data.Checks;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn data check` and `fcn data info`: what a dataset is, and what is wrong with it.</summary>
internal sealed class DataCommand : Verb
{
    private const int MaxSizes = 5;
    private const int MaxFindingsOfAKind = 20;
    private readonly Argument<string> _action = new("action") { Description = "check reads every file; info reads headers only." };
    private readonly Argument<string> _folder = new("folder") { Description = "The dataset: PASCAL VOC, CamVid, Cityscapes, ADE20K, LabelMe, or images/ and labels/." };
    private readonly LabelOptions _labels = new();
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON object for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public DataCommand()
        : base("data", "Look at a dataset and check it.", "fcn data check demo/data")
    {
        _action.AcceptOnlyFromAmong("check", "info");
        Add(_action);
        Add(_folder);
        _labels.AddTo(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string folder = parsed.GetRequiredValue(_folder);
        FolderOptions options = _labels.Read(parsed);
        bool check = parsed.GetRequiredValue(_action) == "check";
        DatasetReport report = check ? Check(folder, options, context) : DatasetCheck.Describe(folder, options, context.Stop);
        if (parsed.GetValue(_json))
        {
            context.Output.WriteLine(JsonSerializer.Serialize(report, DataJsonContext.Default.DatasetReport));
        }
        else
        {
            Write(report, check, context.Output);
        }

        return report.IsUsable ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static DatasetReport Check(string folder, FolderOptions options, CommandContext context)
    {
        using IProgressReporter progress = context.StartProgress("Checking", "images");
        int threads = context.Options.Threads ?? Environment.ProcessorCount;
        return DatasetCheck.Run(folder, options, threads, (done, total) => progress.Report(done, total, ""), context.Stop);
    }

    private static void Write(DatasetReport report, bool pixels, TextWriter output)
    {
        output.WriteLine(report.Summary);
        foreach (SizeCount size in report.Sizes.Take(MaxSizes))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {size.Width}x{size.Height}: {size.Images} images"));
        }

        if (report.Sizes.Count > MaxSizes)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {report.Sizes.Count - MaxSizes} more sizes"));
        }

        int width = report.Classes.Max(info => info.Name.Length);
        for (int i = 0; i < report.Classes.Count; i++)
        {
            ClassShare info = report.Classes[i];
            string share = pixels ? string.Create(CultureInfo.InvariantCulture, $"  {100 * info.Share,6:0.00} %  in {info.Images} images") : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {i,3}  {PlainText.Of(pixels ? info.Name.PadRight(width) : info.Name)}{share}"));
        }

        if (pixels)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  void {100 * report.VoidShare:0.00} % of all pixels"));
        }

        foreach (IGrouping<(FindingSeverity Severity, string Code), Finding> kind in report.Findings.GroupBy(finding => (finding.Severity, finding.Code)))
        {
            foreach (Finding finding in kind.Take(MaxFindingsOfAKind))
            {
                output.WriteLine($"{(finding.Severity == FindingSeverity.Error ? "error" : "warning")}: {PlainText.Of(finding.Message)}");
            }

            int more = kind.Count() - MaxFindingsOfAKind;
            if (more > 0)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {more} more of the kind '{kind.Key.Code}'; --json lists all"));
            }
        }

        int errors = report.Findings.Count(finding => finding.Severity == FindingSeverity.Error);
        if (pixels || errors > 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{errors} errors, {report.Findings.Count - errors} warnings"));
        }
    }
}

/// <summary>Writes a report as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(DatasetReport))]
internal sealed partial class DataJsonContext : JsonSerializerContext;
