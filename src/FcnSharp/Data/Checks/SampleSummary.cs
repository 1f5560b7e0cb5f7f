using FcnSharp.Data.Layouts;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Checks;

/// <summary>What a check keeps of one sample: a few hundred bytes, whatever its size.</summary>
internal sealed class SampleSummary
{
    /// <summary>The side of the thumbnail that near-duplicates are found by.</summary>
    public const int ThumbnailSide = 16;

    private SampleSummary(DatasetItem item)
    {
        Item = item;
    }

    public DatasetItem Item { get; }

    /// <summary>Why a file could not be read; null where both could.</summary>
    public string? Problem { get; private init; }

    public int Width { get; private init; }

    public int Height { get; private init; }

    public ImageOrientation Orientation { get; private init; } = ImageOrientation.Upright;

    /// <summary>Pixels of each stored label.</summary>
    public IReadOnlyList<(ushort Label, long Pixels)> Stored { get; private init; } = [];

    /// <summary>Grey values of the image at 16 x 16.</summary>
    public byte[] Thumbnail { get; private init; } = [];

    /// <summary>Reads both files.</summary>
    public static SampleSummary Of(FolderSource source, DatasetItem item)
    {
        try
        {
            RgbImage image = source.Images.Read(item.ImagePath);
            byte[] thumbnail = Grey(Resize.Image(image, ThumbnailSide, ThumbnailSide));
            ImageOrientation orientation = source.Images.ReadInfo(item.ImagePath).Orientation;
            LabelMap labels = source.ReadStored(item, image.Width, image.Height);
            return new(item) { Width = image.Width, Height = image.Height, Orientation = orientation, Stored = Count(labels), Thumbnail = thumbnail };
        }
        catch (FcnSharpException e)
        {
            return new(item) { Problem = e.Message };
        }
    }

    /// <summary>Whether two pictures show the same but for compression: no thumbnail pixel differs by more than a few grey values, after what a plain one would match anyway.</summary>
    public bool LooksLike(SampleSummary other)
    {
        const int Largest = 6;
        const int LeastContrast = 24;
        byte[] a = Thumbnail;
        byte[] b = other.Thumbnail;
        if (a.Length == 0 || b.Length == 0 || a.Max() - a.Min() < LeastContrast)
        {
            return false;
        }

        for (int i = 0; i < a.Length; i++)
        {
            if (Math.Abs(a[i] - b[i]) > Largest)
            {
                return false;
            }
        }

        return true;
    }

    private static (ushort, long)[] Count(LabelMap labels)
    {
        long[] counts = new long[ushort.MaxValue + 1];
        foreach (ushort label in labels.Labels)
        {
            counts[label]++;
        }

        return [.. counts.Index().Where(entry => entry.Item > 0).Select(entry => ((ushort)entry.Index, entry.Item))];
    }

    private static byte[] Grey(RgbImage image) => [.. image.Pixels.Chunk(3).Select(pixel => (byte)(((299 * pixel[0]) + (587 * pixel[1]) + (114 * pixel[2]) + 500) / 1000))];
}
