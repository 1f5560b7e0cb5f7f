using FcnSharp.Cli.Tests.Demo;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn predict` and what can be wrong about its files; that it predicts is tested with the demo, whose model it takes.</summary>
public sealed class PredictCommandTests(FinishedDemo demo) : IClassFixture<FinishedDemo>, IDisposable
{
    private readonly TempFolder _temp = new();

    private string Image => Path.Combine(demo.Folder, "data", "images", "0001.png");

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("missing")]
    [InlineData("png")]
    [InlineData("header cut")]
    [InlineData("data cut")]
    [InlineData("bit flipped")]
    [InlineData("empty")]
    [InlineData("folder")]
    public void A_model_that_is_none_is_one_line_that_names_it(string what)
    {
        byte[] model = File.ReadAllBytes(demo.Model);
        string path = _temp["m.safetensors"];
        switch (what)
        {
            case "png": File.Copy(Image, path); break;
            case "header cut": File.WriteAllBytes(path, model[..500]); break;
            case "data cut": File.WriteAllBytes(path, model[..^1]); break;
            case "bit flipped": model[^7] ^= 4; File.WriteAllBytes(path, model); break;
            case "empty": File.WriteAllBytes(path, []); break;
            case "folder": Directory.CreateDirectory(path); break;
        }

        AssertFails(path, Run("--model", path, "--out", _temp["out"], Image));
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Theory]
    [InlineData("jpeg", "JPEG")]
    [InlineData("text", "")]
    [InlineData("empty", "empty")]
    [InlineData("cut", "")]
    public void An_image_that_is_no_png_is_one_line_that_names_it(string what, string kind)
    {
        string path = _temp["street.png"];
        switch (what)
        {
            case "jpeg": File.WriteAllBytes(path, [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, (byte)'J', (byte)'F', (byte)'I', (byte)'F', 0]); break;
            case "text": File.WriteAllText(path, "not a picture"); break;
            case "empty": File.WriteAllBytes(path, []); break;
            case "cut": File.WriteAllBytes(path, File.ReadAllBytes(Image)[..^40]); break;
        }

        Assert.Contains(kind, AssertFails(path, Run("--model", demo.Model, "--out", _temp["out"], path)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Theory]
    [InlineData("", "there is no such image or folder")]
    [InlineData("folder", "files that end on .png, .jpg, .jpeg, .webp")]
    public void A_name_that_leads_to_no_image_is_refused_before_anything_is_written(string what, string reason)
    {
        string path = _temp["street.png"];
        if (what == "folder")
        {
            Directory.CreateDirectory(Path.Combine(path, "below"));
            File.WriteAllText(Path.Combine(path, "below", "notes.txt"), "no picture");
        }

        Assert.Contains(reason, AssertFails(path, Run("--model", demo.Model, "--out", _temp["out"], Image, path)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_one_line_that_names_it()
    {
        File.WriteAllText(_temp["file"], "");

        AssertFails(_temp["file"], Run("--model", demo.Model, "--out", _temp["file"], Image));
    }

    [Theory]
    [InlineData("error: unknown option '--foo'; see fcn predict --help", "--model", "m", "--out", "o", "a.png", "--foo")]
    [InlineData("error: unknown option '--foo=1'; see fcn predict --help", "--foo=1", "--model", "m", "--out", "o", "a.png")]
    [InlineData("error: predict needs images: files, folders, patterns, @list.txt, or - for paths from standard input; see fcn predict --help", "--model", "m", "--out", "o")]
    [InlineData("error: --shard needs i/n with i from 1 to n, such as 2/8, found '3/2'; see fcn predict --help", "a.png", "--shard", "3/2")]
    [InlineData("error: --shard needs i/n with i from 1 to n, such as 2/8, found '0/2'; see fcn predict --help", "a.png", "--shard", "0/2")]
    [InlineData("error: --shard needs i/n with i from 1 to n, such as 2/8, found 'x'; see fcn predict --help", "a.png", "--shard", "x")]
    [InlineData("error: an image's name is empty; see fcn predict --help", "")]
    [InlineData("error: --out needs the name of a folder; write . for the current one; see fcn predict --help", "--model", "m", "--out", "", "a.png")]
    public void Usage_errors_are_one_line_and_exit_code_2(string expected, params string[] args)
    {
        (int exitCode, string error) = Run(args);

        Assert.Equal((2, expected + "\n"), (exitCode, error));
    }

    [Fact]
    public void Two_images_of_one_name_are_refused_before_anything_is_written()
    {
        Directory.CreateDirectory(_temp["other"]);
        File.Copy(Image, _temp["other/0001.png"]);

        string line = AssertFails(_temp["out/0001.png"], Run("--model", demo.Model, "--out", _temp["out"], Image, _temp["other/0001.png"]));

        Assert.Contains(Image, line, StringComparison.Ordinal);
        Assert.Contains(_temp["other/0001.png"], line, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public void An_image_and_the_overlay_of_another_do_not_share_a_file()
    {
        File.Copy(Image, _temp["a.png"]);
        File.Copy(Image, _temp["a.overlay.png"]);

        AssertFails(_temp["out/a.overlay.png"], Run("--model", demo.Model, "--out", _temp["out"], _temp["a.png"], _temp["a.overlay.png"]));
    }

    [Fact]
    public void An_image_is_never_overwritten_by_its_own_result()
    {
        File.Copy(Image, _temp["a.png"]);

        AssertFails(_temp["a.png"], Run("--model", demo.Model, "--out", _temp.Root, _temp["a.png"]));

        Assert.Equal(File.ReadAllBytes(Image), File.ReadAllBytes(_temp["a.png"]));
    }

    [Fact]
    public void The_same_command_again_replaces_its_own_results()
    {
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal((0, ""), Run("--model", demo.Model, "--out", _temp["out"], "-q", Image));
            Assert.Equal(["0001.overlay.png", "0001.png"], Directory.EnumerateFiles(_temp["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Confidence_is_16_bit_grey_of_the_images_size_and_leaves_the_rest_as_it_is()
    {
        Assert.Equal((0, ""), Run("--model", demo.Model, "--out", _temp["without"], "-q", Image));
        Assert.Equal((0, ""), Run("--model", demo.Model, "--out", _temp["out"], "-q", "--confidence", Image));

        Assert.Equal(["0001.confidence.png", "0001.overlay.png", "0001.png"], Directory.EnumerateFiles(_temp["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllBytes(_temp["without/0001.png"]), File.ReadAllBytes(_temp["out/0001.png"]));
        using (PngReader reader = PngReader.Open(_temp["out/0001.confidence.png"]))
        {
            Assert.Equal((PngColorType.Grey, 16, SmallDemo.Size, SmallDemo.Size), (reader.ColorType, reader.BitDepth, reader.Width, reader.Height));
        }

        using CpuDevice device = new();
        using Segmenter segmenter = Segmenter.Load(demo.Model, device);
        float[] expected = segmenter.Segment(PngFile.ReadRgb(Image), new() { Confidence = true }, TestContext.Current.CancellationToken).Confidence.ToArray();
        ushort[] found = PngFile.ReadLabels(_temp["out/0001.confidence.png"]).Labels;
        Assert.All(expected.Zip(found), pair => Assert.InRange(pair.Second - (65535 * pair.First), -0.51f, 0.51f));
        Assert.True(found.Distinct().Count() > 20, "the test needs a net that is more sure of some pixels than of others");
    }

    [Fact]
    public void An_image_and_the_confidence_of_another_do_not_share_a_file()
    {
        File.Copy(Image, _temp["a.png"]);
        File.Copy(Image, _temp["a.confidence.png"]);
        string[] images = [_temp["a.png"], _temp["a.confidence.png"]];

        AssertFails(_temp["out/a.confidence.png"], Run(["--model", demo.Model, "--out", _temp["out"], "--confidence", .. images]));
        Assert.Equal((0, ""), Run(["--model", demo.Model, "--out", _temp["out"], "-q", .. images]));
    }

    [Fact]
    public void An_image_that_EXIF_turns_has_its_pictures_upright()
    {
        string photo = SharedData.PathOrSkip("images/exif/Landscape_6.jpg");
        Codecs.Need(NativeCodec.TurboJpeg);
        Assert.Equal((0, ""), Run("--model", demo.Model, "--out", _temp["out"], "-q", "--confidence", photo));

        foreach (string kind in (string[])["", ".overlay", ".confidence"])
        {
            using PngReader reader = PngReader.Open(_temp[$"out/Landscape_6{kind}.png"]);
            Assert.Equal((1800, 1200), (reader.Width, reader.Height));
        }
    }

    private static (int ExitCode, string Error) Run(params string[] args)
    {
        CapturedTerminal terminal = new();
        int exitCode = terminal.Run(["predict", .. args]);
        Assert.Equal("", terminal.Output);
        return (exitCode, terminal.Error);
    }

    private static string AssertFails(string named, (int ExitCode, string Error) outcome)
    {
        Assert.Equal(1, outcome.ExitCode);
        string line = Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"error: {named}", line, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", line, StringComparison.Ordinal);
        return line;
    }
}
