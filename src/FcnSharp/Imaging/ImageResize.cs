using System.Runtime.InteropServices;

namespace FcnSharp.Imaging;

/// <summary>
/// Resizes images by a filter that widens as the image shrinks: each new pixel is the mean of all old ones that it covers, weighted by
/// a triangle, so that fine patterns become their mean and not coarse patterns. Enlarging is bilinear interpolation. Labels are
/// indices and must not be resized so.
/// </summary>
public static class ImageResize
{
    private const int Channels = 3;

    /// <summary>The image in another size.</summary>
    /// <param name="image">The image; it stays as it is.</param>
    /// <param name="width">New width in pixels, at least 1.</param>
    /// <param name="height">New height in pixels, at least 1.</param>
    /// <exception cref="FcnSharp.Tensors.FcnSharpException">A side is below 1, or the result too large to hold at once.</exception>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        var result = new RgbImage(width, height);
        if (width == image.Width && height == image.Height)
        {
            image.Pixels.CopyTo(result.Pixels, 0);
            return result;
        }

        Window[] columns = Windows(image.Width, width);
        Window[] rows = Windows(image.Height, height);

        // Rows that have been narrowed are kept only while a new row still needs them.
        var narrowed = new Dictionary<int, float[]>();
        float[] sum = new float[Channels * width];
        for (int y = 0; y < height; y++)
        {
            Window window = rows[y];
            foreach (int old in narrowed.Keys.Where(row => row < window.First).ToArray())
            {
                narrowed.Remove(old);
            }

            Array.Clear(sum);
            for (int i = 0; i < window.Weights.Length; i++)
            {
                int from = window.First + i;
                ref float[]? row = ref CollectionsMarshal.GetValueRefOrAddDefault(narrowed, from, out _);
                row ??= Narrow(image.Row(from), columns);
                for (int x = 0; x < sum.Length; x++)
                {
                    sum[x] += window.Weights[i] * row[x];
                }
            }

            Span<byte> target = result.Row(y);
            for (int x = 0; x < sum.Length; x++)
            {
                target[x] = (byte)Math.Clamp((int)MathF.Round(sum[x]), byte.MinValue, byte.MaxValue);
            }
        }

        return result;
    }

    /// <summary>A part of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="left">The first column.</param>
    /// <param name="top">The first row.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches out of the image.</exception>
    public static RgbImage Crop(RgbImage image, int left, int top, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegative(left);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, image.Width - left);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, image.Height - top);
        var part = new RgbImage(width, height);
        for (int y = 0; y < height; y++)
        {
            image.Row(top + y).Slice(Channels * left, Channels * width).CopyTo(part.Row(y));
        }

        return part;
    }

    private static float[] Narrow(ReadOnlySpan<byte> row, Window[] columns)
    {
        float[] narrow = new float[Channels * columns.Length];
        for (int x = 0; x < columns.Length; x++)
        {
            Window window = columns[x];
            for (int i = 0; i < window.Weights.Length; i++)
            {
                for (int c = 0; c < Channels; c++)
                {
                    narrow[Channels * x + c] += window.Weights[i] * row[Channels * (window.First + i) + c];
                }
            }
        }

        return narrow;
    }

    /// <summary>For each new pixel the old ones it is made of; their weights add up to 1.</summary>
    private static Window[] Windows(int from, int to)
    {
        double step = (double)from / to;
        double reach = Math.Max(1, step);
        var windows = new Window[to];
        for (int i = 0; i < to; i++)
        {
            double centre = (i + 0.5) * step - 0.5;
            int first = Math.Max(0, (int)Math.Ceiling(centre - reach));
            int last = Math.Min(from - 1, (int)Math.Floor(centre + reach));
            double[] weights = [.. Enumerable.Range(first, last - first + 1).Select(x => Math.Max(0, 1 - Math.Abs(x - centre) / reach))];
            double sum = weights.Sum();
            windows[i] = new Window(first, [.. weights.Select(w => (float)(w / sum))]);
        }

        return windows;
    }

    private readonly record struct Window(int First, float[] Weights);
}
