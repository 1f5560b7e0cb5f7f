using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Data;
using FcnSharp.Data.Checks;
using FcnSharp.Data.Download;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn data check`, `fcn data info` and `fcn data download`: what a dataset is, what is wrong with it, and how to get one.</summary>
internal sealed class DataCommand : Verb
{
    private const string CheckAction = "check";
    private const string InfoAction = "info";
    private const string DownloadAction = "download";

    private readonly Argument<string> _action = new("action")
    {
        Description = "check reads every file; info reads headers only; download gets a dataset from the web.",
        HelpName = "action",
    };

    private readonly Argument<string> _subject = new("subject")
    {
        Description = "The dataset's folder: PASCAL VOC, CamVid, Cityscapes, ADE20K, LabelMe, or images/ and labels/. "
            + $"To download, its name: {string.Join(", ", DatasetSources.All.Select(source => source.Name))}.",
        HelpName = "folder|name",
    };

    private readonly LabelOptions _labels = new();
    private readonly Option<bool> _json = new("--json") { Description = "check, info: write one JSON object for other programs." };
    private readonly Option<string?> _out = new("--out") { Description = "download: the folder to make; the dataset's name if not given.", HelpName = "folder" };
    private readonly Option<string?> _url = new("--url") { Description = "download: another address of the same archive.", HelpName = "address" };

    /// <summary>Creates the verb with its options.</summary>
    public DataCommand()
        : base("data", "Look at a dataset, check it, or download one.", "fcn data check demo/data", "fcn data info demo/data --json", "fcn data download camvid")
    {
        _subject.CompletionSources.Add(context => context.ParseResult.GetResult(_action)?.Tokens is [{ Value: DownloadAction }] ? DatasetSources.All.Select(source => source.Name) : []);
        _action.AcceptOnlyFromAmong(CheckAction, InfoAction, DownloadAction);
        Add(_action);
        Add(_subject);
        foreach (Option option in ReportOptions.Concat(DownloadOptions))
        {
            Add(option);
        }
    }

    private Option[] ReportOptions => [.. _labels.All, _json];

    private Option[] DownloadOptions => [_out, _url];

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string action = parsed.GetRequiredValue(_action);
        string subject = parsed.GetRequiredValue(_subject);
        bool isDownload = action == DownloadAction;
        if ((isDownload ? ReportOptions : DownloadOptions).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } other)
        {
            throw new UsageException($"{other.Name} is no option of data {action}");
        }

        return isDownload
            ? new DataDownload(new DatasetDownloader(), DatasetSources.All).Run(subject, parsed.GetValue(_out), parsed.GetValue(_url), context)
            : Report(subject, action == CheckAction, parsed, context);
    }

    private int Report(string folder, bool check, ParseResult parsed, CommandContext context)
    {
        FolderOptions options = _labels.Read(parsed);
        DatasetReport report = check ? Check(folder, options, context) : DatasetCheck.Describe(folder, options, context.Stop);
        if (parsed.GetValue(_json))
        {
            context.Output.WriteLine(JsonSerializer.Serialize(report, DataJsonContext.Default.DatasetReport));
        }
        else
        {
            DatasetReportText.Write(report, check, context.Output);
        }

        return report.IsUsable ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static DatasetReport Check(string folder, FolderOptions options, CommandContext context)
    {
        using IProgressReporter progress = context.StartProgress("Checking", "images");
        int threads = context.Options.Threads ?? Environment.ProcessorCount;
        return DatasetCheck.Run(folder, options, threads, (done, total) => progress.Report(done, total, ""), context.Stop);
    }
}

/// <summary>Writes a report as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(DatasetReport))]
internal sealed partial class DataJsonContext : JsonSerializerContext;
