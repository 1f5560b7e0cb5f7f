using System.Buffers.Binary;
using System.Text.Json;
using FcnSharp.Cli.Tests.Demo;
using FcnSharp.Data;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Predict;

/// <summary>`fcn predict` on images that do not fit the memory that it may take.</summary>
public sealed class PredictTilesTests : IClassFixture<FinishedDemo>, IDisposable
{
    private const int Width = 803;
    private const int Height = 701;
    private const string Little = "40MB";
    private readonly TempFolder _temp = new();
    private readonly FinishedDemo _demo;

    public PredictTilesTests(FinishedDemo demo)
    {
        _demo = demo;
        PngFile.WriteRgb(_temp["large.png"], SyntheticScenes.Generate(Width, Height, 5, 2).Image);
    }

    private string[] Files => [.. Directory.EnumerateFiles(_temp.Root, "*", new EnumerationOptions { AttributesToSkip = 0, RecurseSubdirectories = true }).Select(file => Path.GetRelativePath(_temp.Root, file)).Order(StringComparer.Ordinal)];

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("auto")]
    [InlineData("exact")]
    public void Tiles_give_the_files_that_the_whole_image_gives(string tile)
    {
        Assert.Equal(0, Run("whole", "large.png", "--tile", "off", "--confidence", "--precision", "exact", "-q").ExitCode);

        (int exitCode, _, string[] errors) = Run("tiles", "large.png", "--tile", tile, "--memory", Little, "--confidence", "--precision", "exact");

        Assert.Equal(0, exitCode);
        Assert.Matches($"^{_temp["large.png"]}: {Width}x{Height} pixels in [0-9]+ tiles of up to [0-9]+x[0-9]+, read and written by rows \\(exact; [0-9.]+ pixels computed for each\\)$", errors[0]);
        AssertSame("whole", "tiles");
    }

    [Fact]
    public void An_image_that_fits_is_not_cut_and_nothing_is_said()
    {
        Assert.Equal(0, Run("whole", "large.png", "--tile", "off", "-q").ExitCode);
        (int exitCode, string output, string[] errors) = Run("out", "large.png", "--json");
        Assert.Equal(0, exitCode);
        Assert.StartsWith("Predicting  1/1", Assert.Single(errors), StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal(0, json.RootElement.GetProperty("tiles").GetArrayLength());
        Assert.Equal(File.ReadAllBytes(_temp["whole/large.png"]), File.ReadAllBytes(_temp["out/large.png"]));
    }

    [Fact]
    public void The_summary_says_how_images_were_cut()
    {
        (int exitCode, string output, string[] errors) = Run("out", "large.png", "--tile", "fast", "--memory", Little, "--json", "-q");
        Assert.Equal((0, 0), (exitCode, errors.Length));
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement cut = Assert.Single(json.RootElement.GetProperty("tiles").EnumerateArray());
        Assert.Equal(["path", "width", "height", "tiles", "tileWidth", "tileHeight", "halo", "byRows", "computed"], cut.EnumerateObject().Select(p => p.Name));
        Assert.Equal((_temp["large.png"], Width, Height, "fast", true), (cut.GetProperty("path").GetString(), cut.GetProperty("width").GetInt32(), cut.GetProperty("height").GetInt32(), cut.GetProperty("halo").GetString(), cut.GetProperty("byRows").GetBoolean()));
        Assert.True(cut.GetProperty("tiles").GetInt32() > 1);
        Assert.InRange(cut.GetProperty("computed").GetDouble(), 1, 2);
    }

    [Fact]
    public void Resume_takes_the_results_of_tiles_for_done()
    {
        Run("out", "large.png", "--memory", Little, "-q");
        Assert.Contains("\"skipped\": 1", Run("out", "large.png", "--memory", Little, "-q", "--json", "--resume").Output, StringComparison.Ordinal);
    }

    /// <summary>Its rows are the picture's columns, so it cannot be read by rows.</summary>
    [Fact]
    public void A_picture_that_is_to_be_turned_is_cut_as_a_whole()
    {
        File.WriteAllBytes(_temp["turned.png"], Turned(File.ReadAllBytes(_temp["large.png"])));
        Assert.Equal((Height, Width), (ImageFile.ReadInfo(_temp["turned.png"]).Width, ImageFile.ReadInfo(_temp["turned.png"]).Height));
        Assert.Equal(0, Run("whole", "turned.png", "--tile", "off", "--precision", "exact", "-q").ExitCode);

        (int exitCode, _, string[] errors) = Run("tiles", "turned.png", "--memory", Little, "--precision", "exact");

        Assert.Equal(0, exitCode);
        Assert.Matches($"^{_temp["turned.png"]}: {Height}x{Width} pixels in [0-9]+ tiles of up to [0-9]+x[0-9]+ \\(exact; ", errors[0]);
        AssertSame("whole", "tiles");
    }

    [Fact]
    public void A_picture_that_fills_the_memory_and_cannot_be_read_by_rows_is_refused_with_what_it_needs()
    {
        File.WriteAllBytes(_temp["wide.png"], Turned(PngFile.EncodeRgb(new RgbImage(6000, 1000))));
        (int exitCode, _, string[] errors) = Run("out", "wide.png", "--memory", "30MB", "-q");
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: {_temp["wide.png"]}: only upright PNGs that are not interlaced are read by rows: this image of 1000x6000 pixels needs 36.0 MB as a whole, but all together 30.0 MB are allowed; ", Assert.Single(errors), StringComparison.Ordinal);

        (exitCode, _, errors) = Run("out", "wide.png", "--memory", "45MB", "-q");
        Assert.Equal(1, exitCode);
        Assert.Contains(" but 9.0 MB are allowed: ", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Too_little_memory_is_a_failure_of_the_image_that_says_how_much()
    {
        PngFile.WriteRgb(_temp["small.png"], SyntheticScenes.Generate(40, 30, 5, 2).Image);
        (int exitCode, _, string[] errors) = Run("out", "large.png", "--memory", "5MB", "-q", _temp["small.png"]);
        Assert.Equal(1, exitCode);
        string error = Assert.Single(errors);
        Assert.StartsWith($"error: {_temp["large.png"]}: {Width}x{Height} pixels: mini-fcn8s needs ", error, StringComparison.Ordinal);
        Assert.EndsWith(" but 3.8 MB are allowed: allow more memory or use a smaller halo. See --memory and --tile.", error, StringComparison.Ordinal);
        Assert.True(File.Exists(_temp["out/small.png"]));
    }

    [Fact]
    public void A_file_that_ends_too_early_leaves_nothing_and_the_others_are_done()
    {
        File.WriteAllBytes(_temp["cut.png"], File.ReadAllBytes(_temp["large.png"])[..^1000]);
        (int exitCode, _, string[] errors) = Run("out", "cut.png", "--memory", Little, "-q", _temp["large.png"]);
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: {_temp["cut.png"]}: the PNG is cut short: ", Assert.Single(errors), StringComparison.Ordinal);
        Assert.Equal(["cut.png", "large.png", "out/large.overlay.png", "out/large.png"], Files);
    }

    [Fact]
    public void Results_that_cannot_be_written_end_the_run()
    {
        Directory.CreateDirectory(_temp["out/large.overlay.png"]);
        (int exitCode, _, string[] errors) = Run("out", "large.png", "--memory", Little, "-q");
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: {_temp["out/large.overlay.png"]}: the file could not be written (", Assert.Single(errors), StringComparison.Ordinal);
        Assert.DoesNotContain(Files, file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ctrl_C_between_tiles_leaves_nothing()
    {
        PngFile.WriteRgb(_temp["huge.png"], new RgbImage(6000, 4000));
        using FcnProcess run = FcnProcess.Start("predict", _temp["huge.png"], "--model", _demo.Model, "--out", _temp["out"], "--memory", "100MB");
        await run.WaitUntil(() => Files.Any(file => file.EndsWith(".tmp", StringComparison.Ordinal)));
        run.Signal(FcnProcess.SigInt);
        Outcome stopped = (await run.End()).Expect(130);
        Assert.Contains("0 of 1 images are done", stopped.Error, StringComparison.Ordinal);
        Assert.Equal(["huge.png", "large.png"], Files);
    }

    [Theory]
    [InlineData("--memory needs an amount of memory of at least 1MB with its unit, such as 800MB or 1.5GB, found '7'", "--memory", "7")]
    [InlineData("--tile must be auto, exact, fast or off, found 'always'", "--tile", "always")]
    public void A_wrong_option_is_one_line(string expected, params string[] options)
    {
        (int exitCode, _, string[] errors) = Run("out", "large.png", options);
        Assert.Equal(2, exitCode);
        Assert.Contains(expected, Assert.Single(errors), StringComparison.Ordinal);
    }

    private (int ExitCode, string Output, string[] Errors) Run(string folder, string image, params string[] options)
    {
        CapturedTerminal terminal = new();
        int exitCode = terminal.Run(["predict", _temp[image], "--model", _demo.Model, "--out", _temp[folder], .. options]);
        return (exitCode, terminal.Output, terminal.ErrorLines);
    }

    /// <summary>Without short cuts in convolutions tiles round as the whole image does.</summary>
    private void AssertSame(string expected, string actual)
    {
        string[] names = [.. Directory.GetFiles(_temp[expected]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        Assert.Equal(names, Directory.GetFiles(_temp[actual]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(_temp[Path.Combine(expected, name)]), File.ReadAllBytes(_temp[Path.Combine(actual, name)])));
    }

    /// <summary>The PNG with a chunk of EXIF behind its header that says: turn by a quarter.</summary>
    private static byte[] Turned(byte[] file)
    {
        byte[] exif = [.. "eXIfMM\0*\0\0\0\b\0\u0001\u0001\u0012\0\u0003\0\0\0\u0001\0\u0006\0\0"u8];
        byte[] chunk = new byte[exif.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, exif.Length - 4);
        exif.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(exif.Length + 4), Crc(exif));
        return [.. file[..33], .. chunk, .. file[33..]];
    }

    private static uint Crc(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
            }
        }

        return ~crc;
    }
}
