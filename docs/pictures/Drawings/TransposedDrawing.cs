using System.Globalization;
using FcnSharp.Pictures.Svg;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Pictures.Drawings;

/// <summary>The transposed convolution of 2x2 with a 3x3 kernel to 4x4, in its two readings: stamps that add up, and a convolution with full padding.</summary>
internal static class TransposedDrawing
{
    private const double Cell = 27;

    /// <summary>The input, 2x2.</summary>
    public static Tensor Input { get; } = Calculation.Plane(2, 2, 1, 2, 3, 4);

    /// <summary>The kernel, 3x3; no two of its numbers are alike, so that nothing can be turned by mistake.</summary>
    public static Tensor Kernel { get; } = Calculation.Plane(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9);

    /// <summary>The kernel turned by 180 degrees.</summary>
    public static Tensor Turned { get; } = Calculation.Plane(3, 3, 9, 8, 7, 6, 5, 4, 3, 2, 1);

    /// <summary>The output, 4x4.</summary>
    public static Tensor Output { get; } = Calculation.ConvTranspose2d(ConvTranspose2dParameters.Square(3), Input, Kernel);

    /// <summary>The same by a convolution whose zero border is a kernel wide.</summary>
    public static Tensor FullPadding { get; } = Calculation.Conv2d(Conv2dParameters.Square(3, padding: 2), Input, Turned);

    public static string Draw()
    {
        var svg = new SvgDrawing(960, 480, "2x2 becomes 4x4: each input pixel stamps the kernel, or a convolution runs over the input with a border of two zeros");
        string[] input = Calculation.Texts(Input.Span);
        string[] kernel = Calculation.Texts(Kernel.Span);

        svg.Text(24, 30, "1. Each input pixel adds the kernel, times its value, to the output", anchor: "start", bold: true);
        svg.Table(24, 82, Cell, 2, input, _ => SvgDrawing.GreenFill);
        svg.Text(24 + Cell, 154, "input", 13, SvgDrawing.Grey);
        svg.Table(110, 68, Cell, 3, kernel, _ => SvgDrawing.OrangeFill);
        svg.Text(110 + 1.5 * Cell, 168, "kernel", 13, SvgDrawing.Grey);
        svg.Text(212, 114, ":", 18);
        for (int i = 0; i < 4; i++)
        {
            double x = 228 + i * 138;
            string[] stamp = Calculation.Texts(Calculation.ConvTranspose2d(ConvTranspose2dParameters.Square(3), Only(i), Kernel).Span);
            (int row, int column) = (i / 2, i % 2);
            svg.Table(x, 55, Cell, 4, [.. stamp.Select(s => s == "0" ? "" : s)], c => c / 4 - row is >= 0 and < 3 && c % 4 - column is >= 0 and < 3 ? SvgDrawing.OrangeFill : "#ffffff", size: 13);
            svg.Text(x + 2 * Cell, 182, string.Create(CultureInfo.InvariantCulture, $"{input[i]} × kernel"), 13, SvgDrawing.Grey);
            svg.Text(x + 4 * Cell + 15, 114, i < 3 ? "+" : "=", 18);
        }

        svg.Table(228 + 4 * 138 + 8, 47, 31, 4, Calculation.Texts(Output.Span), _ => SvgDrawing.BlueFill, size: 14);
        svg.Text(788 + 62, 190, "output 4×4", 13, SvgDrawing.Grey);

        svg.Line(24, 212, 936, 212, SvgDrawing.Pale);
        svg.Text(24, 244, "2. A convolution of the input in a border of 2 zeros, the kernel turned by 180°", anchor: "start", bold: true);
        string[] padded = [.. Enumerable.Range(0, 36).Select(i => i / 6 is 2 or 3 && i % 6 is 2 or 3 ? input[(i / 6 - 2) * 2 + i % 6 - 2] : "0")];
        svg.Table(110, 270, Cell, 6, padded, i => i / 6 is 2 or 3 && i % 6 is 2 or 3 ? SvgDrawing.GreenFill : "#ffffff", SvgDrawing.Grey, 13);
        svg.Rectangle(110, 270, 3 * Cell, 3 * Cell, "none", SvgDrawing.Orange, 3);
        svg.Text(110 + 3 * Cell, 452, "input, padded to 6×6", 13, SvgDrawing.Grey);
        svg.Text(322, 358, "∗", 20);
        svg.Table(372, 312, Cell, 3, Calculation.Texts(Turned.Span), _ => SvgDrawing.OrangeFill);
        svg.Text(372 + 1.5 * Cell, 412, "kernel, turned", 13, SvgDrawing.Grey);
        svg.Text(506, 358, "=", 20);
        svg.Table(560, 290, 31, 4, Calculation.Texts(FullPadding.Span), _ => SvgDrawing.BlueFill, size: 14);
        svg.Text(560 + 62, 432, "the same 4×4", 13, SvgDrawing.Grey);
        return svg.ToString();
    }

    private static Tensor Only(int index)
    {
        var single = new Tensor(Input.Shape);
        single.Span[index] = Input.Span[index];
        return single;
    }
}
