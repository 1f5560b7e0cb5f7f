using System.Globalization;
using FcnSharp.Evaluation;
using FcnSharp.Imaging;
using FcnSharp.Pictures.Svg;

namespace FcnSharp.Pictures.Drawings;

/// <summary>The four metrics on sixteen pixels.</summary>
internal static class MetricsDrawing
{
    private const int Void = 255;
    private const double Cell = 36;
    private static readonly string[] Fills = [SvgDrawing.GreenFill, SvgDrawing.BlueFill, SvgDrawing.OrangeFill];

    /// <summary>The truth: three classes and a void pixel.</summary>
    public static LabelMap Truth { get; } = new(4, 4, [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 1, 1, 2, 2, 0, Void]);

    /// <summary>A prediction with two errors.</summary>
    public static LabelMap Prediction { get; } = new(4, 4, [0, 0, 0, 1, 0, 0, 1, 1, 2, 2, 1, 1, 2, 1, 0, 0]);

    /// <summary>The counts.</summary>
    public static ConfusionMatrix Confusion()
    {
        var confusion = new ConfusionMatrix(3);
        confusion.Add(Truth, Prediction, Void);
        return confusion;
    }

    public static string Draw()
    {
        var svg = new SvgDrawing(960, 260, "Sixteen pixels: truth, prediction, the counts n, and the four metrics");
        ConfusionMatrix confusion = Confusion();
        SegmentationMetrics metrics = SegmentationMetrics.From(confusion);
        Map(svg, 30, "truth", Truth);
        Map(svg, 210, "prediction", Prediction);

        svg.Text(480, 34, "n: truth (rows) by prediction", bold: true);
        for (int i = 0; i < 3; i++)
        {
            svg.Text(412, 82 + Cell * i, i.ToString(CultureInfo.InvariantCulture), 13, SvgDrawing.Grey);
            svg.Text(444 + Cell * i, 54, i.ToString(CultureInfo.InvariantCulture), 13, SvgDrawing.Grey);
            for (int j = 0; j < 3; j++)
            {
                svg.Rectangle(426 + Cell * j, 60 + Cell * i, Cell, Cell, i == j ? Fills[i] : "#ffffff");
                svg.Text(444 + Cell * j, 83 + Cell * i, confusion[i, j].ToString(CultureInfo.InvariantCulture), 15, bold: i == j);
            }

            svg.Text(552, 83 + Cell * i, string.Create(CultureInfo.InvariantCulture, $"t = {confusion.TruePixels(i)}"), 14, SvgDrawing.Grey, "start");
        }

        (string Name, string Formula, double Value)[] rows =
        [
            ("pixel accuracy", "13/15", metrics.PixelAccuracy),
            ("mean accuracy", "(5/5 + 5/6 + 3/4) / 3", metrics.MeanAccuracy),
            ("mean IU", "(5/6 + 5/7 + 3/4) / 3", metrics.MeanIoU),
            ("f.w. IU", "(5·5/6 + 6·5/7 + 4·3/4) / 15", metrics.FrequencyWeightedIoU),
        ];
        for (int i = 0; i < rows.Length; i++)
        {
            double y = 66 + 46 * i;
            svg.Text(640, y, rows[i].Name, 14, anchor: "start", bold: true);
            svg.Text(930, y, string.Create(CultureInfo.InvariantCulture, $"{100 * rows[i].Value:0.0}"), 15, SvgDrawing.Blue, "end", bold: true);
            svg.Text(640, y + 19, rows[i].Formula, 13, SvgDrawing.Grey, "start");
        }

        svg.Text(480, 196, "void does not count: 15 pixels", 13, SvgDrawing.Grey);
        return svg.ToString();
    }

    private static void Map(SvgDrawing svg, double x, string title, LabelMap map)
    {
        svg.Text(x + 2 * Cell, 34, title, bold: true);
        string[] texts = [.. map.Labels.Select(l => l == Void ? "void" : l.ToString(CultureInfo.InvariantCulture))];
        svg.Table(x, 50, Cell, 4, texts, i => map.Labels[i] == Void ? SvgDrawing.Pale : Fills[map.Labels[i]], size: 13);
        if (map == Prediction)
        {
            for (int i = 0; i < map.Labels.Length; i++)
            {
                if (Truth.Labels[i] != Void && Truth.Labels[i] != map.Labels[i])
                {
                    svg.Rectangle(x + Cell * (i % 4) + 1.5, 50 + Cell * (i / 4) + 1.5, Cell - 3, Cell - 3, "none", "#d1242f", 3);
                }
            }
        }
    }
}
