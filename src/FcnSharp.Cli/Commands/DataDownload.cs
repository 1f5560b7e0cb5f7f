using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Data.Download;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn data download`: shows what a dataset is and its terms, then gets it.</summary>
/// <param name="downloader">What downloads.</param>
/// <param name="sources">The datasets that are known.</param>
internal sealed class DataDownload(DatasetDownloader downloader, IReadOnlyList<DatasetSource> sources)
{
    private const long Megabyte = 1_000_000;

    /// <summary>Downloads a dataset.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="folder">Where it goes; a folder of its name in the current one if null.</param>
    /// <param name="url">Another address of the archive; null for the known one.</param>
    /// <param name="context">Where all is told.</param>
    /// <returns>The exit code.</returns>
    public int Run(string name, string? folder, string? url, CommandContext context)
    {
        DatasetSource source = sources.FirstOrDefault(known => known.Name == name)
            ?? throw new UsageException($"there is no dataset '{name}' to download, known are {string.Join(", ", sources.Select(known => known.Name))}");
        if (folder is not null && string.IsNullOrWhiteSpace(folder))
        {
            throw new UsageException("--out needs the name of a folder; write . for the current one");
        }

        Uri? mirror = null;
        if (url is not null && (!Uri.TryCreate(url, UriKind.Absolute, out mirror) || mirror.Scheme is not ("http" or "https")))
        {
            throw new UsageException($"--url needs an address that begins with http:// or https://, found '{url}'");
        }

        // Whoever gets the data has to have seen the terms, so not even --quiet hides them.
        context.Terminal.WriteErrorLine($"{source.Title}.");
        context.Terminal.WriteErrorLine($"  from:  {mirror ?? source.Url} ({ByteSize.Format(source.ArchiveBytes)})");
        context.Terminal.WriteErrorLine($"  home:  {source.HomePage}");
        context.Terminal.WriteErrorLine($"  terms: {source.Terms}");

        DatasetDownloadResult result;
        using (Stages stages = new(context))
        {
            result = downloader.RunAsync(source, folder ?? name, mirror, stages.Report, context.Note, context.Stop).GetAwaiter().GetResult();
        }

        context.Output.WriteLine(result.WasThere ? $"{result.Folder}: is there already, nothing was done" : result.Folder);
        context.Output.WriteLine(result.Summary);
        return ExitCodes.Success;
    }

    /// <summary>Shows each stage as a task of its own, in megabytes.</summary>
    private sealed class Stages(CommandContext context) : IDisposable
    {
        private IProgressReporter _reporter = NoProgress.Instance;
        private DownloadStage? _stage;

        public void Report(DownloadProgress progress)
        {
            if (_stage != progress.Stage)
            {
                _reporter.Dispose();
                _stage = progress.Stage;
                _reporter = context.StartProgress(progress.Stage.ToString(), "MB", progress.Done / Megabyte);
            }

            _reporter.Report(progress.Done / Megabyte, progress.Total / Megabyte, "");
        }

        public void Dispose() => _reporter.Dispose();
    }
}
