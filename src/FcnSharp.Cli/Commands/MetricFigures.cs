using System.Globalization;
using FcnSharp.Evaluation;

namespace FcnSharp.Cli.Commands;

/// <summary>Metrics as JSON and as text say them: in per cent, a figure that does not exist as null or a dash.</summary>
internal static class MetricFigures
{
    /// <summary>A fraction in per cent with three decimals; JSON has no NaN.</summary>
    public static double? Percent(double fraction) => double.IsNaN(fraction) ? null : Math.Round(100 * fraction, 3);

    /// <summary>A figure with one decimal.</summary>
    public static string Text(double? percent) => percent is { } value ? value.ToString("0.0", CultureInfo.InvariantCulture) : "-";

    /// <summary>The figures of each class.</summary>
    public static IReadOnlyList<ClassFigures> OfClasses(IReadOnlyList<ClassInfo> classes, SegmentationMetrics metrics) =>
        [.. classes.Select((info, i) => new ClassFigures(info.Name, Percent(metrics.ClassIoU[i]), Percent(metrics.ClassAccuracy[i]), metrics.ClassPixels[i]))];

    /// <summary>The matrix by rows: the true class, in them the predicted one.</summary>
    public static IReadOnlyList<IReadOnlyList<long>> Rows(ConfusionMatrix confusion) =>
        [.. Enumerable.Range(0, confusion.Classes).Select(truth => (IReadOnlyList<long>)[.. Enumerable.Range(0, confusion.Classes).Select(predicted => confusion[truth, predicted])])];

    /// <summary>Writes the four metrics of the papers, a line each.</summary>
    public static void Write(TextWriter output, double? pixelAccuracy, double? meanAccuracy, double? meanIoU, double? frequencyWeightedIoU)
    {
        output.WriteLine($"  pixel accuracy   {Text(pixelAccuracy),5}");
        output.WriteLine($"  mean accuracy    {Text(meanAccuracy),5}");
        output.WriteLine($"  mean IU          {Text(meanIoU),5}");
        output.WriteLine($"  f.w. IU          {Text(frequencyWeightedIoU),5}");
    }
}

/// <summary>The figures of one class in per cent.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Iou">Intersection over union; null where neither truth nor predictions have it.</param>
/// <param name="Accuracy">The share of its pixels that were predicted as it; null where the truth has none.</param>
/// <param name="Pixels">Its pixels in the truth.</param>
internal sealed record ClassFigures(string Name, double? Iou, double? Accuracy, long Pixels);
