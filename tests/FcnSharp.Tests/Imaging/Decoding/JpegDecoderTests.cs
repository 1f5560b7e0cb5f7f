using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Imaging.Decoding;

public sealed class JpegDecoderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public JpegDecoderTests() => Codecs.Need(NativeCodec.TurboJpeg);

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int> References => new()
    {
        { "gray", 0 }, { "progressive", 3 }, { "srgb-icc", 3 }, { "cmyk-1", 3 }, { "size-1x1", 3 }, { "size-2x2", 3 }, { "size-3x3", 3 }, { "size-4x4", 3 }, { "size-5x5", 3 },
        { "size-6x6", 3 }, { "size-7x7", 3 }, { "size-8x8", 3 }, { "size-9x9", 3 }, { "size-15x15", 3 }, { "size-16x16", 3 }, { "size-17x17", 3 }, { "size-31x31", 3 }, { "size-32x32", 3 }, { "size-33x33", 3 },
    };

    [Theory]
    [MemberData(nameof(References))]
    public void Pictures_with_a_reference_decoding_agree_with_it(string name, int tolerance)
    {
        RgbImage expected = ImageFile.Read(SharedData.PathOrSkip($"images/jpeg/mozilla/jpg-{name}.png"));
        RgbImage found = ImageFile.Read(SharedData.PathOrSkip($"images/jpeg/mozilla/jpg-{name}.jpg"));

        int difference = TestImages.Difference(expected, found);
        Assert.True(difference <= tolerance, $"the largest difference is {difference}");
    }

    [Theory]
    [InlineData("testorig.jpg", 0.5)]
    [InlineData("testimgint.jpg", 4)]
    [InlineData("testimgari.jpg", 4)]
    public void The_test_picture_of_libjpeg_and_its_encodings_agree(string file, double tolerance)
    {
        string path = SharedData.PathOrSkip("images/jpeg/" + file);
        byte[] ppm = File.ReadAllBytes(SharedData.PathOrSkip("images/jpeg/testorig.ppm"));
        RgbImage expected = new(227, 149, ppm[^(3 * 227 * 149)..]);

        double difference = TestImages.MeanDifference(expected, ImageFile.Read(path));
        Assert.True(difference <= tolerance, $"the mean difference is {difference}");
    }

    [Fact]
    public void Inks_whose_sampling_the_library_does_not_know_are_refused_by_name()
    {
        string path = SharedData.PathOrSkip("images/jpeg/mozilla/jpg-cmyk-2.jpg");
        try
        {
            Assert.True(TestImages.Difference(ImageFile.Read(Path.ChangeExtension(path, ".png")), ImageFile.Read(path)) <= 3);
        }
        catch (FcnSharpException e)
        {
            Assert.StartsWith(path + ": the JPEG cannot be decoded (", e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Baseline_and_progressive_are_read_within_their_loss(bool progressive)
    {
        RgbImage image = TestImages.Smooth(37, 23);
        RgbImage found = ImageFile.Read(Write(Codecs.Jpeg(image, 98, progressive)));
        Assert.True(TestImages.MeanDifference(image, found) < 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_picture_that_is_cut_short_anywhere_is_an_error(bool progressive)
    {
        byte[] content = Codecs.Jpeg(TestImages.Scene(64, 48).Image, 90, progressive);
        for (int length = 3; length < content.Length; length += Math.Max(1, content.Length / 60))
        {
            string path = Write(content[..length]);
            Refused(path, "JPEG");
            Assert.DoesNotContain("limit", Assert.Throws<FcnSharpException>(() => ImageFile.Read(path)).Message, StringComparison.Ordinal);
        }

        Refused(Write(content[..(content.Length / 2)]), "cut short", "remature end");
        Refused(Write(content[..^2]), "cut short", "remature end");
    }

    [Fact]
    public void Broken_codes_are_an_error_and_stray_bytes_between_segments_are_not()
    {
        RgbImage image = TestImages.Scene(64, 48).Image;
        byte[] content = Codecs.Jpeg(image, 90);
        RgbImage whole = ImageFile.Read(Write(content));

        // Behind the segment JFIF, 20 bytes from the start.
        byte[] stray = [.. content[..20], 0, 0, 0, .. content[20..]];
        Assert.Equal(whole.Pixels, ImageFile.Read(Write(stray)).Pixels);

        byte[] broken = (byte[])content.Clone();
        // A marker in the midst of the coded pixels.
        (broken[content.Length / 2], broken[(content.Length / 2) + 1]) = (0xFF, 0xD4);
        Refused(Write(broken), "JPEG");

        byte[] both = [.. broken[..20], 0, 0, 0, .. broken[20..]];
        Refused(Write(both), "JPEG");
    }

    [Fact]
    public void Random_damage_never_ends_the_process()
    {
        byte[] content = Codecs.Jpeg(TestImages.Scene(32, 32).Image, 80, progressive: true);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = (byte[])content.Clone();
            for (int k = 0; k < 3; k++)
            {
                ulong bits = CounterRandom.Bits(7, (ulong)i, (ulong)k);
                damaged[(int)(bits % (ulong)content.Length)] = (byte)(bits >> 40);
            }

            string path = Write(damaged);
            try
            {
                Assert.True(new ImageReader(ImageReader.Default.Decoders, 1 << 20).Read(path).Width > 0);
            }
            catch (FcnSharpException e)
            {
                Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', e.Message);
            }
        }
    }

    [Fact]
    public void Sizes_are_checked_before_pixels_are_decoded()
    {
        byte[] content = Codecs.Jpeg(TestImages.Smooth(16, 16));
        // The frame header claims 65500 x 65500.
        int frame = content.AsSpan().IndexOf(new byte[] { 0xFF, 0xC0 });
        (content[frame + 5], content[frame + 6], content[frame + 7], content[frame + 8]) = (0xFF, 0xDC, 0xFF, 0xDC);
        string path = Write(content);

        Assert.Equal((65500, 65500), (ImageFile.ReadInfo(path).Width, ImageFile.ReadInfo(path).Height));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused(path, "65500x65500", "limit");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);

        string small = Write(Codecs.Jpeg(TestImages.Smooth(20, 10)));
        Assert.Contains("20x10 = 200 pixels, the limit is 199", Assert.Throws<FcnSharpException>(() => new ImageReader([new JpegDecoder()], 199).Read(small)).Message, StringComparison.Ordinal);
        Assert.Equal(20, new ImageReader([new JpegDecoder()], 200).Read(small).Width);
    }

    private string Write(byte[] content)
    {
        string path = _folder["picture.jpg"];
        File.WriteAllBytes(path, content);
        return path;
    }

    private static void Refused(string path, params string[] parts)
    {
        string message = Assert.Throws<FcnSharpException>(() => ImageFile.Read(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }
}
