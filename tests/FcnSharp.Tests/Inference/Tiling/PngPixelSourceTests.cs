using FcnSharp.Imaging;
using FcnSharp.Inference.Tiling;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using FcnSharp.Tests.Imaging;
using Xunit;

namespace FcnSharp.Tests.Inference.Tiling;

public sealed class PngPixelSourceTests
{
    [Fact]
    public void Every_valid_file_gives_by_rows_what_it_gives_as_a_whole()
    {
        string[] files = [.. Directory.GetFiles(SharedData.PathOrSkip("images/pngsuite"), "*.png").Where(file => Path.GetFileName(file)[0] != 'x')];
        Assert.True(files.Length > 150, $"found {files.Length} files");
        foreach (string file in files)
        {
            using PngPixelSource source = PngPixelSource.Open(file, cancellation: TestContext.Current.CancellationToken);
            AssertSame(PngFile.ReadRgb(file), source, 7, 3);
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(9, 8)]
    [InlineData(20, 5)]
    [InlineData(31, 0)]
    public void Every_kind_of_pixels_is_read_in_windows_that_overlap(int rows, int overlap)
    {
        foreach ((PngColorType colorType, int depth, int channels) in PngTestData.Kinds)
        {
            foreach (bool interlaced in (bool[])[false, true])
            {
                ushort[] samples = PngTestData.Samples(new Random(depth), 13, 31, channels, depth);
                byte[] file = PngBuilder.Image(samples, 13, 31, channels, depth, (int)colorType, interlaced, firstFilter: depth, chunkSize: 37);
                using PngPixelSource source = new(new PngReader(new MemoryStream(file), "a.png"), TestContext.Current.CancellationToken);
                AssertSame(PngFile.ReadRgb(new MemoryStream(file), "a.png"), source, rows, overlap);
            }
        }
    }

    [Fact]
    public void Windows_may_grow_and_leave_rows_out()
    {
        byte[] file = PngFile.EncodeRgb(Noise(11, 60));
        RgbImage image = PngFile.ReadRgb(new MemoryStream(file), "a.png");
        using PngPixelSource source = new(new PngReader(new MemoryStream(file), "a.png"), TestContext.Current.CancellationToken);
        foreach ((int first, int count) in ((int, int)[])[(0, 3), (2, 2), (2, 9), (8, 3), (20, 2), (21, 30), (40, 20), (59, 1)])
        {
            source.ReadRows(first, count);
            for (int y = first; y < first + count; y++)
            {
                Assert.Equal(image.Row(y), source.Row(y));
            }
        }
    }

    [Fact]
    public void Memory_does_not_grow_with_the_height()
    {
        using TempFolder folder = new();
        using (FileStream stream = File.Create(folder["high.png"]))
        {
            using PngWriter writer = new(stream, 1000, 20_000, PngColorType.Rgb, 8, packing: PngPacking.Labels);
            byte[] row = new byte[3000];
            for (int y = 0; y < 20_000; y++)
            {
                row.AsSpan().Fill((byte)y);
                writer.WriteRow(row);
            }

            writer.Finish();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        using PngPixelSource source = PngPixelSource.Open(folder["high.png"], cancellation: TestContext.Current.CancellationToken);
        for (int y = 0; y + 100 <= source.Height; y += 80)
        {
            source.ReadRows(y, 100);
            Assert.Equal((byte)(y + 99), source.Row(y + 99)[2999]);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 300_000, 1_000_000);
    }

    [Fact]
    public void Rows_that_cannot_be_ready_are_refused()
    {
        using PngPixelSource source = new(new PngReader(new MemoryStream(PngFile.EncodeRgb(Noise(4, 10))), "a.png"), TestContext.Current.CancellationToken);
        source.ReadRows(2, 5);
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Row(1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Row(7).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => source.ReadRows(1, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.ReadRows(3, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.ReadRows(3, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.ReadRows(3, int.MaxValue));
    }

    [Fact]
    public void A_file_cut_anywhere_gives_its_first_rows_and_one_line()
    {
        byte[] file = PngBuilder.Image(PngTestData.Samples(new Random(1), 30, 20, 3, 8), 30, 20, 3, 8, 2, interlaced: false, firstFilter: 1, chunkSize: 100);
        RgbImage image = PngFile.ReadRgb(new MemoryStream(file), "a.png");
        for (int length = 0; length < file.Length; length += 13)
        {
            FcnSharpException e = Assert.Throws<FcnSharpException>(() => Walk(file[..length], image));
            Assert.StartsWith("cut.png: the ", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    [Fact]
    public void Damage_anywhere_is_told_of_and_never_seen_as_pixels()
    {
        byte[] file = PngBuilder.Image(PngTestData.Samples(new Random(2), 30, 20, 3, 8), 30, 20, 3, 8, 2, interlaced: false, firstFilter: 1, chunkSize: 100);
        RgbImage image = PngFile.ReadRgb(new MemoryStream(file), "a.png");
        for (int at = 8; at < file.Length; at += 7)
        {
            byte[] damaged = [.. file];
            damaged[at] ^= 0x20;
            Assert.Throws<FcnSharpException>(() => Walk(damaged, image, compare: false));
        }
    }

    [Fact]
    public void An_interlaced_file_is_read_only_where_it_fits_as_a_whole()
    {
        byte[] file = PngBuilder.Image(PngTestData.Samples(new Random(3), 30, 20, 3, 8), 30, 20, 3, 8, 2, interlaced: true, firstFilter: 1, chunkSize: 100);
        using PngPixelSource source = new(new PngReader(new MemoryStream(file), "i.png", maxInterlacedPixels: 599), TestContext.Current.CancellationToken);
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => source.ReadRows(0, 1));
        Assert.StartsWith("i.png: the PNG has 30x20 = 600 pixels, the limit is 599", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_read_ends()
    {
        using CancellationTokenSource stop = new();
        using PngPixelSource source = new(new PngReader(new MemoryStream(PngFile.EncodeRgb(Noise(4, 10))), "a.png"), stop.Token);
        source.ReadRows(0, 2);
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => source.ReadRows(0, 3));
    }

    private static RgbImage Noise(int width, int height)
    {
        RgbImage image = new(width, height);
        new Random(5).NextBytes(image.Pixels);
        return image;
    }

    /// <summary>Reads one row after the other; those that come must be right.</summary>
    private static void Walk(byte[] file, RgbImage image, bool compare = true)
    {
        using PngPixelSource source = new(new PngReader(new MemoryStream(file), "cut.png"), TestContext.Current.CancellationToken);
        for (int y = 0; y < source.Height; y++)
        {
            source.ReadRows(y, 1);
            Assert.True(!compare || source.Row(y).SequenceEqual(image.Row(y)), $"row {y}");
        }
    }

    private static void AssertSame(RgbImage expected, PngPixelSource source, int rows, int overlap)
    {
        Assert.Equal((expected.Width, expected.Height), (source.Width, source.Height));
        for (int first = 0; first < expected.Height; first += rows - overlap)
        {
            int count = Math.Min(rows, expected.Height - first);
            source.ReadRows(first, count);
            for (int y = first; y < first + count; y++)
            {
                Assert.Equal(expected.Row(y), source.Row(y));
            }
        }
    }
}
