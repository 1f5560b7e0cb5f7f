using FcnSharp.Pictures.Svg;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Pictures.Drawings;

/// <summary>The convolution of 4x4 to 2x2 as a matrix C, and the transposed convolution of 2x2 to 4x4 as C transposed.</summary>
internal static class MatrixDrawing
{
    private const double Cell = 23;

    /// <summary>C: 4 rows of 16.</summary>
    public static float[][] Matrix { get; } = Calculation.Matrix(Conv2dParameters.Square(3), new Shape(1, 1, 4, 4), TransposedDrawing.Kernel);

    public static string Draw()
    {
        var svg = new SvgDrawing(880, 470, "The matrix C of a 3x3 convolution from 4x4 to 2x2, and its transpose from 2x2 to 4x4");
        float[] flat = [.. Matrix.SelectMany(row => row)];
        float[] transposed = [.. Enumerable.Range(0, 16).SelectMany(column => Matrix.Select(row => row[column]))];

        svg.Text(40 + 8 * Cell, 34, "convolution: y = C x", bold: true);
        Cells(svg, 60, 60, 16, flat);
        svg.Text(60 + 8 * Cell, 60 + 4 * Cell + 22, "a column for each of the 16 pixels of x (4×4)", 13, SvgDrawing.Grey);
        svg.Text(60 + 8 * Cell, 60 + 4 * Cell + 42, "a row for each of the 4 pixels of y (2×2)", 13, SvgDrawing.Grey);

        svg.Text(60 + 8 * Cell, 270, "Each row holds the kernel once, at its own place.", 14);
        svg.Text(60 + 8 * Cell, 294, "Backward through a linear map goes by its transpose:", 14);
        svg.Text(60 + 8 * Cell, 318, "∂L/∂x = Cᵀ ∂L/∂y", 16, SvgDrawing.Blue, bold: true);
        svg.Text(60 + 8 * Cell, 346, "so the forward pass of the transposed convolution is", 14);
        svg.Text(60 + 8 * Cell, 366, "the backward pass of the convolution, and the other way round.", 14);

        svg.Text(700, 34, "transposed convolution: x′ = Cᵀ y", bold: true);
        Cells(svg, 654, 60, 4, transposed);
        svg.Text(700, 60 + 16 * Cell + 22, "16 rows, 4 columns", 13, SvgDrawing.Grey);
        return svg.ToString();
    }

    private static void Cells(SvgDrawing svg, double x, double y, int columns, float[] values) =>
        svg.Table(x, y, Cell, columns, Calculation.Texts(values), i => values[i] == 0 ? "#ffffff" : SvgDrawing.OrangeFill, SvgDrawing.Grey, 12);
}
