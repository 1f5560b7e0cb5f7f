using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Inference.Tiling;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Server.Models;

/// <summary>A model under the name by which requests ask for it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Segmenter">The model.</param>
/// <param name="Device">Where it computes.</param>
/// <param name="Parameters">How many numbers its weights are.</param>
internal sealed record ServedModel(string Name, Segmenter Segmenter, IDevice Device, long Parameters)
{
    /// <summary>Larger images are computed in tiles: memory that the net once had for all of one is kept for the next.</summary>
    private const int MostPixelsAtOnce = 8_000_000;

    /// <summary>The bytes that a tile may take.</summary>
    private const long TileBytes = 1L << 30;

    /// <summary>Segments an image: at once where it is not too large, else in tiles.</summary>
    /// <exception cref="FcnSharpException">There is not even the memory for a tile.</exception>
    public Segmentation Segment(RgbImage image, bool confidence, CancellationToken cancellation)
    {
        if ((long)image.Width * image.Height > MostPixelsAtOnce)
        {
            return SegmentTiled(image, confidence, cancellation);
        }

        try
        {
            return Segmenter.Segment(image, new SegmentOptions { Confidence = confidence }, cancellation);
        }
        catch (Exception e) when (e is FcnSharpException or OutOfMemoryException)
        {
            return SegmentTiled(image, confidence, cancellation);
        }
    }

    /// <summary>Segments small images of one size at once.</summary>
    /// <exception cref="FcnSharpException">There is not the memory for them.</exception>
    public IReadOnlyList<Segmentation> Segment(IReadOnlyList<RgbImage> images, bool confidence) =>
        Segmenter.Segment(images, new SegmentOptions { Confidence = confidence }, CancellationToken.None);

    private Segmentation SegmentTiled(RgbImage image, bool confidence, CancellationToken cancellation)
    {
        TileOptions options = new() { MemoryBudget = Math.Min(TileBytes, Device.MemoryBudget / 2) };
        return Segmenter.Segment(image, new SegmentOptions { Confidence = confidence, Tiles = options }, cancellation);
    }
}
