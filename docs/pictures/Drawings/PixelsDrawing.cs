using System.Globalization;
using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.Pictures.Svg;
using FcnSharp.Tensors;

namespace FcnSharp.Pictures.Drawings;

/// <summary>Pixels in, pixels out: the sizes of FCN-32s VGG16's values, from the net itself.</summary>
internal static class PixelsDrawing
{
    private const int ImageHeight = 384;
    private const int ImageWidth = 512;
    private const int Classes = 21;
    private const int Axis = 70;

    public static string Draw()
    {
        NetGraph graph = Catalogue.Build("fcn32s-vgg16", new NetOptions { Classes = Classes });
        var shapes = ShapeInference.Of(graph, new Dictionary<string, Shape> { ["image"] = new(1, 3, ImageHeight, ImageWidth) }, "scores", "classes");
        Shape Of(string layer) => shapes[graph.Nodes.Single(n => n.Layer.Name == layer)][0];
        (string Name, Shape Shape, string Fill)[] stages =
        [
            ("image", new Shape(1, 3, ImageHeight, ImageWidth), SvgDrawing.GreenFill),
            ("pool1", Of("pool1"), SvgDrawing.OrangeFill),
            ("pool2", Of("pool2"), SvgDrawing.OrangeFill),
            ("pool3", Of("pool3"), SvgDrawing.OrangeFill),
            ("pool4", Of("pool4"), SvgDrawing.OrangeFill),
            ("pool5", Of("pool5"), SvgDrawing.OrangeFill),
            ("fc7", Of("fc7"), SvgDrawing.OrangeFill),
            ("score_fr", Of("score_fr"), SvgDrawing.BlueFill),
            ("score", Of("score"), SvgDrawing.BlueFill),
            ("classes", Of("classes"), SvgDrawing.BlueFill),
        ];

        var svg = new SvgDrawing(1040, 190, "FCN-32s VGG16: the sizes of its values from the image to a class for each pixel");
        double x = 18;
        for (int i = 0; i < stages.Length; i++)
        {
            (string name, Shape shape, string fill) = stages[i];

            // Sides by their square root: a side of 12 can be seen beside one of 512.
            double h = 4.7 * Math.Sqrt(shape.H);
            double w = h * shape.W / shape.H;
            svg.Rectangle(x, Axis - h / 2, w, h, fill);
            svg.Text(x + w / 2, Axis + h / 2 + 18, name, 13, bold: true);
            svg.Text(x + w / 2, Axis + h / 2 + 34, string.Create(CultureInfo.InvariantCulture, $"{shape.H}×{shape.W}"), 12, SvgDrawing.Grey);
            svg.Text(x + w / 2, Axis + h / 2 + 49, string.Create(CultureInfo.InvariantCulture, $"×{shape.C}"), 12, SvgDrawing.Grey);
            double next = x + Math.Max(w, 42) + 30;
            if (i + 1 < stages.Length)
            {
                svg.Arrow(x + w + 6, Axis, next - 6, Axis);
            }

            if (name == "score_fr")
            {
                svg.Text((x + w + next) / 2, Axis - 10, "×32", 13, SvgDrawing.Blue, bold: true);
            }

            x = next;
        }

        return svg.ToString();
    }
}
