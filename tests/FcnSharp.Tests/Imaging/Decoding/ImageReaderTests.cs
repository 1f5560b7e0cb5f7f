using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Imaging.Decoding;

public sealed class ImageReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_content_tells_the_format_and_not_the_name()
    {
        RgbImage image = TestImages.Scene(30, 20).Image;
        PngFile.WriteRgb(_folder["a.jpg"], image);
        Assert.Equal(image.Pixels, ImageFile.Read(_folder["a.jpg"]).Pixels);
        Assert.Equal(new ImageInfo("PNG", 30, 20, ImageOrientation.Upright), ImageFile.ReadInfo(_folder["a.jpg"]));
    }

    [Fact]
    public void A_decoder_of_the_users_is_asked_in_its_turn()
    {
        File.WriteAllBytes(_folder["a.grey"], [.. "grey"u8, 3, 2, 77]);
        ImageReader reader = new([.. ImageReader.Default.Decoders, new Grey()]);
        Assert.Equal(Enumerable.Repeat((byte)77, 18), reader.Read(_folder["a.grey"]).Pixels);
        Assert.Equal(new ImageInfo("Grey", 3, 2, ImageOrientation.Upright), reader.ReadInfo(_folder["a.grey"]));
    }

    [Fact]
    public void Files_bytes_and_streams_of_all_kinds_give_the_same_picture()
    {
        RgbImage image = TestImages.Scene(30, 20).Image;
        byte[] bytes = PngFile.EncodeRgb(image);
        using MemoryStream whole = new(bytes);
        using MemoryStream behindOtherBytes = new([1, 2, 3, .. bytes]) { Position = 3 };
        using OneWay oneWay = new(bytes);

        Assert.Equal(image.Pixels, ImageReader.Default.Read(bytes).Pixels);
        Assert.Equal(image.Pixels, ImageReader.Default.Read(whole).Pixels);
        Assert.Equal(image.Pixels, ImageReader.Default.Read(behindOtherBytes).Pixels);
        Assert.Equal(image.Pixels, ImageReader.Default.Read(oneWay).Pixels);
        Assert.Equal(new ImageInfo("PNG", 30, 20, ImageOrientation.Upright), ImageReader.Default.ReadInfo(bytes));
        Assert.True(whole.CanRead, "the stream is the caller's to close");
    }

    [Fact]
    public void Bytes_and_streams_that_are_no_picture_are_an_error_with_the_name_they_are_given()
    {
        Assert.StartsWith("upload 7: the file is an empty file", Assert.Throws<FcnSharpException>(() => ImageReader.Default.Read([], "upload 7")).Message, StringComparison.Ordinal);
        Assert.StartsWith("the picture: the file is a GIF", Assert.Throws<FcnSharpException>(() => ImageReader.Default.ReadInfo("GIF89a"u8)).Message, StringComparison.Ordinal);
        byte[] cut = PngFile.EncodeRgb(TestImages.Scene(30, 20).Image)[..^200];
        using OneWay stream = new(cut);
        Assert.Contains("cut short", Assert.Throws<FcnSharpException>(() => ImageReader.Default.Read(stream)).Message, StringComparison.Ordinal);
        using OneWay broken = new(cut) { Fails = true };
        Assert.StartsWith("upload: the file could not be read", Assert.Throws<FcnSharpException>(() => ImageReader.Default.Read(broken, "upload")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_pixels_are_bounded_before_they_are_decoded()
    {
        byte[] bytes = PngFile.EncodeRgb(new RgbImage(30, 20));
        ImageReader reader = ImageReader.Default.WithMaxPixels(599);
        Assert.Contains("30x20 = 600 pixels, the limit is 599", Assert.Throws<FcnSharpException>(() => reader.Read(bytes)).Message, StringComparison.Ordinal);
        Assert.Equal(30, reader.ReadInfo(bytes).Width);
        Assert.Equal(20, ImageReader.Default.WithMaxPixels(600).Read(bytes).Height);
    }

    [Theory]
    [InlineData("GIF89a..............", "a GIF", "PNG, JPEG, WebP")]
    [InlineData("", "an empty file", "PNG")]
    public void Other_formats_are_named(string content, params string[] parts)
    {
        File.WriteAllText(_folder["a.png"], content);
        string message = Assert.Throws<FcnSharpException>(() => ImageFile.Read(_folder["a.png"])).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Missing_files_are_an_error_of_one_line() =>
        Assert.StartsWith(_folder["none.jpg"], Assert.Throws<FcnSharpException>(() => ImageFile.Read(_folder["none.jpg"])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_library_is_named_with_what_installs_it()
    {
        foreach (NativeCodec codec in NativeCodec.All)
        {
            string message = codec.Missing("street.jpg").Message;
            Assert.StartsWith("street.jpg: ", message, StringComparison.Ordinal);
            Assert.Contains(codec.Name, message, StringComparison.Ordinal);
            Assert.Contains("install", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void Lossless_webp_is_read_exactly_and_a_cut_one_is_an_error()
    {
        RgbImage image = TestImages.Scene(41, 27).Image;
        byte[] content = Codecs.WebP(image);
        File.WriteAllBytes(_folder["a.webp"], content);
        Assert.Equal(image.Pixels, ImageFile.Read(_folder["a.webp"]).Pixels);
        Assert.Equal(new ImageInfo("WebP", 41, 27, ImageOrientation.Upright), ImageFile.ReadInfo(_folder["a.webp"]));
        Assert.Throws<FcnSharpException>(() => new ImageReader([new WebPDecoder()], 1000).Read(_folder["a.webp"]));

        for (int length = 12; length < content.Length; length += 1 + (content.Length / 40))
        {
            File.WriteAllBytes(_folder["a.webp"], content[..length]);
            Assert.Contains("premature end", Assert.Throws<FcnSharpException>(() => ImageFile.Read(_folder["a.webp"])).Message, StringComparison.Ordinal);
        }

        // The header's length agrees with what is there: the decoder itself has to notice.
        byte[] shorter = content[..(content.Length / 2 / 2 * 2)];
        BitConverter.TryWriteBytes(shorter.AsSpan(4), shorter.Length - 8);
        File.WriteAllBytes(_folder["a.webp"], shorter);
        Assert.Contains("a.webp", Assert.Throws<FcnSharpException>(() => ImageFile.Read(_folder["a.webp"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Landscape")]
    [InlineData("Portrait")]
    public void All_eight_orientations_show_the_same_picture(string series)
    {
        Codecs.Need(NativeCodec.TurboJpeg);
        RgbImage upright = ImageFile.Read(SharedData.PathOrSkip($"images/exif/{series}_1.jpg"));
        Assert.Equal(series == "Landscape", upright.Width > upright.Height);
        for (int i = 0; i <= 8; i++)
        {
            string path = SharedData.PathOrSkip($"images/exif/{series}_{i}.jpg");
            Assert.Equal((ImageOrientation)Math.Max(i, 1), ImageFile.ReadInfo(path).Orientation);
            // Each is drawn with its own number, so a part differs.
            double difference = TestImages.MeanDifference(Resize.Image(upright, 60, 60), Resize.Image(ImageFile.Read(path), 60, 60));
            Assert.True(difference < 6, $"{series}_{i} differs by {difference}");
            Assert.Equal((upright.Width, upright.Height), (ImageFile.ReadInfo(path).Width, ImageFile.ReadInfo(path).Height));
        }
    }

    [Fact]
    public void Orientation_of_small_jpegs_is_applied_in_both_byte_orders()
    {
        RgbImage image = TestImages.Smooth(24, 16);
        byte[] jpeg = Codecs.Jpeg(image, 98);
        File.WriteAllBytes(_folder["a.jpg"], Codecs.WithOrientation(jpeg, 6));
        File.WriteAllBytes(_folder["b.jpg"], Codecs.WithOrientation(jpeg, 6, little: false));
        RgbImage turned = ImageFile.Read(_folder["a.jpg"]);
        Assert.Equal((16, 24), (turned.Width, turned.Height));
        Assert.Equal(turned.Pixels, ImageFile.Read(_folder["b.jpg"]).Pixels);
        // A quarter turn clockwise: what was lower left is upper left now.
        Assert.InRange(turned.Pixels[1], 170, 190);
        Assert.InRange(turned.Pixels[0], 10, 40);
    }

    [Fact]
    public void Orientation_of_png_and_webp_is_found_too()
    {
        byte[] exif = Codecs.Exif(8, little: true);
        byte[] png = PngFile.EncodeRgb(TestImages.Smooth(5, 3));
        byte[] chunk = [0, 0, 0, (byte)(exif.Length - 6), .. "eXIf"u8, .. exif[6..], 0, 0, 0, 0];
        Assert.Equal(ImageOrientation.QuarterTurnBack, ExifOrientation.Read(new MemoryStream([.. png[..33], .. chunk, .. png[33..]])));

        byte[] webp = [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBPVP8X"u8, 3, 0, 0, 0, 9, 9, 9, 0, .. "EXIF"u8, (byte)exif.Length, 0, 0, 0, .. exif];
        Assert.Equal(ImageOrientation.QuarterTurnBack, ExifOrientation.Read(new MemoryStream(webp)));
    }

    [Fact]
    public void Damaged_exif_counts_as_upright()
    {
        Assert.Equal(ImageOrientation.Mirror, ExifOrientation.Parse(Codecs.Exif(2, little: false)));
        Assert.Equal(ImageOrientation.Upright, ExifOrientation.Parse(Codecs.Exif(0, little: true)));
        Assert.Equal(ImageOrientation.Upright, ExifOrientation.Parse(Codecs.Exif(9, little: true)));
        byte[] exif = Codecs.Exif(6, little: true);
        for (int length = 0; length < exif.Length; length++)
        {
            _ = ExifOrientation.Parse(exif.AsSpan(0, length));
        }

        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = (byte[])exif.Clone();
            ulong bits = CounterRandom.Bits(3, 1, (ulong)i);
            damaged[(int)(bits % (ulong)exif.Length)] = (byte)(bits >> 32);
            _ = ExifOrientation.Parse(damaged);
            _ = ExifOrientation.Read(new MemoryStream([0xFF, 0xD8, 0xFF, 0xE1, (byte)(bits >> 41), (byte)(bits >> 48), .. damaged]));
        }
    }

    [Theory]
    [InlineData(ImageOrientation.Upright, "abc def")]
    [InlineData(ImageOrientation.Mirror, "cba fed")]
    [InlineData(ImageOrientation.HalfTurn, "fed cba")]
    [InlineData(ImageOrientation.Flip, "def abc")]
    [InlineData(ImageOrientation.Transpose, "ad be cf")]
    [InlineData(ImageOrientation.QuarterTurn, "da eb fc")]
    [InlineData(ImageOrientation.Transverse, "fc eb da")]
    [InlineData(ImageOrientation.QuarterTurnBack, "cf be ad")]
    public void Orientations_turn_as_the_standard_says(ImageOrientation orientation, string expected)
    {
        RgbImage turned = orientation.Apply(new RgbImage(3, 2, [.. "abcdef".SelectMany(c => new[] { (byte)c, (byte)(c + 10), (byte)(c + 20) })]));
        string found = string.Join(' ', Enumerable.Range(0, turned.Height).Select(y => string.Concat(turned.Row(y).ToArray().Where((_, i) => i % 3 == 0).Select(b => (char)b))));
        Assert.Equal(expected, found);
        Assert.All(turned.Pixels.Chunk(3), pixel => Assert.Equal((pixel[0] + 10, pixel[0] + 20), (pixel[1], pixel[2])));
    }

    /// <summary>Bytes that come as those of a connection do: forwards, a few at a time.</summary>
    private sealed class OneWay(byte[] bytes) : Stream
    {
        private int _at;

        public bool Fails { get; init; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (Fails && _at > 0)
            {
                throw new IOException("connection reset");
            }

            int read = Math.Min(Math.Min(count, 7), bytes.Length - _at);
            bytes.AsSpan(_at, read).CopyTo(buffer.AsSpan(offset));
            _at += read;
            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class Grey : IImageDecoder
    {
        public string Format => "Grey";

        public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith("grey"u8);

        public (int Width, int Height) ReadSize(Stream stream, string name)
        {
            stream.Position = 4;
            return (stream.ReadByte(), stream.ReadByte());
        }

        public RgbImage Decode(Stream stream, string name, long maxPixels)
        {
            (int width, int height) = ReadSize(stream, name);
            return new(width, height, [.. Enumerable.Repeat((byte)stream.ReadByte(), 3 * width * height)]);
        }
    }
}
