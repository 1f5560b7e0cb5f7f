using FcnSharp.Formats;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using Xunit;

namespace FcnSharp.Tests.Inference;

public sealed class InputEncoderTests
{
    /// <summary>Rows shorter than a vector, of whole vectors and with some pixels behind: the same bits as one pixel at a time.</summary>
    [Theory]
    [InlineData(ChannelOrder.Rgb)]
    [InlineData(ChannelOrder.Bgr)]
    public void Every_pixel_is_less_its_mean_and_scaled(ChannelOrder order)
    {
        Preprocessing preprocessing = new(order, [123.675f, 116.28f, 103.53f], [1 / 58.395f, 1 / 57.12f, 1 / 57.375f]);
        foreach (int width in (int[])[1, 15, 16, 17, 48, 70])
        {
            RgbImage image = new(width, 3);
            new Random(width).NextBytes(image.Pixels);
            foreach (bool mirror in (bool[])[false, true])
            {
                float[] planes = new float[3 * 3 * width];
                InputEncoder.Encode(image, preprocessing, planes, mirror);
                for (int i = 0; i < planes.Length; i++)
                {
                    (int channel, int y, int x) = (i / (3 * width), i / width % 3, i % width);
                    int colour = order == ChannelOrder.Rgb ? channel : 2 - channel;
                    float expected = (image.Row(y)[(3 * (mirror ? width - 1 - x : x)) + colour] - preprocessing.Mean[channel]) * preprocessing.Scale[channel];
                    Assert.Equal(expected, planes[i]);
                }
            }
        }
    }

    [Fact]
    public void Room_for_another_image_is_refused() =>
        Assert.Throws<ArgumentException>(() => InputEncoder.Encode(new RgbImage(2, 2), new Preprocessing(ChannelOrder.Rgb, [0, 0, 0], [1, 1, 1]), new float[11]));
}
