using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Evaluation;

/// <summary>
/// Counts n_ij: how many pixels of true class i were predicted as class j. Void pixels (truth equal to the ignore index) are not counted.
/// Not thread-safe: give each thread a matrix of its own and <see cref="Merge"/> them.
/// </summary>
public sealed class ConfusionMatrix
{
    // The square of it still fits into one array.
    private const int MaxClasses = 32768;

    private readonly long[] _counts;

    /// <summary>Creates a matrix of zeros.</summary>
    /// <param name="classes">The number of classes, 1 to 32768; labels run from 0 to one below it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is out of its range.</exception>
    public ConfusionMatrix(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(classes, MaxClasses);
        Classes = classes;
        _counts = new long[classes * classes];
    }

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    /// <summary>The number of counted pixels.</summary>
    public long Total => Sum(_counts);

    /// <summary>n_ij: the pixels of class <paramref name="truth"/> that were predicted as <paramref name="prediction"/>.</summary>
    public long this[int truth, int prediction]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)truth, (uint)Classes, nameof(truth));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)prediction, (uint)Classes, nameof(prediction));
            return _counts[(truth * Classes) + prediction];
        }
    }

    /// <summary>t_i: the pixels whose true class is <paramref name="truth"/> (a row's sum).</summary>
    public long TruePixels(int truth)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)truth, (uint)Classes, nameof(truth));
        return Sum(_counts.AsSpan(truth * Classes, Classes));
    }

    /// <summary>The pixels that were predicted as <paramref name="prediction"/> (a column's sum).</summary>
    public long PredictedPixels(int prediction)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)prediction, (uint)Classes, nameof(prediction));
        long sum = 0;
        for (int truth = 0; truth < Classes; truth++)
        {
            sum += _counts[(truth * Classes) + prediction];
        }

        return sum;
    }

    /// <summary>Counts the pixels of one image.</summary>
    /// <param name="truth">The true class of each pixel.</param>
    /// <param name="prediction">The predicted class of each pixel, of the same size.</param>
    /// <param name="ignoreIndex">The truth's label for void pixels, which are left out whatever was predicted there; negative for none.</param>
    /// <exception cref="FcnSharpException">The sizes differ, or a label is out of range; nothing was counted then.</exception>
    public void Add(LabelMap truth, LabelMap prediction, int ignoreIndex)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(prediction);
        if (truth.Width != prediction.Width || truth.Height != prediction.Height)
        {
            throw new FcnSharpException($"The prediction has {prediction.Width}x{prediction.Height} pixels, its truth {truth.Width}x{truth.Height}; resize the prediction to the truth's size (nearest neighbour).");
        }

        Add(truth.Labels, prediction.Labels, ignoreIndex, truth.Width);
    }

    /// <summary>Counts pixels given as flat arrays of labels.</summary>
    /// <param name="truth">The true class of each pixel.</param>
    /// <param name="prediction">The predicted class of each pixel, as many.</param>
    /// <param name="ignoreIndex">The truth's label for void pixels; negative for none.</param>
    /// <exception cref="FcnSharpException">The lengths differ, or a label is out of range; nothing was counted then.</exception>
    public void Add(ReadOnlySpan<ushort> truth, ReadOnlySpan<ushort> prediction, int ignoreIndex)
    {
        if (truth.Length != prediction.Length)
        {
            throw new FcnSharpException($"The prediction has {prediction.Length} pixels, its truth {truth.Length}; both must have the same size.");
        }

        Add(truth, prediction, ignoreIndex, Math.Max(1, truth.Length));
    }

    /// <summary>Adds the counts of another matrix over the same classes.</summary>
    /// <exception cref="ArgumentException">The other matrix has another number of classes.</exception>
    public void Merge(ConfusionMatrix other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Classes != Classes)
        {
            throw new ArgumentException($"A matrix of {other.Classes} classes cannot be added to one of {Classes}.", nameof(other));
        }

        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    private void Add(ReadOnlySpan<ushort> truth, ReadOnlySpan<ushort> prediction, int ignoreIndex, int width)
    {
        // A pass of checks first, so that a bad label leaves the counts as they were.
        for (int i = 0; i < truth.Length; i++)
        {
            if (truth[i] != ignoreIndex && (truth[i] >= Classes || prediction[i] >= Classes))
            {
                throw BadLabel(truth[i], prediction[i], i % width, i / width);
            }
        }

        for (int i = 0; i < truth.Length; i++)
        {
            if (truth[i] != ignoreIndex)
            {
                _counts[(truth[i] * Classes) + prediction[i]]++;
            }
        }
    }

    private FcnSharpException BadLabel(int truth, int prediction, int x, int y)
    {
        (string map, int label) = truth >= Classes ? ("truth", truth) : ("prediction", prediction);
        string remedy = map == "truth" ? "give the right number of classes, or this value as the ignore index" : "evaluate with the classes that the net was trained for";
        return new FcnSharpException($"The {map} has label {label} at pixel ({x}, {y}), expected 0 to {Classes - 1}; {remedy}.");
    }

    private static long Sum(ReadOnlySpan<long> counts)
    {
        long sum = 0;
        foreach (long count in counts)
        {
            sum += count;
        }

        return sum;
    }
}
