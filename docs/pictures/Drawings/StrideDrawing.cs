using FcnSharp.Pictures.Svg;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Pictures.Drawings;

/// <summary>A transposed convolution of stride 2 with the bilinear kernel of size 3: zeros between the pixels, then a convolution.</summary>
internal static class StrideDrawing
{
    private const double Cell = 38;

    /// <summary>2x2 becomes 5x5, of which the middle 3x3 lies between the input's pixels.</summary>
    public static Tensor Output { get; } = Calculation.ConvTranspose2d(ConvTranspose2dParameters.Square(3, stride: 2), TransposedDrawing.Input, BilinearDrawing.Kernel(3));

    public static string Draw()
    {
        var svg = new SvgDrawing(960, 330, "Stride 2 of a transposed convolution: zeros between the input's pixels, then a convolution of stride 1");
        string[] input = Calculation.Texts(TransposedDrawing.Input.Span);
        svg.Table(24, 120, Cell, 2, input, _ => SvgDrawing.GreenFill);
        svg.Text(24 + Cell, 216, "input 2×2", 13, SvgDrawing.Grey);
        svg.Arrow(112, 158, 146, 158);

        string[] spread = [.. Enumerable.Range(0, 49).Select(i => i / 7 is 2 or 4 && i % 7 is 2 or 4 ? input[(i / 7 - 2) + (i % 7 - 2) / 2] : "0")];
        svg.Table(156, 26, Cell, 7, spread, i => i / 7 is 2 or 4 && i % 7 is 2 or 4 ? SvgDrawing.GreenFill : i / 7 is >= 2 and <= 4 && i % 7 is >= 2 and <= 4 ? SvgDrawing.OrangeFill : "#ffffff", SvgDrawing.Grey, 14);
        svg.Text(156 + 3.5 * Cell, 312, "a zero between two pixels, two around them", 13, SvgDrawing.Grey);
        svg.Text(444, 164, "∗", 20);
        svg.Table(466, 101, Cell, 3, Calculation.Texts(BilinearDrawing.Kernel(3).Span), _ => SvgDrawing.OrangeFill, size: 13);
        svg.Text(466 + 1.5 * Cell, 236, "bilinear, size 3", 13, SvgDrawing.Grey);
        svg.Text(604, 164, "=", 20);
        svg.Table(630, 40, 46, 5, Calculation.Texts(Output.Span), i => i / 5 is >= 1 and <= 3 && i % 5 is >= 1 and <= 3 ? SvgDrawing.BlueFill : "#ffffff", size: 14);
        svg.Text(630 + 115, 292, "output 5×5; padding 1 cuts it to the blue 3×3", 13, SvgDrawing.Grey);
        return svg.ToString();
    }
}
