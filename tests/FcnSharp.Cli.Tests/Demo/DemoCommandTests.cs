using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FcnSharp.Formats;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Demo;

/// <summary>`fcn demo` at small size: what it says and what it leaves.</summary>
public sealed partial class DemoCommandTests(FinishedDemo demo) : IClassFixture<FinishedDemo>
{
    private static readonly string[] HeldOut = ["0012", "0013", "0014", "0015"];

    [Fact]
    public void Json_has_the_figures_and_they_fit_each_other()
    {
        Assert.True(demo.ExitCode == 0, demo.Error);
        JsonElement result = JsonDocument.Parse(demo.Output).RootElement;

        string[] metrics = ["pixelAccuracy", "meanAccuracy", "meanIoU", "frequencyWeightedIoU"];
        Assert.All(metrics, name => Assert.InRange(result.GetProperty(name).GetDouble(), 0, 100));
        Assert.Equal(SmallDemo.Val, result.GetProperty("images").GetInt32());
        Assert.Equal(SmallDemo.Steps, result.GetProperty("steps").GetInt32());
        Assert.Equal(0, result.GetProperty("resumedAt").GetInt32());
        Assert.True(result.GetProperty("parameters").GetInt64() > 1000);
        Assert.True(result.GetProperty("trainSeconds").GetDouble() > 0);
        Assert.True(result.GetProperty("imagesPerSecond").GetDouble() > 0);
        Assert.Equal(demo.Folder, result.GetProperty("folder").GetString());
        Assert.Equal(demo.Model, result.GetProperty("model").GetString());
        Assert.Equal(Path.Combine(demo.Folder, "report.html"), result.GetProperty("report").GetString());

        JsonElement[] classes = [.. result.GetProperty("classes").EnumerateArray()];
        Assert.Equal(["background", "disk", "square", "triangle", "ring", "cross"], classes.Select(c => c.GetProperty("name").GetString()));
        long[][] confusion = [.. result.GetProperty("confusion").EnumerateArray().Select(row => row.EnumerateArray().Select(n => n.GetInt64()).ToArray())];
        Assert.Equal(6, confusion.Length);
        Assert.Equal(confusion.Select(row => row.Sum()), classes.Select(c => c.GetProperty("pixels").GetInt64()));

        double right = Enumerable.Range(0, 6).Sum(c => confusion[c][c]) / (double)confusion.Sum(row => row.Sum());
        Assert.Equal(100 * right, result.GetProperty("pixelAccuracy").GetDouble(), 0.001);
        double disk = (double)confusion[1][1] / (confusion[1].Sum() + confusion.Sum(row => row[1]) - confusion[1][1]);
        Assert.Equal(100 * disk, classes[1].GetProperty("iou").GetDouble(), 0.001);
    }

    [Fact]
    public void Nothing_but_what_the_readme_lists_is_left()
    {
        string[] files = [.. SmallDemo.Files(demo.Folder).Keys.Select(name => Digits().Replace(name, "NNNN")).Distinct().Order(StringComparer.Ordinal)];

        Assert.Equal(
            [
                "data/classes.txt", "data/images/NNNN.png", "data/labels/NNNN.png", "data/train.txt", "data/val.txt",
                "log.jsonl", "model.safetensors", "overlays/NNNN.png", "predictions/NNNN.png", "report.html",
            ],
            files);
    }

    [Fact]
    public void Label_maps_have_the_images_sizes_and_known_classes_only()
    {
        Assert.Equal(HeldOut, Directory.EnumerateFiles(Path.Combine(demo.Folder, "predictions")).Select(Path.GetFileNameWithoutExtension).Order());
        foreach (string name in HeldOut)
        {
            LabelMap labels = PngFile.ReadLabels(Path.Combine(demo.Folder, "predictions", name + ".png"));
            Assert.Equal((SmallDemo.Size, SmallDemo.Size), (labels.Width, labels.Height));
            Assert.All(labels.Labels, label => Assert.InRange(label, 0, 5));
        }
    }

    [Fact]
    public void Overlays_are_four_panels_that_begin_with_the_image()
    {
        Assert.Equal(HeldOut, Directory.EnumerateFiles(Path.Combine(demo.Folder, "overlays")).Select(Path.GetFileNameWithoutExtension).Order());
        foreach (string name in HeldOut)
        {
            RgbImage image = PngFile.ReadRgb(Path.Combine(demo.Folder, "data", "images", name + ".png"));
            RgbImage overlay = PngFile.ReadRgb(Path.Combine(demo.Folder, "overlays", name + ".png"));
            Assert.Equal((4 * SmallDemo.Size + 3 * 4, SmallDemo.Size), (overlay.Width, overlay.Height));
            for (int y = 0; y < SmallDemo.Size; y++)
            {
                Assert.Equal(image.Row(y).ToArray(), overlay.Row(y)[..(3 * SmallDemo.Size)].ToArray());
            }
        }
    }

    [Fact]
    public void The_report_needs_nothing_beside_itself()
    {
        string html = File.ReadAllText(Path.Combine(demo.Folder, "report.html"));

        // Namespaces of SVG are names and not addresses; pictures are data in the page.
        string[] references = [.. Reference().Matches(html).Select(m => m.Groups[1].Value)];
        Assert.NotEmpty(references);
        Assert.All(references, r => Assert.StartsWith("data:image/png;base64,", r, StringComparison.Ordinal));
        Assert.DoesNotContain("<script src", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<link", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"fcn demo --out {demo.Folder} --train 12 --val 4 --size 32 --steps 24 --seed 1337", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_has_every_step_and_the_evaluations()
    {
        JsonElement[] lines = [.. File.ReadLines(Path.Combine(demo.Folder, "log.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

        Assert.Equal(Enumerable.Range(1, SmallDemo.Steps), lines.Where(l => l.TryGetProperty("loss", out _)).Select(l => l.GetProperty("step").GetInt32()));
        Assert.Equal([3, 6, 9, 12, 15, 18, 21, 24], lines.Where(l => l.TryGetProperty("meanIoU", out _)).Select(l => l.GetProperty("step").GetInt32()));
    }

    [Fact]
    public void The_model_gives_the_same_label_maps_through_the_library_and_through_predict()
    {
        using var folder = new TempFolder();
        using var device = new CpuDevice();
        using Segmenter segmenter = Segmenter.Load(demo.Model, device);
        string[] images = [.. HeldOut.Select(name => Path.Combine(demo.Folder, "data", "images", name + ".png"))];
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run(["predict", "--model", demo.Model, "--out", folder["out"], "--quiet", .. images]));

        Assert.Equal("", terminal.Error);
        foreach (string name in HeldOut)
        {
            byte[] expected = File.ReadAllBytes(Path.Combine(demo.Folder, "predictions", name + ".png"));
            Assert.Equal(expected, File.ReadAllBytes(folder[$"out/{name}.png"]));
            RgbImage image = PngFile.ReadRgb(Path.Combine(demo.Folder, "data", "images", name + ".png"));
            Assert.Equal(PngFile.ReadLabels(folder[$"out/{name}.png"]).Labels, segmenter.Segment(image, cancellation: TestContext.Current.CancellationToken).Map.Labels);
            Assert.Equal((32, 32), (PngFile.ReadRgb(folder[$"out/{name}.overlay.png"]).Width, PngFile.ReadRgb(folder[$"out/{name}.overlay.png"]).Height));
        }
    }

    [Fact]
    public void The_model_says_how_it_was_made_and_how_good_it_is()
    {
        ModelDescription model = ModelFile.LoadDescription(demo.Model);
        JsonElement result = JsonDocument.Parse(demo.Output).RootElement;

        Assert.Equal("mini-fcn8s", model.Architecture.Name);
        Assert.Equal(6, model.Classes.Count);
        Assert.Equal("24", model.Recipe["steps"]);
        Assert.Equal("scenes 12+4 32x32 seed 1337", model.Recipe["data"]);
        Assert.Equal(result.GetProperty("meanIoU").GetDouble(), 100 * model.Metrics!.MeanIoU, 0.001);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public void All_that_is_written_is_the_same_under_every_culture_and_in_every_run(string culture)
    {
        using var temp = new TempFolder();
        string folder = temp["demo"];
        CapturedTerminal terminal = new();
        (CultureInfo before, CultureInfo uiBefore) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = new CultureInfo(culture);
            Assert.Equal(0, terminal.Run(SmallDemo.Args(folder)));
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (before, uiBefore);
        }

        Dictionary<string, byte[]> expected = SmallDemo.Files(demo.Folder);
        Dictionary<string, byte[]> actual = SmallDemo.Files(folder);
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.All(expected.Keys.Where(name => name != "report.html"), name => Assert.True(expected[name].AsSpan().SequenceEqual(actual[name]), $"{name} differs"));

        // The page tells the time the training took, and the folder.
        Assert.Matches(@"\d+\.\d", terminal.Output);
        Assert.DoesNotMatch(@"\d,\d", terminal.Output + terminal.Error.Replace("(369,730 parameters)", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Text_tells_the_figures_and_where_to_look()
    {
        using var temp = new TempFolder();
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run(SmallDemo.Args(temp["d"], 1, "--quiet")));

        Assert.Equal("", terminal.Error);
        string[] needed = ["On 4 held-out scenes", "  mean IU ", "  IU triangle ", temp["d/report.html"], temp["d/model.safetensors"]];
        Assert.All(needed, text => Assert.Contains(text, terminal.Output, StringComparison.Ordinal));
        Assert.All(terminal.Output.Split('\n').Where(line => !line.Contains(temp.Root, StringComparison.Ordinal)), line => Assert.InRange(line.Length, 0, 79));
    }

    [Fact]
    public async Task Any_number_of_threads_gives_the_same_model()
    {
        using var temp = new TempFolder();
        foreach (string threads in (string[])["1", "2", "3"])
        {
            (await FcnProcess.Run(SmallDemo.Args(temp[threads], "--threads", threads))).Expect(0);
            Assert.Equal(File.ReadAllBytes(demo.Model), File.ReadAllBytes(temp[$"{threads}/model.safetensors"]));
        }
    }

    [GeneratedRegex(@"(?<=/)\d{4}(?=\.png)")]
    private static partial Regex Digits();

    [GeneratedRegex("""(?:src|href)\s*=\s*"([^"#]*)""")]
    private static partial Regex Reference();
}
