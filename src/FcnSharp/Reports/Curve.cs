namespace FcnSharp.Reports;

/// <summary>A measured curve made ready to draw: few enough points for a page, whatever the length of the training.</summary>
internal static class Curve
{
    private const int MaxPoints = 300;

    /// <summary>The points with finite values.</summary>
    public static CurvePoint[] Finite(IReadOnlyList<CurvePoint> points) => [.. points.Where(point => double.IsFinite(point.Value))];

    /// <summary>At most two points for each of <see cref="MaxPoints"/> stretches: its lowest and its highest, so that the spread stays visible.</summary>
    public static List<CurvePoint> Thin(CurvePoint[] points)
    {
        if (points.Length <= 2 * MaxPoints)
        {
            return [.. points];
        }

        List<CurvePoint> thin = [];
        for (int i = 0; i < MaxPoints; i++)
        {
            ReadOnlySpan<CurvePoint> stretch = points.AsSpan(Cut(i)..Cut(i + 1));
            (CurvePoint low, CurvePoint high) = (stretch[0], stretch[0]);
            foreach (CurvePoint point in stretch)
            {
                low = point.Value < low.Value ? point : low;
                high = point.Value > high.Value ? point : high;
            }

            thin.AddRange(low.Step <= high.Step ? [low, high] : [high, low]);
        }

        return thin;

        int Cut(int i) => (int)((long)i * points.Length / MaxPoints);
    }

    /// <summary>A centred moving average, over narrower windows towards both ends so that it starts and ends where the curve does.</summary>
    public static List<CurvePoint> Smooth(CurvePoint[] points)
    {
        double[] sums = new double[points.Length + 1];
        for (int i = 0; i < points.Length; i++)
        {
            sums[i + 1] = sums[i] + points[i].Value;
        }

        int reach = points.Length / 40;
        int step = Math.Max(1, points.Length / MaxPoints);
        List<CurvePoint> smooth = [];
        for (int i = 0; i < points.Length; i = NextIndex(i))
        {
            int half = Math.Min(reach, Math.Min(i, points.Length - 1 - i));
            smooth.Add(new(points[i].Step, (sums[i + half + 1] - sums[i - half]) / ((2 * half) + 1)));
        }

        return smooth;

        int NextIndex(int i) => i + step < points.Length || i == points.Length - 1 ? i + step : points.Length - 1;
    }

    /// <summary>Round numbers that divide the range from 0, or from the lowest value below it, to at least <paramref name="max"/>.</summary>
    public static double[] Ticks(double min, double max, int about)
    {
        double span = max > min ? max - min : Math.Max(1e-12, Math.Abs(max));
        double rough = span / about;
        double magnitude = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = magnitude * (rough / magnitude) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        long first = (long)Math.Floor((min / step) + 1e-9);
        long last = (long)Math.Ceiling((max / step) - 1e-9);
        last = Math.Max(last, first + 1);
        return [.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => (first + i) * step)];
    }
}
