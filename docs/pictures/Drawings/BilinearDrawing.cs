using System.Globalization;
using FcnSharp.Layers;
using FcnSharp.Pictures.Svg;
using FcnSharp.Tensors;

namespace FcnSharp.Pictures.Drawings;

/// <summary>The kernels of bilinear upsampling as <see cref="Initializer.Bilinear"/> makes them.</summary>
internal static class BilinearDrawing
{
    private const double Left = 50;
    private const double Bottom = 250;
    private const double PlotWidth = 540;
    private const double PlotHeight = 190;
    private const double Reach = 33;

    private static readonly (int Factor, string Color)[] Curves = [(32, "#a0447d"), (16, SvgDrawing.Green), (8, SvgDrawing.Orange), (2, SvgDrawing.Blue)];

    /// <summary>The kernel [1, 1, size, size].</summary>
    public static Tensor Kernel(int size)
    {
        var kernel = new Tensor(new Shape(1, 1, size, size));
        Initializer.Bilinear.Fill(kernel, seed: 0, stream: 0);
        return kernel;
    }

    public static string Draw()
    {
        var svg = new SvgDrawing(900, 320, "Bilinear kernels of the factors 2, 8, 16 and 32: tents of twice the factor's width");
        svg.Text(Left + PlotWidth / 2, 28, "one axis of the kernel, around its centre (pixels of the finer grid)", bold: true);
        double X(double position) => Left + PlotWidth * (position + Reach) / (2 * Reach);
        double Y(double value) => Bottom - PlotHeight * value;
        foreach (double value in (double[])[0, 0.25, 0.5, 0.75, 1])
        {
            svg.Line(Left, Y(value), Left + PlotWidth, Y(value), SvgDrawing.Pale);
            svg.Text(Left - 8, Y(value) + 4, value.ToString("0.##", CultureInfo.InvariantCulture), 12, SvgDrawing.Grey, "end");
        }

        for (int position = -32; position <= 32; position += 8)
        {
            svg.Text(X(position), Bottom + 18, position.ToString(CultureInfo.InvariantCulture), 12, SvgDrawing.Grey);
        }

        for (int c = 0; c < Curves.Length; c++)
        {
            (int factor, string color) = Curves[c];
            int size = 2 * factor;
            Tensor kernel = Kernel(size);

            // The diagonal is the square of the axis.
            (double X, double Y)[] points = [.. Enumerable.Range(0, size).Select(i => (X(i - (size - 1) / 2.0), Y(Math.Sqrt(kernel[0, 0, i, i]))))];
            svg.Polyline(points, color, 1.5);
            foreach ((double x, double y) in points)
            {
                svg.Dot(x, y, 2.2, color);
            }

            svg.Text(Left + 40 + 150 * c, Bottom + 48, string.Create(CultureInfo.InvariantCulture, $"factor {factor}, size {size}"), 13, color, bold: true);
        }

        svg.Text(745, 28, "factor 2: 4×4", bold: true);
        svg.Table(635, 60, 55, 4, Calculation.Texts(Kernel(4).Span), i => i is 5 or 6 or 9 or 10 ? SvgDrawing.BlueFill : "#ffffff", size: 14);
        return svg.ToString();
    }
}
