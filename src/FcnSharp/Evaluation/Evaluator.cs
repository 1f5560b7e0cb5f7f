using FcnSharp.Data;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors;

namespace FcnSharp.Evaluation;

/// <summary>Measures a model on labelled images, one whole image at a time, as the papers do. Files are read and decoded while the net computes.</summary>
public static class Evaluator
{
    /// <summary>Segments every image of a dataset and counts.</summary>
    /// <param name="segmenter">The model.</param>
    /// <param name="dataset">Images with labels, of any sizes.</param>
    /// <param name="onSample">Gets each sample with its prediction and the number done so far; may be null.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <returns>Pixels of each true class by predicted class.</returns>
    /// <exception cref="FcnSharpException">Model and data have different numbers of classes, a sample cannot be read, or an image needs more memory than there is.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ConfusionMatrix Run(Segmenter segmenter, ISegmentationDataset dataset, Action<Sample, LabelMap, int>? onSample = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(segmenter);
        ArgumentNullException.ThrowIfNull(dataset);
        _ = ClassMatch.Compare(segmenter.Description.Classes, "The model", dataset.Classes, "the data");
        var confusion = new ConfusionMatrix(dataset.Classes.Count);
        using var reader = new SampleReader(dataset, options: new() { End = dataset.Count });
        for (int done = 1; done <= dataset.Count; done++)
        {
            Sample sample = reader.Read(cancellation);
            LabelMap prediction = Segment(segmenter, sample, cancellation);
            confusion.Add(sample.Labels, prediction, dataset.IgnoreIndex);
            onSample?.Invoke(sample, prediction, done);
        }

        return confusion;
    }

    private static LabelMap Segment(Segmenter segmenter, Sample sample, CancellationToken cancellation)
    {
        try
        {
            return segmenter.Segment(sample.Image, cancellation: cancellation).Map;
        }
        catch (FcnSharpException e)
        {
            throw new FcnSharpException($"{sample.Name} ({sample.Image.Width}x{sample.Image.Height} pixels): {e.Message}", e);
        }
    }
}
