using FcnSharp.Imaging;

namespace FcnSharp.Inference;

/// <summary>Which images are computed at once: those of one size, as long as they are small. From a few ten thousand pixels on an image alone keeps the processor busy, and more of them only take memory.</summary>
internal static class ImageBatches
{
    private const int MaxPixels = 1 << 16;
    private const int MaxImages = 16;

    /// <summary>Batches of the images' indices; each image is in one.</summary>
    public static IReadOnlyList<int[]> Of(IReadOnlyList<RgbImage> images) =>
    [
        .. Enumerable.Range(0, images.Count)
            .GroupBy(i => (images[i].Width, images[i].Height))
            .SelectMany(group => group.Chunk((int)Math.Clamp(MaxPixels / ((long)group.Key.Width * group.Key.Height), 1, MaxImages))),
    ];
}
