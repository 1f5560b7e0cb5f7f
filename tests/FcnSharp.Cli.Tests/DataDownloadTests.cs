using System.Formats.Tar;
using System.Security.Cryptography;
using FcnSharp.Cli.Commands;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Tests.Demo;
using FcnSharp.Data;
using FcnSharp.Data.Download;
using FcnSharp.Tensors.Memory;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn data download`: what it says, what it leaves and how it ends.</summary>
public sealed class DataDownloadTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("there is no dataset 'imagenet' to download, known are camvid, voc2012, sbd", "imagenet")]
    [InlineData("--url needs an address that begins with http:// or https://, found 'ftp://x/y'", "camvid", "--url", "ftp://x/y")]
    [InlineData("--url needs an address that begins with http:// or https://, found 'here'", "camvid", "--url", "here")]
    [InlineData("--out needs the name of a folder", "camvid", "--out", "")]
    [InlineData("--void is no option of data download", "camvid", "--void", "0")]
    [InlineData("--json is no option of data download", "camvid", "--json")]
    public void Wrong_usage_ends_with_2_and_says_why(string expected, params string[] args)
    {
        CapturedTerminal terminal = new();
        Assert.Equal(2, terminal.Run(["data", "download", .. args]));
        Assert.Contains(expected, Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_a_download_are_none_of_a_check()
    {
        CapturedTerminal terminal = new();
        Assert.Equal(2, terminal.Run("data", "check", _temp.Root, "--url", "http://127.0.0.1/"));
        Assert.Contains("--url is no option of data check", Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_terms_come_first_and_the_dataset_can_be_opened()
    {
        SceneDataset.Write(_temp["scenes"], 3, 2, 16, 16, seed: 1, cancellation: TestContext.Current.CancellationToken);
        // Progress is shown in megabytes.
        File.WriteAllBytes(_temp["scenes/notes.bin"], new byte[1_500_000]);
        TarFile.CreateFromDirectory(_temp["scenes"], _temp["scenes.tar"], includeBaseDirectory: false);
        byte[] archive = File.ReadAllBytes(_temp["scenes.tar"]);
        using WebServer server = new(request => WebServer.File(request, archive));
        DatasetSource source = new()
        {
            Name = "scenes",
            Title = "Five scenes",
            Url = server["scenes.tar"],
            HomePage = new("http://example.org/"),
            Terms = "Do as you like.",
            ArchiveName = "scenes.tar",
            ArchiveBytes = archive.Length,
            UnpackedBytes = archive.Length,
            ArchiveChecksum = new(HashAlgorithmName.SHA256, Convert.ToHexStringLower(SHA256.HashData(archive))),
        };

        CapturedTerminal first = new();
        Assert.Equal(0, Run(source, first, quiet: false));
        Assert.Equal($"{_temp["data"]}\nplain folder: 3 train, 2 val (train.txt and val.txt), 6 classes, void 255\n", first.Output);
        Assert.Equal(["Five scenes.", $"  from:  {server["scenes.tar"]} ({ByteSize.Format(archive.Length)})", "  home:  http://example.org/", "  terms: Do as you like."], first.ErrorLines.Take(4));
        Assert.Equal(["Downloading", "Verifying", "Unpacking"], first.ErrorLines.Skip(4).Select(line => line.Split(' ')[0]));

        CapturedTerminal again = new();
        Assert.Equal(0, Run(source, again, quiet: true));
        Assert.StartsWith($"{_temp["data"]}: is there already, nothing was done\n", again.Output, StringComparison.Ordinal);
        Assert.Equal(4, again.ErrorLines.Length);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void An_archive_that_is_another_one_ends_with_1()
    {
        using WebServer server = new(request => WebServer.File(request, new byte[1000]));
        CapturedTerminal terminal = new();
        Assert.Equal(1, terminal.Run("data", "download", "voc2012", "--url", server["voc.tar"].ToString(), "--out", _temp["voc"]));
        Assert.Contains("expected a file of 1999639040 bytes, the server has one of 1000", terminal.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Contains(terminal.ErrorLines, line => line.StartsWith("  terms: The photographs come from Flickr", StringComparison.Ordinal));
        Assert.Equal("", terminal.Output);
        Assert.False(Directory.Exists(_temp["voc"]));
    }

    [Fact]
    public async Task Ctrl_C_keeps_what_came_and_the_same_command_goes_on()
    {
        const int Cut = 500_000;
        byte[] begin = new byte[Cut];
        using WebServer server = new(request => request["Range"] is null
            ? new(200, begin) { TellsLength = false, ThenSilent = true, Headers = new() { ["ETag"] = "\"1\"", ["Content-Length"] = "1999639040" } }
            : new(404, []));
        string[] command = ["data", "download", "voc2012", "--url", server["voc.tar"].ToString(), "--out", _temp["voc"]];
        string part = _temp["voc.download/VOCtrainval_11-May-2012.tar.part"];
        using (FcnProcess process = FcnProcess.Start(command))
        {
            await process.WaitUntil(() => File.Exists(part) && new FileInfo(part).Length == Cut);
            process.Signal(FcnProcess.SigInt);
            (await process.End()).Expect(130);
        }

        Assert.Equal(Cut, new FileInfo(part).Length);
        Assert.Equal(1, new CapturedTerminal().Run(command));
        Assert.Equal("bytes=500000-", server.Requests[^1]["Range"]);
        Assert.Equal(Cut, new FileInfo(part).Length);
    }

    private int Run(DatasetSource source, CapturedTerminal terminal, bool quiet) =>
        new DataDownload(new DatasetDownloader(), [source]).Run(source.Name, _temp["data"], null, new CommandContext(terminal.Terminal, new SharedValues(null, quiet), TestContext.Current.CancellationToken));
}
