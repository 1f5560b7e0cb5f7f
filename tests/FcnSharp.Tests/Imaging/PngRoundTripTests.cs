using FcnSharp.Data;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FcnSharp.Tests.Imaging;

/// <summary>What is written is read back, sample by sample, whatever the size, kind, filter or interlacing.</summary>
public sealed class PngRoundTripTests
{
    [Fact]
    public void Every_kind_and_size_survives_our_writer_and_reader()
    {
        Prop.ForAll((int seed) =>
        {
            Random random = new(seed);
            (PngColorType colorType, int depth, int channels) = PngTestData.Kinds[random.Next(PngTestData.Kinds.Count)];
            (int width, int height) = (random.Next(1, 150), random.Next(1, 12));
            ushort[] samples = PngTestData.Samples(random, width, height, channels, depth);
            byte[] file = PngTestData.Write(samples, width, height, colorType, depth, channels, (PngPacking)random.Next(3));
            return PngTestData.ReadAll(file).AsSpan().SequenceEqual(samples);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_filter_interlacing_and_chunk_size_of_another_writer_is_read()
    {
        Prop.ForAll((int seed) =>
        {
            Random random = new(seed);
            (PngColorType colorType, int depth, int channels) = PngTestData.Kinds[random.Next(PngTestData.Kinds.Count)];
            (int width, int height) = (random.Next(1, 70), random.Next(1, 12));
            ushort[] samples = PngTestData.Samples(random, width, height, channels, depth);
            byte[] file = PngBuilder.Image(
                samples, width, height, channels, depth, (int)colorType, random.Next(2) == 0, random.Next(5), random.Next(1, 300));
            return PngTestData.ReadAll(file).AsSpan().SequenceEqual(samples);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void All_small_sizes_survive_interlacing()
    {
        Random random = new(3);
        for (int width = 1; width <= 10; width++)
        {
            for (int height = 1; height <= 10; height++)
            {
                ushort[] samples = PngTestData.Samples(random, width, height, 1, 2);
                byte[] file = PngBuilder.Image(samples, width, height, 1, 2, 0, interlaced: true, firstFilter: width, chunkSize: 7);
                Assert.Equal(samples, PngTestData.ReadAll(file));
            }
        }
    }

    /// <summary>What the other ways to pack promise: photos hardly larger, label maps small. Drawn shapes repeat more than streets do.</summary>
    [Fact]
    public void Quick_packing_costs_little_space_and_labels_are_small()
    {
        Sample scene = SyntheticScenes.Generate(480, 360, 3, 1);
        Random random = new(1);
        byte[] noisy = [.. scene.Image.Pixels.Select(p => (byte)Math.Clamp(p + random.Next(-6, 7), 0, 255))];
        using TempFolder folder = new();
        RgbImage photo = new(480, 360, noisy);
        PngFile.WriteRgb(folder["small.png"], photo);
        PngFile.WriteRgb(folder["quick.png"], photo, PngPacking.Quick);
        Assert.Equal(photo.Pixels, PngFile.ReadRgb(folder["quick.png"]).Pixels);
        Assert.InRange(new FileInfo(folder["quick.png"]).Length, 1, 1.1 * new FileInfo(folder["small.png"]).Length);

        long Packed(PngPacking packing) => PngTestData.Write(scene.Labels.Labels, 480, 360, PngColorType.Palette, 8, 1, packing).Length;
        Assert.InRange(Packed(PngPacking.Labels), 1, 2 * Packed(PngPacking.Small));
        Assert.InRange(Packed(PngPacking.Labels), 1, Packed(PngPacking.Quick) + 480 * 360 / 20);
    }

    [Theory]
    [InlineData(0, PngColorType.Palette, 8)]
    [InlineData(255, PngColorType.Palette, 8)]
    [InlineData(256, PngColorType.Grey, 16)]
    [InlineData(65535, PngColorType.Grey, 16)]
    public void Labels_survive_exactly_in_the_narrowest_kind_of_file(int most, PngColorType colorType, int depth)
    {
        using TempFolder folder = new();
        LabelMap labels = new(13, 7, [.. Enumerable.Range(0, 91).Select(i => (ushort)(i * most / 90))]);
        PngFile.WriteLabels(folder["a.png"], labels, Palette.Voc);
        Assert.Equal(labels.Labels, PngFile.ReadLabels(folder["a.png"]).Labels);
        using PngReader reader = PngReader.Open(folder["a.png"]);
        Assert.Equal((colorType, depth), (reader.ColorType, reader.BitDepth));
    }

    [Fact]
    public void Labels_without_a_palette_are_grey_and_those_beyond_it_black()
    {
        LabelMap labels = new(2, 1, [1, 255]);
        using PngReader grey = new(new MemoryStream(PngFile.EncodeLabels(labels)), "grey");
        Assert.Equal(PngColorType.Grey, grey.ColorType);

        byte[] file = PngFile.EncodeLabels(labels, new Palette([9, 8, 7, 6, 5, 4]));
        Assert.Equal([6, 5, 4, 0, 0, 0], PngFile.ReadRgb(new MemoryStream(file), "palette").Pixels);
        Assert.Equal([1, 255], PngFile.ReadLabels(new MemoryStream(file), "palette").Labels);
    }

    [Fact]
    public void Numbers_survive_as_16_bit_grey_also_small_ones()
    {
        using TempFolder folder = new();
        ushort[] numbers = [0, 1, 255, 256, 40000, 65535];
        PngFile.WriteGrey16(folder["wide.png"], 3, 2, numbers);
        PngFile.WriteGrey16(folder["small.png"], 2, 1, [3, 4]);

        LabelMap read = PngFile.ReadLabels(folder["wide.png"]);
        Assert.Equal((3, 2), (read.Width, read.Height));
        Assert.Equal(numbers, read.Labels);
        using PngReader small = PngReader.Open(folder["small.png"]);
        Assert.Equal((PngColorType.Grey, 16), (small.ColorType, small.BitDepth));
        Assert.Throws<ArgumentException>(() => PngFile.WriteGrey16(folder["x.png"], 2, 2, numbers));
    }

    [Fact]
    public void An_rgb_image_survives_in_a_file_and_in_memory()
    {
        using TempFolder folder = new();
        RgbImage image = new(31, 17);
        new Random(1).NextBytes(image.Pixels);
        PngFile.WriteRgb(folder["a.png"], image);
        Assert.Equal(image.Pixels, PngFile.ReadRgb(folder["a.png"]).Pixels);
        Assert.Equal(File.ReadAllBytes(folder["a.png"]), PngFile.EncodeRgb(image));
    }

    [Fact]
    public void Rgb_is_scaled_to_the_nearest_8_bit_value()
    {
        foreach ((PngColorType colorType, int depth, int channels) in PngTestData.Kinds.Where(kind => kind.ColorType != PngColorType.Palette))
        {
            int most = (1 << depth) - 1;
            ushort[] samples = [.. Enumerable.Range(0, 300 * channels).Select(i => (ushort)((long)i * most / ((300 * channels) - 1)))];
            byte[] file = PngTestData.Write(samples, 300, 1, colorType, depth, channels);
            byte[] rgb = PngFile.ReadRgb(new MemoryStream(file), "a").Pixels;
            for (int i = 0; i < rgb.Length; i++)
            {
                int channel = channels >= 3 ? i % 3 : 0;
                double exact = samples[(i / 3 * channels) + channel] * 255.0 / most;
                Assert.Equal((int)Math.Round(exact, MidpointRounding.AwayFromZero), rgb[i]);
            }
        }
    }

    [Fact]
    public void A_file_much_larger_than_the_memory_used_is_written_and_read_by_rows()
    {
        const int Width = 20000;
        const int Height = 1500;
        const long MostBytes = 2 << 20;
        using TempFolder folder = new();
        byte[] row = new byte[Width];
        long before = GC.GetAllocatedBytesForCurrentThread();
        using (FileStream stream = File.Create(folder["large.png"]))
        using (PngWriter writer = new(stream, Width, Height, PngColorType.Grey, 8))
        {
            for (int y = 0; y < Height; y++)
            {
                Array.Fill(row, (byte)y);
                writer.WriteRow(row);
            }

            writer.Finish();
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        before = GC.GetAllocatedBytesForCurrentThread();
        using PngReader reader = PngReader.Open(folder["large.png"]);
        for (int y = 0; y < Height; y++)
        {
            reader.ReadRow(row);
            Assert.Equal(-1, row.AsSpan().IndexOfAnyExcept((byte)y));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        Assert.Equal(Height, reader.RowsRead);
    }

    [Fact]
    public void A_stream_that_gives_one_byte_at_a_time_is_read()
    {
        ushort[] samples = PngTestData.Samples(new Random(2), 40, 9, 3, 8);
        using PngReader reader = new(new TricklingStream(PngTestData.Write(samples, 40, 9, PngColorType.Rgb, 8, 3)), "a");
        Assert.Equal(samples, PngTestData.ReadAll(reader));
    }

    [Fact]
    public void Misuse_of_the_rows_is_told()
    {
        using PngWriter writer = new(new MemoryStream(), 4, 1, PngColorType.Grey, 2);
        Assert.Throws<ArgumentException>(() => writer.WriteRow(new byte[3]));
        Assert.Throws<ArgumentException>(() => writer.WriteRow([0, 1, 2, 4]));
        Assert.Throws<InvalidOperationException>(() => writer.WriteRow(new ushort[4]));
        Assert.Throws<InvalidOperationException>(writer.Finish);
        writer.WriteRow([0, 1, 2, 3]);
        Assert.Throws<InvalidOperationException>(() => writer.WriteRow([0, 1, 2, 3]));

        using PngReader reader = new(new MemoryStream(PngTestData.Write([7], 1, 1, PngColorType.Grey, 16, 1)), "a");
        Assert.Throws<InvalidOperationException>(() => reader.ReadRow(new byte[1]));
        Assert.Throws<ArgumentException>(() => reader.ReadRow(new ushort[2]));
        reader.ReadRow(new ushort[1]);
        Assert.Throws<InvalidOperationException>(() => reader.ReadRow(new ushort[1]));
        Assert.Throws<ArgumentException>(() => new PngWriter(new MemoryStream(), 1, 1, PngColorType.Palette, 8));
        Assert.Throws<ArgumentException>(() => new PngWriter(new MemoryStream(), 1, 1, PngColorType.Palette, 4, Palette.Voc));
    }

    [Fact]
    public void A_failing_target_leaves_the_old_file_and_no_temporary_one()
    {
        using TempFolder folder = new();
        File.WriteAllText(folder["a.png"], "old");
        Assert.Throws<IOException>(() =>
        {
            using PngWriter writer = new(new FailingStream(100), 50, 2, PngColorType.Rgb, 8);
            byte[] noise = new byte[150];
            new Random(1).NextBytes(noise);
            writer.WriteRow(noise);
            writer.WriteRow(noise);
            writer.Finish();
        });
        Assert.Throws<Tensors.FcnSharpException>(() => AtomicFile.Write(folder["a.png"], stream =>
        {
            using PngWriter writer = new(stream, 50, 2, PngColorType.Rgb, 8);
            writer.WriteRow(new byte[150]);
            throw new IOException("disk full, on purpose");
        }));
        Assert.Equal("old", File.ReadAllText(folder["a.png"]));
        Assert.Equal([folder["a.png"]], Directory.GetFiles(folder.Root));
    }

    private sealed class TricklingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(1, buffer.Length)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(1, count));
    }

    private sealed class FailingStream(int most) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Length + buffer.Length > most)
            {
                throw new IOException("disk full, on purpose");
            }

            base.Write(buffer);
        }
    }
}
