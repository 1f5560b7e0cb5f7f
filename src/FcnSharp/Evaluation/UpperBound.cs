using FcnSharp.Data;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Evaluation;

/// <summary>The metrics that the truth itself reaches when it is known only on a grid of so many pixels.</summary>
/// <param name="Factor">The side of a cell of the grid in pixels.</param>
/// <param name="Nearest">By <see cref="UpperBound.Nearest"/>, as the paper's figures look.</param>
/// <param name="Bilinear">By <see cref="UpperBound.Bilinear"/>, nearest to what a net does.</param>
public sealed record ResolutionBound(int Factor, SegmentationMetrics Nearest, SegmentationMetrics Bilinear);

/// <summary>
/// Approximate upper bounds on IU (PAMI paper, section "Upper bounds on IU"): how well a net could do at most whose scores lie on a
/// grid of one cell for factor x factor pixels. The truth is downsampled by the factor, upsampled again and compared with itself.
/// </summary>
/// <remarks>
/// The paper does not say how it resamples; two ways are computed here. VOC's objects have bands of void about 5 pixels wide, and
/// void pixels do not count. A method that leaves void out of the downsampling hides all errors of up to 2 pixels in these bands and
/// reaches 100 at factor 4, where the paper has 98.5, so its figures look like those of plain label images by nearest
/// neighbour, with void as a label like any other. Neither way is a strict bound: at large factors a net that knows more of a cell
/// than one label, or than the shares of its classes, can do better.
/// </remarks>
public static class UpperBound
{
    /// <summary>The largest factor, far above any net's stride.</summary>
    public const int MaxFactor = 1 << 15;

    // Twelve matrices of this many classes by as many still are small.
    private const int MaxClasses = 1024;

    /// <summary>The factors of the paper's table.</summary>
    public static IReadOnlyList<int> PaperFactors { get; } = [128, 64, 32, 16, 8, 4];

    /// <summary>
    /// Each pixel gets the label in the middle of its cell (of what the border leaves of it, the lower right of four middle pixels), void
    /// too: as nearest neighbour does that knows nothing of labels.
    /// </summary>
    /// <param name="truth">Labels.</param>
    /// <param name="factor">The side of a cell in pixels, from 1; the first cell starts in the upper left corner.</param>
    /// <returns>Labels of the same size.</returns>
    public static LabelMap Nearest(LabelMap truth, int factor)
    {
        ArgumentNullException.ThrowIfNull(truth);
        CheckFactor(factor);
        LabelMap result = new(truth.Width, truth.Height);
        int Middle(int i, int length)
        {
            int start = i / factor * factor;
            return start + Math.Min(factor, length - start) / 2;
        }

        for (int y = 0; y < truth.Height; y++)
        {
            ReadOnlySpan<ushort> source = truth.Row(Middle(y, truth.Height));
            Span<ushort> target = result.Row(y);
            for (int x = 0; x < target.Length; x++)
            {
                target[x] = source[Middle(x, truth.Width)];
            }
        }

        return result;
    }

    /// <summary>
    /// Each cell holds the shares that the classes have of its pixels, void left out; between the centres of cells the shares are
    /// interpolated bilinearly, as fixed upsampling does with scores, and each pixel gets the class of the largest, the first of equals.
    /// </summary>
    /// <param name="truth">Labels.</param>
    /// <param name="factor">The side of a cell in pixels, from 1; the first cell starts in the upper left corner.</param>
    /// <param name="ignoreIndex">The label of void; negative for none.</param>
    /// <returns>Labels of the same size; void only where all cells around a pixel are void, which then is void itself.</returns>
    public static LabelMap Bilinear(LabelMap truth, int factor, int ignoreIndex)
    {
        ArgumentNullException.ThrowIfNull(truth);
        CheckFactor(factor);
        LabelMap result = new(truth.Width, truth.Height);
        ShareGrid grid = new(truth, factor, ignoreIndex);
        for (int y = 0; y < truth.Height; y++)
        {
            grid.Upsample(y, result.Row(y));
        }

        return result;
    }

    /// <summary>Computes the bounds over a dataset. Pixels whose truth is void do not count.</summary>
    /// <param name="dataset">Images with labels; only the labels matter.</param>
    /// <param name="factors">The factors, each from 1 to <see cref="MaxFactor"/>.</param>
    /// <param name="onSample">Gets the number of images done so far; may be null.</param>
    /// <param name="cancellation">Looked at after each factor of each image.</param>
    /// <returns>A line for each factor, in their order.</returns>
    /// <exception cref="FcnSharpException">A factor is out of its range, there are more than 1024 classes, or a sample cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<ResolutionBound> Run(ISegmentationDataset dataset, IReadOnlyList<int> factors, Action<int>? onSample = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(factors);
        int classes = dataset.Classes.Count;
        if (classes > MaxClasses)
        {
            throw new FcnSharpException($"Upper bounds are for up to {MaxClasses} classes, found {classes}; name the classes, or the label of void.");
        }

        foreach (int factor in factors)
        {
            CheckFactor(factor);
        }

        // One class more than there is, for pixels that are said to be void although they are not.
        ConfusionMatrix[] nearest = [.. factors.Select(_ => new ConfusionMatrix(classes + 1))];
        ConfusionMatrix[] bilinear = [.. factors.Select(_ => new ConfusionMatrix(classes))];
        using SampleReader reader = new(dataset, options: new() { End = dataset.Count });
        for (int done = 1; done <= dataset.Count; done++)
        {
            LabelMap truth = reader.Read(cancellation).Labels;
            for (int f = 0; f < factors.Count; f++)
            {
                cancellation.ThrowIfCancellationRequested();
                LabelMap coarse = Nearest(truth, factors[f]);
                coarse.Labels.AsSpan().Replace((ushort)dataset.IgnoreIndex, (ushort)classes);
                nearest[f].Add(truth, coarse, dataset.IgnoreIndex);
                bilinear[f].Add(truth, Bilinear(truth, factors[f], dataset.IgnoreIndex), dataset.IgnoreIndex);
            }

            onSample?.Invoke(done);
        }

        return [.. factors.Select((factor, f) => new ResolutionBound(factor, SegmentationMetrics.From(nearest[f], classes), SegmentationMetrics.From(bilinear[f])))];
    }

    private static void CheckFactor(int factor)
    {
        if (factor is < 1 or > MaxFactor)
        {
            throw new FcnSharpException($"A factor of downsampling is from 1 to {MaxFactor}, found {factor}.");
        }
    }
}
