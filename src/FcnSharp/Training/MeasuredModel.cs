using FcnSharp.Evaluation;
using FcnSharp.Formats;

namespace FcnSharp.Training;

/// <summary>What an evaluation found, as model files hold it.</summary>
public static class MeasuredModel
{
    /// <summary>The figures for a model's description.</summary>
    public static ModelMetrics ForModel(this SegmentationMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        return new ModelMetrics(metrics.PixelAccuracy, metrics.MeanAccuracy, metrics.MeanIoU, metrics.FrequencyWeightedIoU, metrics.ClassIoU);
    }
}
