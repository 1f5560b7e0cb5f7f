using System.Globalization;
using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.Pictures.Svg;

namespace FcnSharp.Pictures.Drawings;

/// <summary>Where the pixels of FCN-8s VGG16's values lie on the image's rows, with the reference's border of 100 and in tight padding.</summary>
internal static class GridsDrawing
{
    private const double First = -112;
    private const double Last = 112;
    private const double Left = 130;
    private const double PlotWidth = 780;

    private static readonly (string Layer, string Color)[] Values = [("score_fr", SvgDrawing.Blue), ("pool4", SvgDrawing.Orange), ("pool3", SvgDrawing.Green)];

    /// <summary>The grid of a layer's first output along the rows.</summary>
    public static PixelGrid Grid(NetGraph graph, string layer) =>
        new PixelGrids(vertical: true).Of(graph.Nodes.SelectMany(n => n.Inputs).Concat(graph.Outputs.Values).First(v => v.Node?.Layer.Name == layer))!.Value;

    /// <summary>FCN-8s VGG16.</summary>
    public static NetGraph Net(BorderPadding padding) => Catalogue.Build("fcn8s-vgg16", new NetOptions { Classes = 21, Padding = padding });

    public static string Draw()
    {
        var svg = new SvgDrawing(940, 430, "Centres of the pixels of score_fr, pool4 and pool3 on the image: in the reference's padding they begin left of it, in tight padding on it");
        Rows(svg, 50, BorderPadding.Reference, "reference padding: 100 zeros around the image");
        Rows(svg, 256, BorderPadding.Tight, "tight padding: each layer keeps the grid of its input");
        return svg.ToString();
    }

    private static void Rows(SvgDrawing svg, double top, BorderPadding padding, string title)
    {
        svg.Text(Left, top - 16, title, 14, anchor: "start", bold: true);
        svg.Rectangle(X(-0.5), top, X(Last) - X(-0.5), 132, "#f3f4f6", SvgDrawing.Pale);
        svg.Text(X(Last) - 6, top + 16, "image", 13, SvgDrawing.Grey, "end");
        NetGraph graph = Net(padding);
        for (int row = 0; row < Values.Length; row++)
        {
            (string layer, string color) = Values[row];
            double y = top + 34 + 32 * row;
            svg.Line(Left, y, Left + PlotWidth, y, SvgDrawing.Pale);
            svg.Text(Left - 12, y + 5, layer, 13, color, "end", bold: true);
            PixelGrid grid = Grid(graph, layer);
            int pixel = 0;
            for (double centre = grid.Centre; centre <= Last; centre += grid.Stride)
            {
                svg.Dot(X(centre), y, pixel++ == 0 ? 6 : 4, color);
            }

            svg.Text(X(grid.Centre), y - 9, grid.Centre.ToString("0.#", CultureInfo.InvariantCulture), 12, color, bold: true);
        }

        for (int position = -100; position <= 100; position += 20)
        {
            svg.Text(X(position), top + 150, position.ToString(CultureInfo.InvariantCulture), 12, SvgDrawing.Grey);
        }
    }

    private static double X(double position) => Left + PlotWidth * (position - First) / (Last - First);
}
