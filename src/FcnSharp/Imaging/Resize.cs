namespace FcnSharp.Imaging;

/// <summary>
/// Pictures in another size by an antialiased triangle filter, labels by their nearest neighbour. Pixels are areas: the outer
/// edges of both sizes coincide. One thread, float sums in a fixed order: the same input gives the same bytes.
/// </summary>
public static class Resize
{
    /// <summary>
    /// The image at a new size: bilinear interpolation where it grows; where it shrinks, the triangle is as wide as two output
    /// pixels, so that no input pixel is left out (as Pillow's BILINEAR and torchvision with antialias do).
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="width">The new width, from 1.</param>
    /// <param name="height">The new height, from 1.</param>
    public static RgbImage Image(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        RgbImage result = new(width, height);
        if (width == image.Width && height == image.Height)
        {
            image.Pixels.CopyTo(result.Pixels, 0);
            return result;
        }

        FilterTaps columns = new(image.Width, width);
        FilterTaps rows = new(image.Height, height);
        // Rows that were resized in width, as long as an output row needs them: memory for a filter's height, not for the picture.
        float[][] ring = [.. Enumerable.Range(0, rows.MaxTaps).Select(_ => new float[3 * width])];
        float[] sums = new float[3 * width];
        int done = 0;
        for (int y = 0; y < height; y++)
        {
            (int first, ReadOnlySpan<float> weights) = rows[y];
            for (done = Math.Max(done, first); done < first + weights.Length; done++)
            {
                ResizeRow(image.Row(done), columns, ring[done % ring.Length]);
            }

            Array.Clear(sums);
            for (int t = 0; t < weights.Length; t++)
            {
                float weight = weights[t];
                float[] row = ring[(first + t) % ring.Length];
                for (int i = 0; i < sums.Length; i++)
                {
                    sums[i] += weight * row[i];
                }
            }

            Span<byte> target = result.Row(y);
            for (int i = 0; i < sums.Length; i++)
            {
                target[i] = (byte)Math.Clamp(sums[i] + 0.5f, 0, 255);
            }
        }

        return result;
    }

    /// <summary>The labels at a new size: each pixel takes the label at its centre, never a mixture.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="width">The new width, from 1.</param>
    /// <param name="height">The new height, from 1.</param>
    public static LabelMap Labels(LabelMap labels, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(labels);
        LabelMap result = new(width, height);
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<ushort> source = labels.Row(Nearest(y, labels.Height, height));
            Span<ushort> target = result.Row(y);
            for (int x = 0; x < width; x++)
            {
                target[x] = source[Nearest(x, labels.Width, width)];
            }
        }

        return result;
    }

    /// <summary>floor((i + 1/2) * from / to), in whole numbers.</summary>
    private static int Nearest(int i, int from, int to) => (int)(((2L * i) + 1) * from / (2L * to));

    private static void ResizeRow(ReadOnlySpan<byte> source, FilterTaps columns, float[] target)
    {
        for (int x = 0; x < columns.Count; x++)
        {
            (int first, ReadOnlySpan<float> weights) = columns[x];
            ReadOnlySpan<byte> pixels = source.Slice(3 * first, 3 * weights.Length);
            (float r, float g, float b) = (0, 0, 0);
            for (int t = 0; t < weights.Length; t++)
            {
                float weight = weights[t];
                r += weight * pixels[3 * t];
                g += weight * pixels[(3 * t) + 1];
                b += weight * pixels[(3 * t) + 2];
            }

            (target[3 * x], target[(3 * x) + 1], target[(3 * x) + 2]) = (r, g, b);
        }
    }

    /// <summary>For each output position the first input position that counts, and the weights from there on, which sum to 1.</summary>
    private sealed class FilterTaps
    {
        private readonly int[] _first;
        private readonly int[] _start;
        private readonly float[] _weights;

        public FilterTaps(int from, int to)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(to, 1);
            double step = (double)from / to;
            double support = Math.Max(1, step);
            _first = new int[to];
            _start = new int[to + 1];
            List<float> weights = [];
            for (int i = 0; i < to; i++)
            {
                double centre = (i + 0.5) * step;
                int low = Math.Max(0, (int)Math.Floor(centre - support + 0.5));
                int high = Math.Min(from, (int)Math.Floor(centre + support + 0.5));
                double sum = 0;
                for (int s = low; s < high; s++)
                {
                    sum += Triangle((s + 0.5 - centre) / support);
                }

                for (int s = low; s < high; s++)
                {
                    weights.Add((float)(Triangle((s + 0.5 - centre) / support) / sum));
                }

                _first[i] = low;
                _start[i + 1] = weights.Count;
                MaxTaps = Math.Max(MaxTaps, high - low);
            }

            _weights = [.. weights];
        }

        public int Count => _first.Length;

        public int MaxTaps { get; }

        public (int First, Taps Weights) this[int i] => (_first[i], new Taps(_weights, _start[i], _start[i + 1] - _start[i]));

        private static double Triangle(double x) => Math.Max(0, 1 - Math.Abs(x));
    }

    /// <summary>A part of an array; a tuple cannot hold a span.</summary>
    private readonly record struct Taps(float[] Weights, int Start, int Length)
    {
        public static implicit operator ReadOnlySpan<float>(Taps taps) => taps.Weights.AsSpan(taps.Start, taps.Length);
    }
}
