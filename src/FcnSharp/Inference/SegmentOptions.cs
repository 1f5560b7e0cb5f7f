using FcnSharp.Imaging;
using FcnSharp.Inference.Tiling;

namespace FcnSharp.Inference;

/// <summary>What a <see cref="Segmenter"/> computes, and how.</summary>
public sealed record SegmentOptions
{
    /// <summary>Whether the probability of each pixel's class is wanted, too; it costs some time, and four bytes a pixel.</summary>
    public bool Confidence { get; init; }

    /// <summary>How an image is cut that is too large to be computed at once; null to compute it at once.</summary>
    public TileOptions? Tiles { get; init; }

    /// <summary>Passes over the image in several forms, for some more accuracy at a multiple of the time; null for one as it is. Not together with <see cref="Tiles"/>.</summary>
    public TestTimeAugmentation? TestTimeAugmentation { get; init; }

    /// <summary>
    /// Reads pictures that are given as files, streams or bytes. It bounds their pixels before they are decoded:
    /// <c>ImageReader.Default.WithMaxPixels(50_000_000)</c>.
    /// </summary>
    public ImageReader Reader { get; init; } = ImageReader.Default;
}
