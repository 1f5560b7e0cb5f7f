using FcnSharp.Evaluation;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Evaluation;

public sealed class ConfusionMatrixTests
{
    [Fact]
    public void Rows_are_the_truth_and_columns_the_prediction()
    {
        ConfusionMatrix matrix = new(3);
        matrix.Add(new LabelMap(3, 2, [0, 0, 1, 2, 2, 2]), new LabelMap(3, 2, [0, 1, 1, 0, 0, 2]), 255);

        long[] expected = [1, 1, 0, 0, 1, 0, 2, 0, 1];
        Assert.Equal(expected, Enumerable.Range(0, 9).Select(i => matrix[i / 3, i % 3]));
        Assert.Equal(6, matrix.Total);
        Assert.Equal(3, matrix.TruePixels(2));
        Assert.Equal(2, matrix.PredictedPixels(1));
    }

    [Fact]
    public void Void_pixels_are_left_out_whatever_was_predicted_there()
    {
        ConfusionMatrix matrix = new(2);
        matrix.Add([255, 0, 255], [1, 0, 999], 255);
        Assert.Equal(1, matrix.Total);

        ConfusionMatrix ignoresAClass = new(3);
        ignoresAClass.Add([0, 1, 2], [0, 1, 2], ignoreIndex: 1);
        Assert.Equal((1, 0, 1), (ignoresAClass[0, 0], ignoresAClass[1, 1], ignoresAClass[2, 2]));
    }

    [Fact]
    public void Merged_matrices_hold_the_sum()
    {
        ConfusionMatrix first = new(2);
        ConfusionMatrix second = new(2);
        first.Add([0, 1], [0, 0], -1);
        second.Add([1, 1], [0, 1], -1);

        first.Merge(second);

        Assert.Equal((1, 0, 2, 1), (first[0, 0], first[0, 1], first[1, 0], first[1, 1]));
        Assert.Throws<ArgumentException>(() => first.Merge(new ConfusionMatrix(3)));
    }

    [Fact]
    public void A_label_out_of_range_is_named_with_its_pixel_and_nothing_is_counted()
    {
        ConfusionMatrix matrix = new(2);
        LabelMap good = new(2, 2);
        LabelMap bad = new(2, 2, [0, 0, 0, 7]);

        FcnSharpException inTruth = Assert.Throws<FcnSharpException>(() => matrix.Add(bad, good, 255));
        FcnSharpException inPrediction = Assert.Throws<FcnSharpException>(() => matrix.Add(good, bad, 255));

        Assert.Contains("truth has label 7 at pixel (1, 1), expected 0 to 1", inTruth.Message, StringComparison.Ordinal);
        Assert.Contains("prediction has label 7 at pixel (1, 1)", inPrediction.Message, StringComparison.Ordinal);
        Assert.Equal(0, matrix.Total);
    }

    [Fact]
    public void Maps_of_different_sizes_are_refused_even_with_as_many_pixels()
    {
        ConfusionMatrix matrix = new(2);
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => matrix.Add(new LabelMap(3, 2), new LabelMap(2, 3), 255));
        Assert.Contains("2x3 pixels, its truth 3x2", error.Message, StringComparison.Ordinal);
        Assert.Throws<FcnSharpException>(() => matrix.Add([0, 1], [0], 255));
    }

    [Fact]
    public void Needs_at_least_one_class() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConfusionMatrix(0));
}
