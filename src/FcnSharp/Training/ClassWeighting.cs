using FcnSharp.Data;
using FcnSharp.Tensors;

namespace FcnSharp.Training;

/// <summary>How much a pixel of each class counts in the loss.</summary>
public enum ClassWeighting
{
    /// <summary>All alike, as in the FCN papers, which found balancing unnecessary.</summary>
    None,

    /// <summary>median(f) / f_c, with f_c the share of class c in the images that show it (Eigen and Fergus 2015; SegNet).</summary>
    MedianFrequency,

    /// <summary>1 / ln(1.1 + p_c), with p_c the share of class c in all pixels, over their mean: a gentle weighting, bounded by about 10 (after ENet, Paszke et al. 2016).</summary>
    Enet,
}

/// <summary>Class weights from a dataset's labels.</summary>
public static class ClassWeights
{
    /// <summary>Counts the labels of a dataset and computes the weights; a class that never occurs gets 1.</summary>
    /// <param name="weighting">The rule.</param>
    /// <param name="dataset">The training part.</param>
    /// <param name="cancellation">Looked at between samples.</param>
    /// <returns>A weight for each class; null for <see cref="ClassWeighting.None"/>.</returns>
    /// <exception cref="FcnSharpException">A sample cannot be read.</exception>
    public static IReadOnlyList<float>? Of(ClassWeighting weighting, ISegmentationDataset dataset, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (weighting == ClassWeighting.None)
        {
            return null;
        }

        int classes = dataset.Classes.Count;
        long[] pixels = new long[classes];
        long[] pixelsWhereSeen = new long[classes];
        for (int i = 0; i < dataset.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Count(dataset.Load(i).Labels.Labels, dataset.IgnoreIndex, pixels, pixelsWhereSeen);
        }

        return weighting == ClassWeighting.Enet ? Enet(pixels) : MedianFrequency(pixels, pixelsWhereSeen);
    }

    private static void Count(ushort[] labels, int ignoreIndex, long[] pixels, long[] pixelsWhereSeen)
    {
        long[] here = new long[pixels.Length];
        long valid = 0;
        foreach (ushort label in labels)
        {
            if (label != ignoreIndex)
            {
                here[label]++;
                valid++;
            }
        }

        for (int c = 0; c < here.Length; c++)
        {
            pixels[c] += here[c];
            pixelsWhereSeen[c] += here[c] > 0 ? valid : 0;
        }
    }

    private static float[] Enet(long[] pixels)
    {
        double total = pixels.Sum();
        double[] weights = [.. pixels.Select(n => n > 0 ? 1 / Math.Log(1.1 + n / total) : double.NaN)];
        double mean = weights.Where(w => !double.IsNaN(w)).DefaultIfEmpty(1).Average();
        return [.. weights.Select(w => double.IsNaN(w) ? 1 : (float)(w / mean))];
    }

    private static float[] MedianFrequency(long[] pixels, long[] pixelsWhereSeen)
    {
        double[] frequencies = [.. pixels.Select((n, c) => n > 0 ? (double)n / pixelsWhereSeen[c] : double.NaN)];
        double[] seen = [.. frequencies.Where(f => !double.IsNaN(f)).Order()];
        double median = seen.Length == 0 ? 1 : 0.5 * (seen[(seen.Length - 1) / 2] + seen[seen.Length / 2]);
        return [.. frequencies.Select(f => double.IsNaN(f) ? 1 : (float)(median / f))];
    }
}
