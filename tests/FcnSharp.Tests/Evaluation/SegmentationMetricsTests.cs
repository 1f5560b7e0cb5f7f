using FcnSharp.Evaluation;
using Xunit;

namespace FcnSharp.Tests.Evaluation;

public sealed class SegmentationMetricsTests
{
    private const int Void = 255;

    // One division and one sum of a few terms: a handful of roundings of 1.1e-16 each.
    private const double Tolerance = 1e-15;

    [Fact]
    public void Two_classes_by_hand()
    {
        // Rows truth, columns prediction:  3 1   t = (4, 6), predicted = (5, 5)
        //                                  2 4
        SegmentationMetrics metrics = Metrics(2, (0, 0, 3), (0, 1, 1), (1, 0, 2), (1, 1, 4));

        // Pixel: (3 + 4) / 10 = 0.7.  Mean accuracy: (3/4 + 4/6) / 2 = (9/12 + 8/12) / 2 = 17/24.
        AssertClose(0.7, metrics.PixelAccuracy);
        AssertClose(17.0 / 24, metrics.MeanAccuracy);

        // IoU: 3 / (4 + 5 - 3) = 1/2 and 4 / (6 + 5 - 4) = 4/7.  Mean: (7/14 + 8/14) / 2 = 15/28.
        AssertClose(0.5, metrics.ClassIoU[0]);
        AssertClose(4.0 / 7, metrics.ClassIoU[1]);
        AssertClose(15.0 / 28, metrics.MeanIoU);

        // Frequency weighted: (4 * 1/2 + 6 * 4/7) / 10 = (14/7 + 24/7) / 10 = 38/70 = 19/35.
        AssertClose(19.0 / 35, metrics.FrequencyWeightedIoU);
        Assert.Equal([4, 6], metrics.ClassPixels);
    }

    [Fact]
    public void A_class_absent_from_truth_and_prediction_is_left_out_of_the_means()
    {
        // Class 1 appears nowhere:  5 0 1   t = (6, 0, 4), predicted = (5, 0, 5)
        //                           0 0 0
        //                           0 0 4
        SegmentationMetrics metrics = Metrics(3, (0, 0, 5), (0, 2, 1), (2, 2, 4));

        // IoU: 5 / (6 + 5 - 5) = 5/6 and 4 / (4 + 5 - 4) = 4/5.  Mean of two: (25/30 + 24/30) / 2 = 49/60.
        Assert.True(double.IsNaN(metrics.ClassIoU[1]));
        Assert.True(double.IsNaN(metrics.ClassAccuracy[1]));
        AssertClose(49.0 / 60, metrics.MeanIoU);

        // Accuracy: (5/6 + 1) / 2 = 11/12.  Frequency weighted: (6 * 5/6 + 4 * 4/5) / 10 = 8.2 / 10.
        AssertClose(11.0 / 12, metrics.MeanAccuracy);
        AssertClose(0.82, metrics.FrequencyWeightedIoU);
    }

    [Fact]
    public void A_class_that_was_only_predicted_counts_as_zero_IoU_and_has_no_accuracy()
    {
        // 3 1   t = (4, 0), predicted = (3, 1): IoU (3/4, 0), accuracy (3/4, 0/0).
        // 0 0
        SegmentationMetrics metrics = Metrics(2, (0, 0, 3), (0, 1, 1));

        AssertClose(0.375, metrics.MeanIoU);
        AssertClose(0.75, metrics.MeanAccuracy);
        Assert.Equal(0, metrics.ClassIoU[1]);
        Assert.True(double.IsNaN(metrics.ClassAccuracy[1]));
        AssertClose(0.75, metrics.FrequencyWeightedIoU);
    }

    [Fact]
    public void A_perfect_prediction_scores_one_and_an_empty_matrix_is_NaN()
    {
        SegmentationMetrics perfect = Metrics(3, (0, 0, 7), (1, 1, 2), (2, 2, 1));
        Assert.Equal((1.0, 1.0, 1.0, 1.0), (perfect.PixelAccuracy, perfect.MeanAccuracy, perfect.MeanIoU, perfect.FrequencyWeightedIoU));

        SegmentationMetrics empty = Metrics(3);
        double[] figures = [empty.PixelAccuracy, empty.MeanAccuracy, empty.MeanIoU, empty.FrequencyWeightedIoU];
        Assert.All(figures, figure => Assert.True(double.IsNaN(figure)));
    }

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 100)]
    [InlineData(7, 30)]
    [InlineData(21, 500)]
    public void Agrees_with_sets_of_pixels_counted_one_by_one(int classes, int pixels)
    {
        Random random = new(classes);
        for (int round = 0; round < 20; round++)
        {
            ushort[] truth = [.. Enumerable.Range(0, pixels).Select(_ => (ushort)(random.Next(8) == 0 ? Void : random.Next(classes)))];
            ushort[] prediction = [.. Enumerable.Range(0, pixels).Select(_ => (ushort)random.Next(classes))];
            ConfusionMatrix matrix = new(classes);
            matrix.Add(truth, prediction, Void);

            SegmentationMetrics metrics = SegmentationMetrics.From(matrix);

            AssertNaive(metrics, truth, prediction, classes);
        }
    }

    /// <summary>The definitions again, as intersections and unions of sets of pixels instead of sums over a matrix.</summary>
    private static void AssertNaive(SegmentationMetrics metrics, ushort[] truth, ushort[] prediction, int classes)
    {
        int[] valid = [.. Enumerable.Range(0, truth.Length).Where(p => truth[p] != Void)];
        List<double> ious = [];
        List<double> accuracies = [];
        double weighted = 0;
        for (int c = 0; c < classes; c++)
        {
            HashSet<int> isClass = [.. valid.Where(p => truth[p] == c)];
            HashSet<int> saidClass = [.. valid.Where(p => prediction[p] == c)];
            int intersection = isClass.Intersect(saidClass).Count();
            int union = isClass.Union(saidClass).Count();
            if (union > 0)
            {
                ious.Add((double)intersection / union);
                weighted += isClass.Count * ious[^1] / valid.Length;
                AssertClose(ious[^1], metrics.ClassIoU[c]);
            }

            if (isClass.Count > 0)
            {
                accuracies.Add((double)intersection / isClass.Count);
                AssertClose(accuracies[^1], metrics.ClassAccuracy[c]);
            }

            Assert.Equal(isClass.Count, metrics.ClassPixels[c]);
        }

        AssertClose((double)valid.Count(p => truth[p] == prediction[p]) / valid.Length, metrics.PixelAccuracy);
        AssertClose(ious.Average(), metrics.MeanIoU);
        AssertClose(accuracies.Average(), metrics.MeanAccuracy);
        AssertClose(weighted, metrics.FrequencyWeightedIoU);
    }

    private static SegmentationMetrics Metrics(int classes, params (int Truth, int Prediction, int Count)[] cells)
    {
        ConfusionMatrix matrix = new(classes);
        foreach ((int truth, int prediction, int count) in cells)
        {
            ushort[] truths = new ushort[count];
            ushort[] predictions = new ushort[count];
            Array.Fill(truths, (ushort)truth);
            Array.Fill(predictions, (ushort)prediction);
            matrix.Add(truths, predictions, Void);
        }

        return SegmentationMetrics.From(matrix);
    }

    private static void AssertClose(double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= Tolerance, $"expected {expected:R}, found {actual:R}");
}
