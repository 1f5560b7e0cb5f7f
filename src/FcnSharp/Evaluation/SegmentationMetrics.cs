namespace FcnSharp.Evaluation;

/// <summary>
/// The four metrics of the FCN papers (Long, Shelhamer, Darrell, CVPR 2015, section 5), as fractions from 0 to 1.
/// With n_ij the pixels of class i predicted as j and t_i = sum_j n_ij. Means leave out the classes for which the value is 0/0 (nanmean),
/// as the reference's score.py does. An empty matrix gives NaN everywhere.
/// </summary>
/// <param name="PixelAccuracy">sum_i n_ii / sum_i t_i.</param>
/// <param name="MeanAccuracy">The mean over classes of n_ii / t_i.</param>
/// <param name="MeanIoU">The mean over classes of n_ii / (t_i + sum_j n_ji - n_ii).</param>
/// <param name="FrequencyWeightedIoU">sum_i t_i IoU_i / sum_i t_i.</param>
/// <param name="ClassIoU">IoU_i of each class; NaN for a class absent from truth and prediction, 0 for one that was only predicted.</param>
/// <param name="ClassAccuracy">n_ii / t_i of each class; NaN for a class absent from the truth.</param>
/// <param name="ClassPixels">t_i of each class: its pixels in the truth.</param>
public sealed record SegmentationMetrics(
    double PixelAccuracy,
    double MeanAccuracy,
    double MeanIoU,
    double FrequencyWeightedIoU,
    IReadOnlyList<double> ClassIoU,
    IReadOnlyList<double> ClassAccuracy,
    IReadOnlyList<long> ClassPixels)
{
    /// <summary>Computes the metrics of a confusion matrix.</summary>
    public static SegmentationMetrics From(ConfusionMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return From(matrix, matrix.Classes);
    }

    /// <summary>As <see cref="From(ConfusionMatrix)"/> for the first classes of a matrix only; what was predicted as one of the others is wrong.</summary>
    internal static SegmentationMetrics From(ConfusionMatrix matrix, int classes)
    {
        double[] iou = new double[classes];
        double[] accuracy = new double[classes];
        long[] pixels = new long[classes];
        long correct = 0;
        double weightedIoU = 0;
        for (int i = 0; i < classes; i++)
        {
            long hits = matrix[i, i];
            correct += hits;
            pixels[i] = matrix.TruePixels(i);
            iou[i] = Ratio(hits, pixels[i] + matrix.PredictedPixels(i) - hits);
            accuracy[i] = Ratio(hits, pixels[i]);
            weightedIoU += pixels[i] > 0 ? pixels[i] * iou[i] : 0;
        }

        long total = matrix.Total;
        return new(Ratio(correct, total), NanMean(accuracy), NanMean(iou), weightedIoU / total, iou, accuracy, pixels);
    }

    private static double Ratio(long part, long whole) => whole == 0 ? double.NaN : (double)part / whole;

    private static double NanMean(double[] values)
    {
        double sum = 0;
        int count = 0;
        foreach (double value in values)
        {
            if (!double.IsNaN(value))
            {
                sum += value;
                count++;
            }
        }

        return count == 0 ? double.NaN : sum / count;
    }
}
