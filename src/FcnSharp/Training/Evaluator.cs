using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Imaging;
using FcnSharp.Inference;

namespace FcnSharp.Training;

/// <summary>Measures a model on labelled images, one whole image at a time, as the papers do.</summary>
public static class Evaluator
{
    /// <summary>Segments every image of a dataset and counts.</summary>
    /// <param name="segmenter">The model.</param>
    /// <param name="dataset">Images with labels.</param>
    /// <param name="onSample">Gets each sample with its prediction and the number done so far; may be null.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <returns>Pixels of each true class by predicted class.</returns>
    public static ConfusionMatrix Run(Segmenter segmenter, ISegmentationDataset dataset, Action<Sample, LabelMap, int>? onSample = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(segmenter);
        ArgumentNullException.ThrowIfNull(dataset);
        var confusion = new ConfusionMatrix(dataset.Classes.Count);
        for (int i = 0; i < dataset.Count; i++)
        {
            Sample sample = dataset.Load(i);
            LabelMap prediction = segmenter.Segment(sample.Image, cancellation);
            confusion.Add(sample.Labels, prediction, dataset.IgnoreIndex);
            onSample?.Invoke(sample, prediction, i + 1);
        }

        return confusion;
    }
}
