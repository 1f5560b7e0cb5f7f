namespace FcnSharp.Reports;

/// <summary>Draws a curve against the training steps as SVG that scales with the page and follows its colours.</summary>
internal static class CurveChart
{
    private const int Width = 480;
    private const int Height = 270;
    private const int Left = 52;
    private const int Right = 14;
    private const int Top = 12;
    private const int Bottom = 44;

    /// <summary>The training loss: raw values pale, their moving average on top.</summary>
    public static void Loss(HtmlBuilder html, IReadOnlyList<CurvePoint> loss)
    {
        CurvePoint[] points = Curve.Finite(loss);
        if (points.Length == 0)
        {
            return;
        }

        List<CurvePoint> smooth = Curve.Smooth(points);

        // A single spike must not press the curve flat: what towers over the average is drawn at the upper edge.
        double highest = smooth.Max(point => point.Value);
        double max = Math.Min(points.Max(point => point.Value), highest + (0.2 * Math.Abs(highest)));
        Axes axes = new(points[^1].Step, Curve.Ticks(Math.Min(0, points.Min(point => point.Value)), max, 5));
        string summary = $"Training loss: {Figures.Short(smooth[0].Value)} at step {Figures.Count(smooth[0].Step)}, {Figures.Short(smooth[^1].Value)} at step {Figures.Count(smooth[^1].Step)}";
        html.Write($"<figure class=\"card chart\"><figcaption><h3>Training loss</h3><p>each step, pale, and its moving average</p></figcaption>\n");
        Begin(html, axes, summary, Figures.Short);
        Line(html, axes, "raw", Curve.Thin(points));
        Line(html, axes, "line", smooth);
        html.Write($"</svg></figure>\n");
    }

    /// <summary>The mean IoU on held-out images, in percent, each measurement marked.</summary>
    public static void MeanIoU(HtmlBuilder html, IReadOnlyList<CurvePoint> meanIoU)
    {
        CurvePoint[] points = Curve.Finite(meanIoU);
        if (points.Length == 0)
        {
            return;
        }

        Axes axes = new(points[^1].Step, Curve.Ticks(0, 1, 5));
        CurvePoint best = points.MaxBy(point => point.Value);
        string summary = $"Mean IoU on held-out images: {Figures.Percent(points[^1].Value)} percent at step {Figures.Count(points[^1].Step)}, best {Figures.Percent(best.Value)} at step {Figures.Count(best.Step)}";
        html.Write($"<figure class=\"card chart\"><figcaption><h3>Mean IoU, held-out images</h3><p>percent; best {Figures.Percent(best.Value)} at step {Figures.Count(best.Step)}</p></figcaption>\n");
        Begin(html, axes, summary, value => Figures.Percent(value, "0"));
        List<CurvePoint> thin = Curve.Thin(points);
        Line(html, axes, "line", thin);
        foreach (CurvePoint point in thin)
        {
            html.Write($"<circle cx=\"{axes.X(point.Step):0.#}\" cy=\"{axes.Y(point.Value):0.#}\" r=\"3\"><title>step {Figures.Count(point.Step)}: {Figures.Percent(point.Value)} %</title></circle>");
        }

        html.Write($"</svg></figure>\n");
    }

    private static void Begin(HtmlBuilder html, Axes axes, string summary, Func<double, string> label)
    {
        html.Write($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{summary}\">");
        foreach (double value in axes.YTicks)
        {
            double y = axes.Y(value);
            html.Write($"<path class=\"grid\" d=\"M{Left} {y:0.#}H{Width - Right}\"/><text x=\"{Left - 8}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{label(value)}</text>");
        }

        foreach (double step in axes.XTicks)
        {
            double x = axes.X(step);
            html.Write($"<path class=\"axis\" d=\"M{x:0.#} {Height - Bottom}v5\"/><text x=\"{x:0.#}\" y=\"{Height - Bottom + 19}\" text-anchor=\"middle\">{Figures.Short(step)}</text>");
        }

        html.Write($"<path class=\"axis\" d=\"M{Left} {Height - Bottom}H{Width - Right}\"/><text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 6}\" text-anchor=\"middle\">training step</text>\n");
    }

    private static void Line(HtmlBuilder html, Axes axes, string kind, List<CurvePoint> points)
    {
        html.Write($"<polyline class=\"{kind}\" points=\"");
        foreach (CurvePoint point in points)
        {
            html.Write($"{axes.X(point.Step):0.#},{axes.Y(point.Value):0.#} ");
        }

        html.Write($"\"/>\n");
    }

    /// <summary>From steps and values to the places of the drawing. Steps count from 0; the value axis spans its ticks.</summary>
    private sealed class Axes(long lastStep, double[] yTicks)
    {
        private readonly double _lastStep = Math.Max(1, lastStep);

        public double[] YTicks { get; } = yTicks;

        public IEnumerable<double> XTicks => Curve.Ticks(0, _lastStep, 6).Where(step => step <= _lastStep);

        public double X(double step) => Left + (step / _lastStep * (Width - Left - Right));

        public double Y(double value)
        {
            double share = (Math.Clamp(value, YTicks[0], YTicks[^1]) - YTicks[0]) / (YTicks[^1] - YTicks[0]);
            return Height - Bottom - (share * (Height - Top - Bottom));
        }
    }
}
