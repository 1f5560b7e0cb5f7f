using FcnSharp.Pictures.Svg;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Pictures.Drawings;

/// <summary>One output of a fully connected layer, and the same nine weights as a convolution on a larger input.</summary>
internal static class FullyConnectedDrawing
{
    private const double Cell = 34;
    private const int Columns = 5;

    /// <summary>An image of 4x5; the classifier sees its upper left 3x3.</summary>
    public static Tensor Image { get; } = Calculation.Plane(4, Columns, 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4);

    /// <summary>The nine weights of the layer's one output, in the order in which they are stored.</summary>
    public static Tensor Weight { get; } = Calculation.Plane(3, 3, 1, 0, -1, 2, 0, -2, 1, 0, -1);

    /// <summary>The convolution's scores, 2x3.</summary>
    public static Tensor Scores { get; } = Calculation.Conv2d(Conv2dParameters.Square(3), Image, Weight);

    public static string Draw()
    {
        var svg = new SvgDrawing(960, 340, "A fully connected layer on a 3x3 input is a 3x3 convolution; on 4x5 the same weights give 2x3 scores");
        string[] image = Calculation.Texts(Image.Span);
        string[] window = [.. image.Where((_, i) => i / Columns < 3 && i % Columns < 3)];
        string[] weights = Calculation.Texts(Weight.Span);
        string[] scores = Calculation.Texts(Scores.Span);

        svg.Text(190, 30, "fully connected: a row of 9 weights", bold: true);
        svg.Table(30, 60, Cell, 3, window, _ => SvgDrawing.GreenFill);
        svg.Text(81, 182, "input 3×3", 13, SvgDrawing.Grey);
        svg.Table(30, 206, Cell, 9, window, _ => SvgDrawing.GreenFill);
        svg.Text(183, 260, "·", 20, bold: true);
        svg.Table(30, 266, Cell, 9, weights, _ => SvgDrawing.OrangeFill);
        svg.Text(350, 276, "=", 20);
        svg.Table(366, 252, Cell, 1, [scores[0]], _ => SvgDrawing.BlueFill);

        svg.Line(430, 24, 430, 316, SvgDrawing.Pale);

        svg.Text(700, 30, "convolution: the same weights as a 3×3 kernel", bold: true);
        svg.Table(460, 60, Cell, Columns, image, i => i / Columns < 3 && i % Columns < 3 ? SvgDrawing.GreenFill : "#ffffff");
        svg.Rectangle(460, 60, 3 * Cell, 3 * Cell, "none", SvgDrawing.Green, 3);
        svg.Text(545, 216, "input 4×5", 13, SvgDrawing.Grey);
        svg.Text(658, 134, "∗", 20);
        svg.Table(684, 76, Cell, 3, weights, _ => SvgDrawing.OrangeFill);
        svg.Text(735, 198, "kernel 3×3", 13, SvgDrawing.Grey);
        svg.Text(808, 134, "=", 20);
        svg.Table(832, 94, Cell, 3, scores, i => i == 0 ? SvgDrawing.BlueFill : "#ffffff");
        svg.Text(883, 182, "scores 2×3", 13, SvgDrawing.Grey);
        svg.Text(700, 258, "The upper left score is the classifier on its 3×3 window.", 14, SvgDrawing.Grey);
        svg.Text(700, 280, "The five others cost only the products; no window is cut out.", 14, SvgDrawing.Grey);
        return svg.ToString();
    }
}
