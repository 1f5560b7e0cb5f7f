using FcnSharp.Pictures.Svg;

namespace FcnSharp.Pictures.Drawings;

/// <summary>How FCN-32s, 16s and 8s make scores of one trunk.</summary>
internal static class SkipsDrawing
{
    private const double Top = 60;
    private const double Row = 96;

    public static string Draw()
    {
        var svg = new SvgDrawing(940, 350, "FCN-32s upsamples the coarsest scores 32 times; 16s adds scores of pool4, 8s also of pool3");
        Label(svg, 0, "fc7", "1/32");
        Label(svg, 1, "pool4", "1/16");
        Label(svg, 2, "pool3", "1/8");
        svg.Text(70, 34, "features", 13, SvgDrawing.Grey);
        svg.Text(220, 34, "1×1 scores", 13, SvgDrawing.Grey);
        svg.Text(845, 34, "pixels", 13, SvgDrawing.Grey);

        // 32s: straight up.
        Score(svg, 0);
        svg.Arrow(262, Y(0), 780, Y(0), SvgDrawing.Ink);
        svg.Text(540, Y(0) - 8, "×32", 14, SvgDrawing.Blue, bold: true);
        Output(svg, 0, "FCN-32s");

        // 16s: doubled, plus pool4.
        Score(svg, 1);
        svg.Arrow(262, Y(1), 388, Y(1));
        Plus(svg, 404, Y(1));
        svg.Line(404, Y(0), 404, Y(0) + 10);
        svg.Arrow(404, Y(0), 404, Y(1) - 17);
        svg.Text(412, (Y(0) + Y(1)) / 2 + 5, "×2", 14, SvgDrawing.Blue, "start", bold: true);
        svg.Arrow(421, Y(1), 780, Y(1));
        svg.Text(640, Y(1) - 8, "×16", 14, SvgDrawing.Blue, bold: true);
        Output(svg, 1, "FCN-16s");

        // 8s: doubled again, plus pool3.
        Score(svg, 2);
        svg.Arrow(262, Y(2), 528, Y(2));
        Plus(svg, 544, Y(2));
        svg.Arrow(544, Y(1), 544, Y(2) - 17);
        svg.Text(552, (Y(1) + Y(2)) / 2 + 5, "×2", 14, SvgDrawing.Blue, "start", bold: true);
        svg.Arrow(561, Y(2), 780, Y(2));
        svg.Text(700, Y(2) - 8, "×8", 14, SvgDrawing.Blue, bold: true);
        Output(svg, 2, "FCN-8s");

        svg.Text(470, 330, "× f: transposed convolution of kernel 2f and stride f, initially bilinear; cropped to what both have, then added", 13, SvgDrawing.Grey);
        return svg.ToString();
    }

    private static double Y(int row) => Top + 24 + Row * row;

    private static void Label(SvgDrawing svg, int row, string name, string size)
    {
        double side = 24 * Math.Pow(1.35, row);
        svg.Rectangle(70 - side, Y(row) - side / 2, 2 * side, side, SvgDrawing.OrangeFill);
        svg.Text(70, Y(row) + 5, name, 13, bold: true);
        svg.Text(70, Y(row) + side / 2 + 16, size, 12, SvgDrawing.Grey);
        svg.Arrow(74 + side, Y(row), 172, Y(row));
    }

    private static void Score(SvgDrawing svg, int row)
    {
        svg.Rectangle(178, Y(row) - 16, 84, 32, SvgDrawing.BlueFill);
        svg.Text(220, Y(row) + 5, row switch { 0 => "score_fr", 1 => "score_pool4", _ => "score_pool3" }, 13);
    }

    private static void Plus(SvgDrawing svg, double x, double y)
    {
        svg.Dot(x, y, 15, SvgDrawing.BlueFill);
        svg.Text(x, y + 7, "+", 20, bold: true);
    }

    private static void Output(SvgDrawing svg, int row, string name)
    {
        svg.Rectangle(786, Y(row) - 30, 118, 60, SvgDrawing.BlueFill);
        svg.Text(845, Y(row) + 5, name, 15, bold: true);
    }
}
