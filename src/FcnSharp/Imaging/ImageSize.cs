using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>Checks on the size of an image before memory is asked for.</summary>
internal static class ImageSize
{
    /// <summary>The number of samples of an image, checked against what one array can hold.</summary>
    public static int CheckedLength(int width, int height, int channels)
    {
        if (width < 1 || height < 1)
        {
            throw new FcnSharpException($"An image needs at least 1x1 pixels, found {width}x{height}.");
        }

        long length = (long)width * height * channels;
        return length <= Array.MaxLength
            ? (int)length
            : throw new FcnSharpException($"An image of {width}x{height} pixels is too large to hold at once ({length} samples); read it by rows or in tiles.");
    }
}
