using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Imaging;

/// <summary>Conformance: the PngSuite files, and libpng as the oracle of their samples.</summary>
public sealed class PngSuiteTests
{
    private static string Folder => SharedData.PathOrSkip("images/pngsuite");

    [Fact]
    public void Every_valid_file_gives_the_samples_of_libpng()
    {
        string[] files = [.. Directory.GetFiles(Folder, "*.png").Where(file => Path.GetFileName(file)[0] != 'x')];
        Assert.True(files.Length > 150, $"found {files.Length} files");
        foreach (string file in files)
        {
            AssertSameAsLibPng(file);
        }
    }

    [Fact]
    public void Every_corrupt_file_is_refused_in_one_line_that_names_it()
    {
        string[] files = Directory.GetFiles(Folder, "x*.png");
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            FcnSharpException e = Assert.Throws<FcnSharpException>(() => PngFile.ReadRgb(file));
            Assert.StartsWith(file + ": ", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', e.Message);
            TestContext.Current.TestOutputHelper?.WriteLine(e.Message[(Folder.Length + 1)..]);
        }
    }

    [Theory]
    [InlineData("basn*.png")]
    [InlineData("s??n3p*.png")]
    public void Interlaced_files_hold_the_picture_of_their_plain_twins(string pattern)
    {
        string[] files = Directory.GetFiles(Folder, pattern);
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            string name = Path.GetFileName(file);
            string other = Path.Combine(Folder, name[..3] + 'i' + name[4..]);
            using PngReader reader = PngReader.Open(other);
            Assert.True(reader.Interlaced);
            Assert.Equal(PngFile.ReadRgb(file).Pixels, PngFile.ReadRgb(other).Pixels);
        }
    }

    [Fact]
    public void Chunks_about_gamma_do_not_change_grey_values()
    {
        // The same picture with six different gamma chunks: raw values differ only as the files' own do.
        foreach (string file in Directory.GetFiles(Folder, "g??n0g16.png"))
        {
            Assert.Equal(LibPng.ReadRaw(file, out _, out _, out _, out _), PngFile.ReadLabels(file).Labels);
        }
    }

    [Fact]
    public void Transparency_is_read_raw()
    {
        using PngReader grey = PngReader.Open(Path.Combine(Folder, "tbbn0g04.png"));
        Assert.Equal(1, grey.Transparency.Length);
        using PngReader rgb = PngReader.Open(Path.Combine(Folder, "tbrn2c08.png"));
        Assert.Equal(3, rgb.Transparency.Length);
        using PngReader palette = PngReader.Open(Path.Combine(Folder, "tm3n3p02.png"));
        Assert.Equal([0, 85, 170], palette.Transparency.ToArray());
        Assert.Equal(4, palette.Palette!.Count);
    }

    [Fact]
    public void Label_maps_of_a_data_set_give_the_samples_of_libpng()
    {
        string folder = SharedData.PathOrSkip("data/camvid/valannot");
        foreach (string file in Directory.GetFiles(folder, "*.png").Order(StringComparer.Ordinal).Take(10))
        {
            LabelMap labels = PngFile.ReadLabels(file);
            Assert.Equal(LibPng.ReadRaw(file, out _, out _, out _, out _), labels.Labels);
            Assert.InRange(labels.Labels.Max(), 0, 11);
        }
    }

    /// <summary>More than one block of deflate, with long runs and without.</summary>
    [Theory]
    [InlineData(PngPacking.Quick)]
    [InlineData(PngPacking.Labels)]
    public void Our_large_files_give_the_same_samples_in_libpng(PngPacking packing)
    {
        using TempFolder folder = new();
        ushort[] samples = PngTestData.Samples(new Random(6), 700, 200, 3, 8);
        samples.AsSpan(100_000, 200_000).Clear();
        File.WriteAllBytes(folder["a.png"], PngTestData.Write(samples, 700, 200, PngColorType.Rgb, 8, 3, packing));
        Assert.Equal(samples, LibPng.ReadRaw(folder["a.png"], out _, out _, out _, out _));
    }

    [Fact]
    public void Our_files_give_the_same_samples_in_libpng()
    {
        using TempFolder folder = new();
        Random random = new(5);
        foreach ((PngColorType colorType, int depth, int channels) in PngTestData.Kinds)
        {
            foreach (int width in new[] { 1, 3, 8, 37, 65, 131 })
            {
                int height = 1 + random.Next(20);
                ushort[] samples = PngTestData.Samples(random, width, height, channels, depth);
                File.WriteAllBytes(folder["a.png"], PngTestData.Write(samples, width, height, colorType, depth, channels, (PngPacking)(width % 3)));
                ushort[] read = LibPng.ReadRaw(folder["a.png"], out int w, out int h, out int d, out int type);
                Assert.Equal((width, height, depth, (int)colorType), (w, h, d, type));
                Assert.Equal(samples, read);
            }
        }
    }

    private static void AssertSameAsLibPng(string file)
    {
        ushort[] expected = LibPng.ReadRaw(file, out int width, out int height, out int depth, out int type);
        using PngReader reader = PngReader.Open(file);
        Assert.Equal((width, height, depth, type), (reader.Width, reader.Height, reader.BitDepth, (int)reader.ColorType));
        Assert.True(expected.AsSpan().SequenceEqual(PngTestData.ReadAll(reader)), file);
        Assert.Equal(width * height * 3, PngFile.ReadRgb(file).Pixels.Length);
    }
}
