using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Imaging;

public sealed class PixelBufferTests
{
    private static readonly RgbImage Image = TestImages.Smooth(7, 5);

    [Theory]
    [InlineData(PixelFormat.Rgb24, "RGB")]
    [InlineData(PixelFormat.Bgr24, "BGR")]
    [InlineData(PixelFormat.Rgba32, "RGBA")]
    [InlineData(PixelFormat.Bgra32, "BGRA")]
    [InlineData(PixelFormat.Argb32, "ARGB")]
    public void Every_order_of_bytes_with_any_stride_gives_the_image(PixelFormat format, string order)
    {
        foreach (int gap in (int[])[0, 1, 5])
        {
            int stride = (7 * order.Length) + gap;

            // Without a gap behind the last row.
            byte[] down = new byte[(5 * stride) - gap];
            byte[] up = new byte[down.Length];
            for (int y = 0; y < 5; y++)
            {
                byte[] row = [.. Enumerable.Range(0, 7).SelectMany(x => order.Select(c => c == 'A' ? (byte)99 : Image.Row(y)[(3 * x) + "RGB".IndexOf(c, StringComparison.Ordinal)]))];
                row.CopyTo(down, y * stride);
                row.CopyTo(up, (4 - y) * stride);
            }

            Assert.Equal(Image.Pixels, new PixelBuffer(down, 7, 5, format, stride).ToImage().Pixels);
            Assert.Equal(Image.Pixels, new PixelBuffer(up, 7, 5, format, -stride).ToImage().Pixels);
            if (gap == 0)
            {
                Assert.Equal(Image.Pixels, new PixelBuffer(down, 7, 5, format).ToImage().Pixels);
            }
        }
    }

    [Fact]
    public void Grey_counts_for_all_three() =>
        Assert.Equal([5, 5, 5, 7, 7, 7], new PixelBuffer([5, 0, 7], 1, 2, PixelFormat.Gray8, 2).ToImage().Pixels);

    [Fact]
    public void The_image_depends_on_the_memory_no_more()
    {
        byte[] bytes = [1, 2, 3];
        RgbImage image = new PixelBuffer(bytes, 1, 1, PixelFormat.Rgb24).ToImage();
        bytes[0] = 9;
        Assert.Equal([1, 2, 3], image.Pixels);
    }

    [Theory]
    [InlineData(23, 2, 4, PixelFormat.Rgb24, 0, "needs 24 bytes, found 23")]
    [InlineData(31, 2, 4, PixelFormat.Rgb24, 9, "needs 33 bytes, found 31")]
    [InlineData(31, 2, 4, PixelFormat.Rgb24, -9, "with a stride of -9 needs 33 bytes, found 31")]
    [InlineData(100, 2, 4, PixelFormat.Bgra32, 7, "has 8 bytes, but the stride is 7")]
    [InlineData(100, 0, 4, PixelFormat.Rgb24, 0, "at least 1x1 pixels, found 0x4")]
    [InlineData(100, 2, -1, PixelFormat.Rgb24, 0, "at least 1x1 pixels, found 2x-1")]
    [InlineData(100, 2, 2, (PixelFormat)17, 0, "one of the formats Rgb24")]
    [InlineData(100, int.MaxValue, int.MaxValue, PixelFormat.Rgba32, 0, "bytes, found 100")]
    [InlineData(100, 1, int.MaxValue, PixelFormat.Gray8, int.MinValue, "bytes, found 100")]
    public void What_does_not_fit_is_refused_before_anything_is_read(int length, int width, int height, PixelFormat format, int stride, string expected)
    {
        string message = Assert.Throws<FcnSharpException>(() => new PixelBuffer(new byte[length], width, height, format, stride)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
