using FcnSharp.Imaging;
using Xunit;

namespace FcnSharp.Tests.Imaging;

/// <summary>Parts of images.</summary>
public sealed class ImageCropTests
{
    [Fact]
    public void A_part_has_the_pixels_of_its_place()
    {
        var image = new RgbImage(9, 7);
        new Random(3).NextBytes(image.Pixels);
        RgbImage part = ImageCrop.Of(image, 2, 3, 4, 2);

        Assert.Equal((4, 2), (part.Width, part.Height));
        Assert.Equal(image.Row(4).Slice(6, 12).ToArray(), part.Row(1).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageCrop.Of(image, 6, 0, 4, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageCrop.Of(image, 0, 6, 1, 2));
    }
}
