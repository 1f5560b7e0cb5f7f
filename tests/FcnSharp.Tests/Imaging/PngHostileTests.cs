using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Imaging;

/// <summary>Damaged, hostile and foreign files: one line each, no memory or time out of proportion.</summary>
public sealed class PngHostileTests
{
    private static readonly byte[] OneRow = PngBuilder.Deflate([0, 1, 2]);

    public static TheoryData<string, byte[]> ForeignFiles => new()
    {
        { "a JPEG", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16] },
        { "a GIF", Encoding.ASCII.GetBytes("GIF89a....") },
        { "a WebP", Encoding.ASCII.GetBytes("RIFF....WEBPVP8 ") },
        { "a BMP", Encoding.ASCII.GetBytes("BM......") },
        { "a TIFF", Encoding.ASCII.GetBytes("II*\0....") },
        { "an AVIF", Encoding.ASCII.GetBytes("\0\0\0 ftypavif") },
        { "a PNM", Encoding.ASCII.GetBytes("P6\n2 2\n255\n") },
        { "a PDF", Encoding.ASCII.GetBytes("%PDF-1.7") },
        { "a Git LFS pointer", Encoding.ASCII.GetBytes("version https://git-lfs") },
        { "a text with markup", Encoding.ASCII.GetBytes("<!DOCTYPE html>") },
        { "an empty file", [] },
        { "first bytes 00 01", [0, 1] },
    };

    public static TheoryData<string, byte[]> DamagedFiles => new()
    {
        { "expected the chunk IHDR of 13 bytes first, found tEXt", new PngBuilder().Chunk("tEXt", 1).ToArray() },
        { "found IHDR of 12", new PngBuilder().Chunk("IHDR", new byte[12]).ToArray() },
        { "found 0x5", new PngBuilder().Header(0, 5, 8, 0).ToArray() },
        { "found 5x0", new PngBuilder().Header(5, 0, 8, 0).ToArray() },
        { "found 2147483648x1", new PngBuilder().Header(0x80000000, 1, 8, 0).ToArray() },
        { "is too long", new PngBuilder().Header(int.MaxValue, int.MaxValue, 8, 0).ToArray() },
        { "cut short", new PngBuilder().Header(1000, int.MaxValue, 8, 0).Chunk("IDAT", OneRow).End().ToArray() },
        { "found 3", new PngBuilder().Header(2, 1, 3, 0).ToArray() },
        { "found 16", new PngBuilder().Header(2, 1, 16, 3).ToArray() },
        { "RGB has a bit depth of 8 or 16, found 4", new PngBuilder().Header(2, 1, 4, 2).ToArray() },
        { "found 5", new PngBuilder().Header(2, 1, 8, 5).ToArray() },
        { "found 0, 0 and 2", new PngBuilder().Header(2, 1, 8, 0, interlace: 2).ToArray() },
        { "found 1, 0 and 0", new PngBuilder().Header(2, 1, 8, 0, compression: 1).ToArray() },
        { "found 0, 1 and 0", new PngBuilder().Header(2, 1, 8, 0, filter: 1).ToArray() },
        { "one chunk IHDR, found a second", new PngBuilder().Header(2, 1, 8, 0).Header(2, 1, 8, 0).ToArray() },
        { "no chunk IDAT", new PngBuilder().Header(2, 1, 8, 0).End().ToArray() },
        { "needs the chunk PLTE", new PngBuilder().Header(2, 1, 8, 3).Chunk("IDAT", OneRow).End().ToArray() },
        { "found 4 bytes", new PngBuilder().Header(2, 1, 8, 3).Chunk("PLTE", new byte[4]).ToArray() },
        { "found 771 bytes", new PngBuilder().Header(2, 1, 8, 3).Chunk("PLTE", new byte[771]).ToArray() },
        { "found a second", new PngBuilder().Header(2, 1, 8, 3).Chunk("PLTE", new byte[3]).Chunk("PLTE", new byte[3]).ToArray() },
        { "tRNS", new PngBuilder().Header(2, 1, 8, 3).Chunk("tRNS", 1).Chunk("PLTE", new byte[3]).ToArray() },
        { "tRNS", new PngBuilder().Header(2, 1, 8, 3).Chunk("PLTE", new byte[3]).Chunk("tRNS", 1, 2).ToArray() },
        { "expected one transparency (tRNS) of 2 bytes, found 3", new PngBuilder().Header(2, 1, 8, 0).Chunk("tRNS", 1, 2, 3).ToArray() },
        { "found ABCD", new PngBuilder().Header(2, 1, 8, 0).Chunk("ABCD").ToArray() },
        { "four letters, found the bytes 61316233", new PngBuilder().Header(2, 1, 8, 0).Chunk("a1b3").ToArray() },
        { "where the chunk after IDAT", new PngBuilder().Header(2, 1, 8, 0).Chunk("IDAT", OneRow).ToArray() },
        { "no more chunk IDAT", new PngBuilder().Header(2, 1, 8, 0).Chunk("IDAT", OneRow).Chunk("tEXt").Chunk("IDAT").End().ToArray() },
        { "end inside a row", new PngBuilder().Header(2, 2, 8, 0).Chunk("IDAT", OneRow).End().ToArray() },
        { "end inside a row", new PngBuilder().Header(2, 1, 8, 0).Chunk("IDAT").End().ToArray() },
        { "row filter of 0 to 4, found 5", new PngBuilder().Header(2, 1, 8, 0).Data([5, 1, 2]).End().ToArray() },
        { "cannot be inflated", new PngBuilder().Header(2, 1, 8, 0).Chunk("IDAT", 1, 2, 3, 4, 5).End().ToArray() },
        { "cannot be inflated", new PngBuilder().Header(2, 1, 8, 0).Chunk("IDAT", [.. OneRow[..^1], (byte)~OneRow[^1]]).End().ToArray() },
        { "cannot be inflated", new PngBuilder().Header(2, 1, 8, 0).Chunk("IDAT", OneRow[..^4]).Chunk("IDAT", 1, 2, 3, 4).End().ToArray() },
        { "row 0, column 1 has index 2, the palette ends at 1", new PngBuilder().Header(2, 1, 8, 3).Chunk("PLTE", new byte[6]).Chunk("IDAT", OneRow).End().ToArray() },
    };

    [Theory]
    [MemberData(nameof(ForeignFiles))]
    public void A_foreign_file_is_named_by_its_kind(string kind, byte[] file)
    {
        string message = Refusal(file);
        Assert.Contains(kind, message, StringComparison.Ordinal);
        Assert.Contains("not a PNG", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(DamagedFiles))]
    public void A_damaged_file_is_refused_with_what_was_found(string found, byte[] file) =>
        Assert.Contains(found, Refusal(file), StringComparison.Ordinal);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_cut_anywhere_is_refused(bool interlaced)
    {
        ushort[] samples = PngTestData.Samples(new Random(4), 9, 5, 3, 8);
        byte[] file = PngBuilder.Image(samples, 9, 5, 3, 8, 2, interlaced, firstFilter: 0, chunkSize: 50);
        for (int length = 0; length < file.Length; length++)
        {
            Refusal(file[..length]);
        }
    }

    [Fact]
    public void A_damaged_checksum_of_any_chunk_is_found()
    {
        byte[] file = new PngBuilder().Header(2, 1, 8, 0).Chunk("tEXt", 65, 0, 66).Chunk("IDAT", OneRow).End().ToArray();
        foreach (int position in new[] { 29, 44, file.Length - 1 })
        {
            byte[] damaged = [.. file];
            damaged[position] ^= 1;
            Assert.Contains("should have the checksum", Refusal(damaged), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_index_beyond_the_palette_is_still_a_label()
    {
        byte[] file = new PngBuilder().Header(2, 1, 8, 3).Chunk("PLTE", new byte[6]).Chunk("IDAT", OneRow).End().ToArray();
        Assert.Equal([1, 2], PngFile.ReadLabels(new MemoryStream(file), "a").Labels);
    }

    [Fact]
    public void A_missing_checksum_behind_whole_pixels_is_forgiven()
    {
        // The chunk's own checksum vouches for every pixel already.
        byte[] file = new PngBuilder().Header(2, 1, 8, 0).Chunk("IDAT", OneRow[..^4]).End().ToArray();
        Assert.Equal([1, 2], PngFile.ReadLabels(new MemoryStream(file), "a").Labels);
    }

    [Fact]
    public void Data_beyond_the_last_row_are_not_inflated()
    {
        byte[] bomb = new byte[64 << 20];
        byte[] file = new PngBuilder().Header(2, 1, 8, 0).Data(bomb).End().ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal([0, 0], PngFile.ReadLabels(new MemoryStream(file), "a").Labels);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    /// <summary>However much is inflated at once, it ends with the last row.</summary>
    [Fact]
    public void Damage_beyond_the_last_row_is_not_seen()
    {
        const int Width = 40_000;
        const int Stored = Width + 50;
        byte[] block = new byte[5 + Stored];
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(1), Stored);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(3), ushort.MaxValue ^ Stored);
        block.AsSpan(6, Width).Fill(9);

        // Behind it a block of a kind that there is not.
        byte[] file = new PngBuilder().Header(Width, 1, 8, 0).Chunk("IDAT", [0x78, 0x01, .. block, 0xFF, 0xFF]).End().ToArray();
        Assert.Equal(-1, PngFile.ReadLabels(new MemoryStream(file), "a").Labels.AsSpan().IndexOfAnyExcept((ushort)9));
    }

    [Theory]
    [InlineData(10000, 0)]
    [InlineData(10000, 1)]
    [InlineData(60000, 0)]
    [InlineData(60000, 1)]
    public void A_header_alone_makes_no_large_allocation(uint side, int interlace)
    {
        byte[] file = new PngBuilder().Header(side, side, 16, 6, interlace).Chunk("IDAT", OneRow).End().ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("cut short", Refusal(file), StringComparison.Ordinal);
        Assert.Throws<FcnSharpException>(() => PngFile.ReadRgb(new PipeStream(file), "a", maxPixels: 1 << 20));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void The_limit_of_pixels_is_the_callers()
    {
        byte[] file = PngTestData.Write(new ushort[12], 4, 3, PngColorType.Grey, 8, 1);
        Assert.Equal(12, PngFile.ReadLabels(new MemoryStream(file), "a", maxPixels: 12).Labels.Length);
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => PngFile.ReadRgb(new MemoryStream(file), "a", maxPixels: 11));
        Assert.Contains("4x3 = 12 pixels, the limit is 11", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PngColorType.Rgb, 3, "8-bit RGB")]
    [InlineData(PngColorType.Rgba, 4, "8-bit RGB with alpha")]
    [InlineData(PngColorType.GreyAlpha, 2, "8-bit grey with alpha")]
    public void Colours_are_no_labels(PngColorType colorType, int channels, string found)
    {
        byte[] file = PngTestData.Write(new ushort[channels], 1, 1, colorType, 8, channels);
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => PngFile.ReadLabels(new MemoryStream(file), "labels/a.png"));
        Assert.StartsWith("labels/a.png: ", e.Message, StringComparison.Ordinal);
        Assert.Contains($"found {found};", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_told()
    {
        using TempFolder folder = new();
        Assert.StartsWith(folder["no.png"], Assert.Throws<FcnSharpException>(() => PngFile.ReadRgb(folder["no.png"])).Message, StringComparison.Ordinal);
        Assert.StartsWith(folder.Root, Assert.Throws<FcnSharpException>(() => PngFile.ReadLabels(folder.Root)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_that_fails_is_told_with_the_name()
    {
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => PngFile.ReadRgb(new BrokenStream(), "upload"));
        Assert.StartsWith("upload: the file could not be read (on purpose)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_do_not_depend_on_the_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("tr-TR");
            Assert.Contains("is too long, the limit is 67108864;", Refusal(new PngBuilder().Header(int.MaxValue, 1, 8, 0).ToArray()), StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string Refusal(byte[] file)
    {
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => PngFile.ReadRgb(new MemoryStream(file), "a.png"));
        Assert.StartsWith("a.png: ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
        return e.Message;
    }

    private sealed class PipeStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override int Read(Span<byte> buffer) => throw new IOException("on purpose");
    }
}
