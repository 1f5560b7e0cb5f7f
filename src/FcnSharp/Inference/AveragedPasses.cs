using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Inference;

/// <summary>Test-time augmentation: the net on an image mirrored and in several sizes, the probabilities averaged pixel by pixel.</summary>
internal static class AveragedPasses
{
    /// <summary>The most probable class of each pixel, the first of equals, and its mean probability.</summary>
    /// <exception cref="FcnSharpException">The options are out of range, or the image needs more memory than there is.</exception>
    public static (LabelMap Map, float[] Confidence) Run(SegmentationNet net, int classes, RgbImage image, TestTimeAugmentation options, CancellationToken cancellation)
    {
        options.Check();
        long length = (long)classes * image.Width * image.Height;
        if (length > Array.MaxLength || 2 * length * sizeof(float) > net.MemoryBudget)
        {
            throw new FcnSharpException($"Test-time augmentation of {image.Width}x{image.Height} pixels by {classes} classes needs {2 * length * sizeof(float) >> 20} MiB for probabilities, but {net.MemoryBudget >> 20} MiB are available; make the image smaller or do without it.");
        }

        float[] sums = new float[length];
        foreach (double scale in options.Scales)
        {
            RgbImage scaled = Scaled(image, scale);
            Add(net.Probabilities(scaled, mirror: false, cancellation), mirrored: false, sums, image.Width, image.Height);
            if (options.Mirror)
            {
                Add(net.Probabilities(scaled, mirror: true, cancellation), mirrored: true, sums, image.Width, image.Height);
            }
        }

        return Best(sums, image, classes, options.Passes);
    }

    private static RgbImage Scaled(RgbImage image, double scale)
    {
        int width = (int)Math.Max(1, Math.Round(image.Width * scale));
        int height = (int)Math.Max(1, Math.Round(image.Height * scale));
        return width == image.Width && height == image.Height ? image : Resize.Image(image, width, height);
    }

    /// <summary>Adds maps of another size, bilinear between the middles of their pixels, which is to mix probabilities, so they still add up to 1.</summary>
    private static void Add(Tensor maps, bool mirrored, float[] sums, int width, int height)
    {
        (int classes, int fromHeight, int fromWidth) = (maps.Shape.C, maps.Shape.H, maps.Shape.W);
        Place[] columns = [.. Enumerable.Range(0, width).Select(x => Place.Of(mirrored ? width - 1 - x : x, fromWidth, width))];
        for (int y = 0; y < height; y++)
        {
            Place row = Place.Of(y, fromHeight, height);
            for (int c = 0; c < classes; c++)
            {
                ReadOnlySpan<float> plane = maps.Span.Slice(c * fromHeight * fromWidth, fromHeight * fromWidth);
                ReadOnlySpan<float> upper = plane.Slice(row.First * fromWidth, fromWidth);
                ReadOnlySpan<float> lower = plane.Slice(row.Second * fromWidth, fromWidth);
                Span<float> target = sums.AsSpan(((c * height) + y) * width, width);
                for (int x = 0; x < target.Length; x++)
                {
                    Place at = columns[x];
                    float above = upper[at.First] + (at.Fraction * (upper[at.Second] - upper[at.First]));
                    float below = lower[at.First] + (at.Fraction * (lower[at.Second] - lower[at.First]));
                    target[x] += above + (row.Fraction * (below - above));
                }
            }
        }
    }

    private static (LabelMap Map, float[] Confidence) Best(float[] sums, RgbImage image, int classes, int passes)
    {
        LabelMap map = new(image.Width, image.Height);
        int pixels = map.Labels.Length;
        float[] best = sums.AsSpan(0, pixels).ToArray();
        for (int c = 1; c < classes; c++)
        {
            ReadOnlySpan<float> plane = sums.AsSpan(c * pixels, pixels);
            for (int i = 0; i < plane.Length; i++)
            {
                if (plane[i] > best[i])
                {
                    (best[i], map.Labels[i]) = (plane[i], (ushort)c);
                }
            }
        }

        for (int i = 0; i < best.Length; i++)
        {
            best[i] /= passes;
        }

        return (map, best);
    }

    /// <summary>The two pixels of an axis that a pixel of another number of them lies between, and how far behind the first.</summary>
    private readonly record struct Place(int First, int Second, float Fraction)
    {
        public static Place Of(int pixel, int from, int to)
        {
            double at = Math.Clamp(((pixel + 0.5) * from / to) - 0.5, 0, from - 1);
            int first = (int)at;
            return new(first, Math.Min(first + 1, from - 1), (float)(at - first));
        }
    }
}
