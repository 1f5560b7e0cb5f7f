using System.Globalization;
using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.Pictures.Svg;
using FcnSharp.Tensors;

namespace FcnSharp.Pictures.Drawings;

/// <summary>The receptive fields of the three trunks against an image of 500x500.</summary>
internal static class FieldsDrawing
{
    private const double Scale = 0.36;
    private const double Centre = 190;
    private const int GoogLeNetPooling = 6 * 32;

    /// <summary>Pixels of one side of the field of an FCN's coarsest features.</summary>
    public static int Field(string net) =>
        (int)NetSummary.Of(Catalogue.Build(net, new NetOptions { Classes = 21, Padding = BorderPadding.Reference }), new Shape(1, 3, 500, 500), "scores").ReceptiveField!.Value;

    public static string Draw()
    {
        (string Name, double Size, string Color, bool Dashed)[] fields =
        [
            ("GoogLeNet with its 7×7 average pooling", Field("fcn32s-googlenet") + GoogLeNetPooling, "#56b4e9", true),
            ("GoogLeNet as an FCN", Field("fcn32s-googlenet"), SvgDrawing.Blue, false),
            ("VGG16", Field("fcn32s-vgg16"), SvgDrawing.Orange, false),
            ("AlexNet", Field("fcn32s-alexnet"), SvgDrawing.Green, false),
        ];
        var svg = new SvgDrawing(870, 380, "Receptive fields of one score of stride 32 against an image of 500x500");
        Square(svg, 500, SvgDrawing.Grey, false, "#f3f4f6");
        svg.Text(430, 60, "one score sees", anchor: "start", bold: true);
        for (int i = 0; i < fields.Length; i++)
        {
            Square(svg, fields[i].Size, fields[i].Color, fields[i].Dashed, "none");
            double y = 96 + 34 * i;
            svg.Line(430, y - 5, 466, y - 5, fields[i].Color, 3, fields[i].Dashed);
            svg.Text(478, y, string.Create(CultureInfo.InvariantCulture, $"{fields[i].Size}×{fields[i].Size}, {fields[i].Name}"), 14, anchor: "start");
        }

        svg.Rectangle(430, 224, 36, 18, "#f3f4f6", SvgDrawing.Grey);
        svg.Text(478, 238, "an image of 500×500", 14, anchor: "start");
        svg.Rectangle(442, 262, 32 * Scale, 32 * Scale, SvgDrawing.Ink);
        svg.Text(478, 274, "32×32: from one score to the next", 14, anchor: "start");
        svg.Rectangle(Centre - 16 * Scale, Centre - 16 * Scale, 32 * Scale, 32 * Scale, SvgDrawing.Ink);
        return svg.ToString();
    }

    private static void Square(SvgDrawing svg, double size, string color, bool dashed, string fill) =>
        svg.Rectangle(Centre - size * Scale / 2, Centre - size * Scale / 2, size * Scale, size * Scale, fill, color, 2, dashed);
}
