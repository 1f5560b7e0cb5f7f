using FcnSharp.Data;
using FcnSharp.Evaluation;

namespace FcnSharp.Reports;

/// <summary>The figures of each class and the table of what was taken for what.</summary>
internal static class ClassTables
{
    /// <summary>From this many classes on, the cells of the confusion matrix show no decimals.</summary>
    private const int ManyClasses = 12;

    public static void PerClass(HtmlBuilder html, IReadOnlyList<ClassInfo> classes, SegmentationMetrics metrics)
    {
        html.Write($"""
            <div class="scroll card"><table class="classes">
            <thead><tr><th scope="col">Class</th><th scope="col" class="bars">IoU %</th><th scope="col" class="number">Accuracy %</th><th scope="col" class="number">Pixels %</th></tr></thead>
            <tbody>

            """);
        double total = metrics.ClassPixels.Sum();
        for (int i = 0; i < classes.Count; i++)
        {
            double iou = metrics.ClassIoU[i];
            html.Write($"<tr><th scope=\"row\">");
            Swatch(html, classes[i]);
            html.Write($"{classes[i].Name}</th><td><div class=\"bar\"><span class=\"track\"><i style=\"width:{Figures.Percent(double.IsNaN(iou) ? 0 : iou)}%\"></i></span><b>{Figures.Percent(iou)}</b></div></td>");
            html.Write($"<td class=\"number\">{Figures.Percent(metrics.ClassAccuracy[i])}</td><td class=\"number\">{Figures.Percent(metrics.ClassPixels[i] / total)}</td></tr>\n");
        }

        html.Write($"</tbody></table></div>\n");
    }

    public static void Confusion(HtmlBuilder html, IReadOnlyList<ClassInfo> classes, ConfusionMatrix matrix)
    {
        html.Write($"""
            <div class="scroll card"><table class="confusion">
            <thead><tr><th scope="col" class="corner">truth ↓ &#160; predicted →</th>
            """);
        foreach (ClassInfo info in classes)
        {
            html.Write($"<th scope=\"col\"><span>{info.Name}</span></th>");
        }

        html.Write($"</tr></thead>\n<tbody>\n");
        for (int truth = 0; truth < classes.Count; truth++)
        {
            html.Write($"<tr><th scope=\"row\">");
            Swatch(html, classes[truth]);
            html.Write($"{classes[truth].Name}</th>");
            for (int predicted = 0; predicted < classes.Count; predicted++)
            {
                Cell(html, matrix, truth, predicted);
            }

            html.Write($"</tr>\n");
        }

        html.Write($"</tbody></table></div>\n");
    }

    /// <summary>A small square in the class's colour; decoration only, as the name stands beside it.</summary>
    public static void Swatch(HtmlBuilder html, ClassInfo info) =>
        html.Write($"<span class=\"swatch\" style=\"background:#{info.R:x2}{info.G:x2}{info.B:x2}\"></span>");

    private static void Cell(HtmlBuilder html, ConfusionMatrix matrix, int truth, int predicted)
    {
        long pixels = matrix[truth, predicted];
        double share = pixels / (double)matrix.TruePixels(truth);
        if (pixels == 0)
        {
            html.Write($"<td class=\"none\">{(double.IsNaN(share) ? "–" : "·")}</td>");
            return;
        }

        // The square root lifts small confusions, which are what one looks for, out of the white.
        double strength = truth == predicted ? share : Math.Sqrt(share);
        string kind = truth == predicted ? "hit" : "miss";
        string dense = strength > 0.55 ? " dense" : "";
        string format = matrix.Classes < ManyClasses ? "0.0" : "0";
        html.Write($"<td class=\"{kind}{dense}\" style=\"--v:{strength:0.###}\" title=\"{Figures.Count(pixels)} pixels\">{Figures.Percent(share, format)}</td>");
    }
}
