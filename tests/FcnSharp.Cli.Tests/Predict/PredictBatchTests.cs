using System.Text.Json;
using FcnSharp.Cli.Tests.Demo;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using Xunit;

namespace FcnSharp.Cli.Tests.Predict;

/// <summary>`fcn predict` on many images: broken ones, resuming, shares, the summary, and a stop in the middle.</summary>
public sealed class PredictBatchTests(FinishedDemo demo) : IClassFixture<FinishedDemo>, IDisposable
{
    private readonly TempFolder _temp = new();

    private string Images => Path.Combine(demo.Folder, "data", "images");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Every_image_has_the_labels_that_the_segmenter_gives()
    {
        Assert.Equal(0, Run("predict", Images, "-q").ExitCode);

        using CpuDevice device = new();
        using Segmenter segmenter = Segmenter.Load(demo.Model, device);
        string[] images = Directory.GetFiles(Images);
        Assert.Equal(SmallDemo.Train + SmallDemo.Val, images.Length);
        foreach (string image in images)
        {
            ushort[] expected = segmenter.Segment(PngFile.ReadRgb(image), cancellation: TestContext.Current.CancellationToken).Map.Labels;
            Assert.Equal(expected, PngFile.ReadLabels(_temp["out/" + Path.GetFileName(image)]).Labels);
        }
    }

    [Fact]
    public void Broken_images_are_listed_at_the_end_and_the_others_are_done()
    {
        Put("in", 8);
        File.WriteAllText(_temp["in/0000a.png"], "");
        File.WriteAllText(_temp["in/0003b.jpg"], "text");
        File.WriteAllBytes(_temp["in/zz.png"], File.ReadAllBytes(_temp["in/0002.png"])[..^40]);

        (int exitCode, string output, string[] errors) = Run("predict", _temp["in"], "--json");

        Assert.Equal(1, exitCode);
        Assert.Equal(16, Directory.EnumerateFiles(_temp["out"]).Count());
        string[] broken = [_temp["in/0000a.png"], _temp["in/0003b.jpg"], _temp["in/zz.png"]];
        Assert.Equal(broken.Select(path => $"error: {path}"), errors[^3..].Select(line => string.Join(':', line.Split(':')[..2])));
        Assert.Matches("^Predicting  11/11  .*  3 failed$", Assert.Single(errors[..^3]));

        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement[] failed = [.. json.RootElement.GetProperty("failed").EnumerateArray()];
        Assert.Equal(broken, failed.Select(each => each.GetProperty("path").GetString()));
        Assert.Equal("the file is an empty file, expected a picture of one of the formats PNG, JPEG, WebP; convert it to PNG.", failed[0].GetProperty("reason").GetString());
        Assert.Equal(errors[^3..], failed.Select(each => $"error: {each.GetProperty("path").GetString()}: {each.GetProperty("reason").GetString()}"));
    }

    [Fact]
    public void The_summary_counts_images_and_time()
    {
        Put("in", 4);
        Run("predict", _temp["in/0002.png"], "-q");

        (int exitCode, string output, string[] errors) = Run("predict", _temp["in"], "--json", "--resume", "-q");

        Assert.Equal(0, exitCode);
        Assert.Empty(errors);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal(["images", "failed", "skipped", "imagesPerSecond", "seconds"], json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal((3, 1, 0), (json.RootElement.GetProperty("images").GetInt32(), json.RootElement.GetProperty("skipped").GetInt32(), json.RootElement.GetProperty("failed").GetArrayLength()));
        double seconds = json.RootElement.GetProperty("seconds").GetDouble();
        Assert.True(seconds > 0);
        Assert.Equal(3 / seconds, json.RootElement.GetProperty("imagesPerSecond").GetDouble(), 3 / seconds * 1e-9);
    }

    [Fact]
    public void Resume_does_what_lacks_any_result_and_nothing_else()
    {
        Put("in", 4);
        Run("predict", _temp["in"], "-q");
        File.Delete(_temp["out/0001.png"]);
        File.WriteAllBytes(_temp["out/0002.overlay.png"], []);
        DateTime old = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        foreach (string file in Directory.EnumerateFiles(_temp["out"]))
        {
            File.SetLastWriteTimeUtc(file, old);
        }

        Assert.Equal(0, Run("predict", _temp["in"], "--resume", "-q").ExitCode);

        string[] kept = [.. Directory.EnumerateFiles(_temp["out"]).Where(file => File.GetLastWriteTimeUtc(file) == old).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
        Assert.Equal(["0000.overlay.png", "0000.png", "0003.overlay.png", "0003.png"], kept);
        Assert.Equal(8, Directory.EnumerateFiles(_temp["out"]).Count());
        Assert.Contains("\"skipped\": 0", Run("predict", _temp["in"], "--resume", "-q", "--confidence", "--json").Output, StringComparison.Ordinal);
        Assert.Contains("\"skipped\": 4", Run("predict", _temp["in"], "--resume", "-q", "--confidence", "--json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Shares_are_disjoint_and_together_all()
    {
        Put("in", 7);
        string[][] shares = [.. Enumerable.Range(1, 3).Select(i =>
        {
            Assert.Equal(0, Run("predict", _temp["in"], "--shard", $"{i}/3", "-q", "--out", _temp[$"{i}"]).ExitCode);
            return SmallDemo.Files(_temp[$"{i}"]).Keys.Where(name => !name.Contains("overlay", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        })];

        Assert.Equal(["0000.png", "0003.png", "0006.png"], shares[0]);
        Assert.Equal(["0001.png", "0004.png"], shares[1]);
        Assert.Equal(["0002.png", "0005.png"], shares[2]);
    }

    [Fact]
    public void A_share_without_images_is_done_at_once()
    {
        Put("in", 1);

        (int exitCode, string output, string[] errors) = Run("predict", _temp["in"], "--shard", "2/2", "--json");

        Assert.Equal((0, 0), (exitCode, errors.Length));
        Assert.Contains("\"images\": 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_that_cannot_be_written_end_the_run()
    {
        Put("in", 16);
        Directory.CreateDirectory(_temp["out/0001.png"]);

        (int exitCode, _, string[] errors) = Run("predict", _temp["in"], "-q");

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: {_temp["out/0001.png"]}: the file could not be written (", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_leaves_whole_files_and_resume_does_the_rest()
    {
        byte[] image = File.ReadAllBytes(Directory.GetFiles(Images)[0]);
        Directory.CreateDirectory(_temp["in/sub"]);
        const int Count = 1500;
        for (int i = 0; i < Count; i++)
        {
            File.WriteAllBytes(_temp[$"in/sub/{i:0000}.png"], image);
        }

        string[] args = ["predict", _temp["in"], "--model", demo.Model, "--out", _temp["out"]];
        using FcnProcess run = FcnProcess.Start(args);
        await run.WaitUntil(() => Directory.Exists(_temp["out/sub"]) && Directory.EnumerateFiles(_temp["out/sub"], "*.overlay.png").Any());
        run.Signal(FcnProcess.SigInt);
        Outcome stopped = (await run.End()).Expect(130);

        Assert.Contains($" of {Count} images are done; the same command with --resume goes on from there\n", stopped.Error, StringComparison.Ordinal);
        string[] files = [.. Directory.EnumerateFiles(_temp["out/sub"], "*", new EnumerationOptions { AttributesToSkip = 0 })];
        Assert.InRange(files.Length, 2, (2 * Count) - 2);
        Assert.All(files, file => Assert.Equal(SmallDemo.Size, PngFile.ReadRgb(file).Width));
        Assert.Equal(files.Count(file => file.EndsWith(".overlay.png", StringComparison.Ordinal)) * 2, files.Length);

        (int exitCode, string output, _) = Run("predict", _temp["in"], "--resume", "-q", "--json");
        Assert.Equal(0, exitCode);
        Assert.Contains($"\"skipped\": {files.Length / 2}", output, StringComparison.Ordinal);
        Assert.Equal(2 * Count, Directory.EnumerateFiles(_temp["out/sub"]).Count());
    }

    private (int ExitCode, string Output, string[] Errors) Run(params string[] args)
    {
        CapturedTerminal terminal = new();
        string[] folder = args.Contains("--out") ? [] : ["--out", _temp["out"]];
        int exitCode = terminal.Run([.. args, "--model", demo.Model, .. folder]);
        return (exitCode, terminal.Output, terminal.ErrorLines);
    }

    private void Put(string folder, int count)
    {
        Directory.CreateDirectory(_temp[folder]);
        foreach (string image in Directory.GetFiles(Images).Order(StringComparer.Ordinal).Take(count))
        {
            File.Copy(image, _temp[Path.Combine(folder, Path.GetFileName(image))]);
        }
    }
}
