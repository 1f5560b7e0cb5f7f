using System.Globalization;
using System.Security;
using System.Text;

namespace FcnSharp.Pictures.Svg;

/// <summary>
/// A drawing in SVG. It lies on a white panel of its own, so that it reads alike on light and dark pages. Coordinates are
/// pixels from the upper left corner; numbers are written the same everywhere, so the same calls give the same bytes.
/// </summary>
/// <param name="width">Width in pixels.</param>
/// <param name="height">Height in pixels.</param>
/// <param name="title">What it shows, for readers who cannot see it.</param>
internal sealed class SvgDrawing(int width, int height, string title)
{
    /// <summary>Text and outlines.</summary>
    public const string Ink = "#1f2328";

    /// <summary>What is beside the matter.</summary>
    public const string Grey = "#6e7781";

    /// <summary>Lines of grids.</summary>
    public const string Pale = "#d0d7de";

    /// <summary>Outputs, coarse values.</summary>
    public const string Blue = "#0072b2";

    /// <summary>Kernels, weights.</summary>
    public const string Orange = "#c25700";

    /// <summary>Inputs, fine values.</summary>
    public const string Green = "#00765a";

    /// <summary>A pale fill of <see cref="Blue"/>.</summary>
    public const string BlueFill = "#dbeefa";

    /// <summary>A pale fill of <see cref="Orange"/>.</summary>
    public const string OrangeFill = "#fdead7";

    /// <summary>A pale fill of <see cref="Green"/>.</summary>
    public const string GreenFill = "#d9f2ea";

    private readonly StringBuilder _body = new();

    /// <summary>A line of text.</summary>
    /// <param name="x">Where it is anchored.</param>
    /// <param name="y">Its base line.</param>
    /// <param name="text">The text.</param>
    /// <param name="size">Height of the letters in pixels.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="anchor">What lies at <paramref name="x"/>: "start", "middle" or "end".</param>
    /// <param name="bold">Whether it is a heading.</param>
    public void Text(double x, double y, string text, int size = 14, string color = Ink, string anchor = "middle", bool bold = false)
    {
        string weight = bold ? " font-weight=\"600\"" : "";
        Write($"<text x=\"{x:0.##}\" y=\"{y:0.##}\" font-size=\"{size}\" fill=\"{color}\" text-anchor=\"{anchor}\"{weight}>{SecurityElement.Escape(text)}</text>\n");
    }

    /// <summary>A rectangle.</summary>
    public void Rectangle(double x, double y, double w, double h, string fill, string stroke = Ink, double lineWidth = 1, bool dashed = false) =>
        Write($"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{w:0.##}\" height=\"{h:0.##}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{lineWidth:0.##}\"{Dashes(dashed)}/>\n");

    /// <summary>A dot.</summary>
    public void Dot(double x, double y, double radius, string fill) => Write($"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"{radius:0.##}\" fill=\"{fill}\"/>\n");

    /// <summary>A straight line.</summary>
    public void Line(double x1, double y1, double x2, double y2, string color = Ink, double lineWidth = 1, bool dashed = false) =>
        Write($"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"{color}\" stroke-width=\"{lineWidth:0.##}\"{Dashes(dashed)}/>\n");

    /// <summary>A line with a head at its second end.</summary>
    public void Arrow(double x1, double y1, double x2, double y2, string color = Ink) =>
        Write($"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"{color}\" stroke-width=\"1.5\" marker-end=\"url(#head)\"/>\n");

    /// <summary>A line through points.</summary>
    public void Polyline(IEnumerable<(double X, double Y)> points, string color, double lineWidth = 2)
    {
        string list = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.##},{p.Y:0.##}")));
        Write($"<polyline points=\"{list}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{lineWidth:0.##}\" stroke-linejoin=\"round\"/>\n");
    }

    /// <summary>A table of numbers, a cell each.</summary>
    /// <param name="x">The left edge.</param>
    /// <param name="y">The upper edge.</param>
    /// <param name="cell">Side of a cell in pixels.</param>
    /// <param name="columns">Cells of a row.</param>
    /// <param name="texts">The cells row by row.</param>
    /// <param name="fill">The colour behind the cell of an index.</param>
    /// <param name="stroke">The colour of the lines.</param>
    /// <param name="size">Height of the letters.</param>
    public void Table(double x, double y, double cell, int columns, IReadOnlyList<string> texts, Func<int, string> fill, string stroke = Ink, int size = 15)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            (double left, double top) = (x + i % columns * cell, y + i / columns * cell);
            Rectangle(left, top, cell, cell, fill(i), stroke);
            if (texts[i].Length > 0)
            {
                Text(left + cell / 2, top + cell / 2 + size * 0.35, texts[i], size);
            }
        }
    }

    /// <summary>The whole file.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        <svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif">
        <title>{SecurityElement.Escape(title)}</title>
        <defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="{Ink}"/></marker></defs>
        <rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="#ffffff" stroke="{Pale}"/>
        {_body}</svg>

        """).ReplaceLineEndings("\n");

    private static string Dashes(bool dashed) => dashed ? " stroke-dasharray=\"5 4\"" : "";

    private void Write(FormattableString markup) => _body.Append(FormattableString.Invariant(markup));
}
