using System.Text.Json;
using FcnSharp.Data;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn data` and `fcn setup`: what they write and how they end.</summary>
public sealed class DataCommandTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public DataCommandTests() => SceneDataset.Write(_temp["data"], 12, 4, 64, 48, seed: 2);

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_good_dataset_ends_with_0_and_shows_its_classes()
    {
        CapturedTerminal terminal = new();
        Assert.Equal(0, terminal.Run("data", "check", _temp["data"], "--quiet"));
        string[] lines = terminal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("plain folder: 12 train, 4 val (train.txt and val.txt), 6 classes, void 255", lines[0]);
        Assert.Equal("  64x48: 16 images", lines[1]);
        Assert.Matches(@"^    0  background +\d+\.\d\d %  in 16 images$", lines[2]);
        Assert.Equal("0 errors, 0 warnings", lines[^1]);
        Assert.Equal("", terminal.Error);
    }

    [Fact]
    public void Errors_end_with_1_and_json_lists_them()
    {
        LabelMap labels = PngFile.ReadLabels(_temp["data/labels/0003.png"]);
        labels.Labels[5] = 77;
        PngFile.WriteLabels(_temp["data/labels/0003.png"], labels);

        CapturedTerminal terminal = new();
        Assert.Equal(1, terminal.Run("data", "check", _temp["data"], "--json", "-q"));
        JsonElement report = JsonDocument.Parse(terminal.Output).RootElement;
        JsonElement finding = Assert.Single(report.GetProperty("findings").EnumerateArray().ToArray());
        Assert.Equal(("Error", "out-of-range"), (finding.GetProperty("severity").GetString(), finding.GetProperty("code").GetString()));
        Assert.Contains("0003.png", finding.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False(report.GetProperty("isUsable").GetBoolean());
        Assert.Equal(12, report.GetProperty("train").GetInt32());

        CapturedTerminal withVoid = new();
        Assert.Equal(0, withVoid.Run("data", "check", _temp["data"], "--void", "77", "-q"));
    }

    [Fact]
    public void Many_findings_of_a_kind_are_counted_in_text_and_listed_in_json()
    {
        SceneDataset.Write(_temp["many"], 24, 1, 16, 16, seed: 2, cancellation: TestContext.Current.CancellationToken);
        foreach (string image in Directory.EnumerateFiles(_temp["many/images"]))
        {
            File.WriteAllText(image, "broken");
        }

        CapturedTerminal terminal = new();
        Assert.Equal(1, terminal.Run("data", "check", _temp["many"], "-q"));
        Assert.Equal(20, terminal.Output.Split('\n').Count(line => line.StartsWith("error: ", StringComparison.Ordinal)));
        Assert.Contains("  5 more of the kind 'unreadable'; --json lists all\n", terminal.Output, StringComparison.Ordinal);
        Assert.EndsWith("25 errors, 0 warnings\n", terminal.Output, StringComparison.Ordinal);

        CapturedTerminal json = new();
        Assert.Equal(1, json.Run("data", "check", _temp["many"], "-q", "--json"));
        Assert.Equal(25, JsonDocument.Parse(json.Output).RootElement.GetProperty("findings").GetArrayLength());
    }

    [Fact]
    public void Info_reads_no_pixels()
    {
        File.WriteAllText(_temp["data/labels/0003.png"], "broken");
        CapturedTerminal terminal = new();
        Assert.Equal(0, terminal.Run("data", "info", _temp["data"]));
        Assert.StartsWith("plain folder: 12 train", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("    5  cross\n", terminal.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data", "look", "x")]
    [InlineData("data", "check")]
    [InlineData("data", "check", "x", "--void", "many")]
    public void Wrong_usage_ends_with_2(params string[] args) => Assert.Equal(2, new CapturedTerminal().Run(args));

    [Fact]
    public void A_folder_that_is_no_dataset_is_one_line()
    {
        CapturedTerminal terminal = new();
        Assert.Equal(1, terminal.Run("data", "info", _temp["nowhere"]));
        Assert.Contains("does not exist", Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Setup_says_of_each_library_whether_it_is_there()
    {
        CapturedTerminal terminal = new();
        int code = terminal.Run("setup", "--show");
        if (code == 0)
        {
            Assert.Contains("JPEG: libjpeg-turbo is ", terminal.Output, StringComparison.Ordinal);
            Assert.Contains("WebP: libwebp is ", terminal.Output, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains("install", Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
        }
    }
}
