using System.Text.Json;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn bounds`: its options, its figures on a map whose bounds are known, how it ends.</summary>
public sealed class BoundsCommandTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public BoundsCommandTests()
    {
        Directory.CreateDirectory(_temp["d/images"]);
        Directory.CreateDirectory(_temp["d/labels"]);
        File.WriteAllText(_temp["d/train.txt"], "b\n");
        File.WriteAllText(_temp["d/val.txt"], "a\n");
        Add("a", [1, 1, 0, 255]);
        Add("b", [0, 0, 1, 1]);
    }

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void The_text_has_a_line_for_each_factor()
    {
        CapturedTerminal terminal = new();
        Assert.Equal(0, terminal.Run("bounds", "--data", _temp["d"], "--factors", "2, 1", "-q"));

        string[] lines = terminal.Output.Split('\n');
        Assert.Equal($"Upper bounds on mean IU over 1 images of {_temp["d"]} (val), per cent:", lines[0]);
        Assert.Equal("  factor  nearest  bilinear", lines[2]);
        Assert.Equal("       2     50.0     100.0", lines[3]);
        Assert.Equal("       1    100.0     100.0", lines[4]);
        Assert.Equal("", lines[5]);
        Assert.Equal("", terminal.Error);
    }

    [Fact]
    public void Json_has_the_papers_factors_and_both_ways()
    {
        CapturedTerminal terminal = new();
        Assert.Equal(0, terminal.Run("bounds", "--data", _temp["d"], "--split", "train", "--json", "-"));
        JsonElement json = JsonDocument.Parse(terminal.Output).RootElement;
        Assert.Equal(("train", 1), (json.GetProperty("split").GetString(), json.GetProperty("images").GetInt32()));
        JsonElement[] bounds = [.. json.GetProperty("bounds").EnumerateArray()];
        Assert.Equal([128, 64, 32, 16, 8, 4], bounds.Select(b => b.GetProperty("factor").GetInt32()));

        // One cell: its middle is the first pixel of class 1, and of two equal shares the first class wins.
        JsonElement last = bounds[^1];
        Assert.Equal((25, 25, 50, 50), (last.GetProperty("meanIoU").GetDouble(), last.GetProperty("bilinearMeanIoU").GetDouble(), last.GetProperty("pixelAccuracy").GetDouble(), last.GetProperty("bilinearPixelAccuracy").GetDouble()));

        Assert.Equal(0, new CapturedTerminal().Run("bounds", "--data", _temp["d"], "--json", _temp["out/bounds.json"], "-q"));
        Assert.Equal(6, JsonDocument.Parse(File.ReadAllText(_temp["out/bounds.json"])).RootElement.GetProperty("bounds").GetArrayLength());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("4,,8")]
    [InlineData("4;8")]
    [InlineData("-4")]
    [InlineData("40000")]
    [InlineData(" ")]
    public void Factors_that_are_none_are_one_line(string factors)
    {
        CapturedTerminal terminal = new();
        Assert.Equal(2, terminal.Run("bounds", "--data", _temp["d"], "--factors=" + factors));
        Assert.Equal($"error: --factors needs up to 32 whole numbers from 1 to 32768 with commas between them, found '{factors}'; see fcn bounds --help\n", terminal.Error);
    }

    [Fact]
    public void Data_that_cannot_be_read_is_one_line()
    {
        AssertFails($"error: {_temp["x"]}: the folder does not exist", "--data", _temp["x"]);
        AssertFails($"error: {_temp["d"]}: the test part of the 2 images is empty", "--data", _temp["d"], "--split", "test");
        File.WriteAllText(_temp["d/labels/a.png"], "no picture");
        File.WriteAllText(_temp["d/classes.txt"], "p\nq\nr\n");
        AssertFails($"error: {_temp["d/labels/a.png"]}", "--data", _temp["d"]);
    }

    private static void AssertFails(string start, params string[] args)
    {
        CapturedTerminal terminal = new();
        Assert.Equal(1, terminal.Run(["bounds", "-q", .. args]));
        Assert.StartsWith(start, Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
        Assert.Equal("", terminal.Output);
    }

    private void Add(string name, ushort[] labels)
    {
        PngFile.WriteRgb(_temp[$"d/images/{name}.png"], new RgbImage(labels.Length, 1));
        PngFile.WriteLabels(_temp[$"d/labels/{name}.png"], new LabelMap(labels.Length, 1, labels));
    }
}
