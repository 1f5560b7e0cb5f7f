namespace FcnSharp.Formats;

/// <summary>
/// The four metrics of the FCN paper (Long, Shelhamer, Darrell 2015, section 5) as fractions from 0 to 1;
/// NaN where one is not defined, as for a class that neither the labels nor the predictions hold.
/// </summary>
/// <param name="PixelAccuracy">Correct pixels over all pixels.</param>
/// <param name="MeanAccuracy">The mean over classes of correct pixels over the class's pixels.</param>
/// <param name="MeanIoU">The mean over classes of intersection over union.</param>
/// <param name="FrequencyWeightedIoU">Intersection over union, weighted by each class's share of pixels.</param>
/// <param name="ClassIoU">Intersection over union of each class.</param>
public sealed record ModelMetrics(double PixelAccuracy, double MeanAccuracy, double MeanIoU, double FrequencyWeightedIoU, IReadOnlyList<double> ClassIoU)
{
    /// <summary>What is wrong for a net of so many classes, as a phrase for a message; null when nothing is.</summary>
    internal string? Problem(int classes)
    {
        if (ClassIoU.Count != classes)
        {
            return "the metrics need one IoU for each class";
        }

        double[] all = [PixelAccuracy, MeanAccuracy, MeanIoU, FrequencyWeightedIoU, .. ClassIoU];
        return all.All(m => double.IsNaN(m) || m is >= 0 and <= 1) ? null : "each metric should be a fraction from 0 to 1";
    }
}
