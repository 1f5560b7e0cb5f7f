using FcnSharp.Data.Layouts;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Labels;

/// <summary>
/// Paints the outlines of LabelMe, each over those before it: a pixel is inside where its centre is, by the even-odd rule. What no
/// outline covers is the background where there is such a class, else void; so is __ignore__.
/// </summary>
internal sealed class LabelMeReader : LabelReader
{
    private readonly Dictionary<string, ushort> _labels = new(StringComparer.Ordinal);
    private readonly ushort _uncovered;

    /// <summary>Creates a reader for classes by their names.</summary>
    public LabelMeReader(ClassTable classes, int voidLabel)
    {
        for (int i = 0; i < classes.Classes.Count; i++)
        {
            _labels.TryAdd(classes.Classes[i].Name, (ushort)i);
        }

        _labels.TryAdd(LabelMeLayout.Ignored, (ushort)voidLabel);
        _uncovered = _labels.TryGetValue(LabelMeLayout.Background, out ushort label) || _labels.TryGetValue("background", out label) ? label : (ushort)voidLabel;
    }

    /// <inheritdoc/>
    public override LabelMap Read(DatasetItem item, int width, int height)
    {
        LabelMeFile file = LabelMeFile.Read(item.LabelPath);
        if ((file.Width ?? width) != width || (file.Height ?? height) != height)
        {
            throw new FcnSharpException($"{item.LabelPath}: the outlines are of a picture of {file.Width}x{file.Height} pixels, {item.ImagePath} has {width}x{height}; annotate this picture, or restore the one that was annotated.");
        }

        LabelMap labels = new(width, height);
        labels.Labels.AsSpan().Fill(_uncovered);
        foreach (LabelMeShape shape in file.Shapes)
        {
            ushort label = _labels.TryGetValue(shape.Label, out ushort known)
                ? known
                : throw new FcnSharpException($"{item.LabelPath}: a shape has the label '{shape.Label}', which is none of the {_labels.Count - 1} classes; correct it or add the class to classes.txt.");
            Paint(labels, shape, label);
        }

        return labels;
    }

    private static void Paint(LabelMap labels, LabelMeShape shape, ushort label)
    {
        (double X, double Y)[] p = shape.Points;
        if (shape.Kind == "circle")
        {
            PaintCircle(labels, p[0], p[1], label);
            return;
        }

        (double X, double Y)[] outline = shape.Kind == "rectangle" ? [p[0], (p[1].X, p[0].Y), p[1], (p[0].X, p[1].Y)] : p;
        int top = First(outline.Min(point => point.Y), labels.Height);
        int bottom = First(outline.Max(point => point.Y), labels.Height);
        List<double> crossings = [];
        for (int y = top; y < bottom; y++)
        {
            crossings.Clear();
            double centre = y + 0.5;
            for (int i = 0; i < outline.Length; i++)
            {
                ((double x0, double y0), (double x1, double y1)) = (outline[i], outline[(i + 1) % outline.Length]);
                if ((y0 <= centre) != (y1 <= centre))
                {
                    crossings.Add(x0 + ((centre - y0) / (y1 - y0) * (x1 - x0)));
                }
            }

            crossings.Sort();
            for (int i = 0; i + 1 < crossings.Count; i += 2)
            {
                int left = First(crossings[i], labels.Width);
                int right = First(crossings[i + 1], labels.Width);
                labels.Row(y)[left..Math.Max(left, right)].Fill(label);
            }
        }
    }

    private static void PaintCircle(LabelMap labels, (double X, double Y) centre, (double X, double Y) edge, ushort label)
    {
        double squared = Math.Pow(edge.X - centre.X, 2) + Math.Pow(edge.Y - centre.Y, 2);
        for (int y = First(centre.Y - Math.Sqrt(squared), labels.Height); y < First(centre.Y + Math.Sqrt(squared), labels.Height); y++)
        {
            double half = Math.Sqrt(Math.Max(0, squared - Math.Pow(y + 0.5 - centre.Y, 2)));
            int left = First(centre.X - half, labels.Width);
            labels.Row(y)[left..Math.Max(left, First(centre.X + half, labels.Width))].Fill(label);
        }
    }

    /// <summary>The first pixel whose centre is not before a coordinate, kept inside 0 to the side.</summary>
    private static int First(double coordinate, int side) => (int)Math.Clamp(Math.Ceiling(coordinate - 0.5), 0, side);
}
