using FcnSharp.Data.Layouts;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Labels;

/// <summary>Labels in a PNG: palette indices or grey values as they are, or colours (alpha left out) by the classes' colours.</summary>
/// <param name="classes">The classes with their colours; null where nobody gave any.</param>
/// <param name="voidLabel">The label for the colour of void.</param>
internal sealed class PngLabelReader(ClassTable? classes, int voidLabel) : LabelReader
{
    private readonly Dictionary<int, ushort> _labels = Colours(classes, voidLabel);

    /// <inheritdoc/>
    public override LabelMap Read(DatasetItem item, int width, int height)
    {
        using PngReader reader = PngReader.Open(item.LabelPath);
        PngFile.CheckPixels(reader.Header, item.LabelPath, PngFile.DefaultMaxPixels);
        return reader.ColorType is PngColorType.Rgb or PngColorType.Rgba ? ReadColours(reader, item.LabelPath) : PngFile.ReadLabels(item.LabelPath);
    }

    private LabelMap ReadColours(PngReader reader, string path)
    {
        if (_labels.Count == 0)
        {
            throw new FcnSharpException($"{path}: the labels are colours ({reader.Header.Kind}) and not every class has a colour of its own; add a file classes.txt with a line 'name r g b' for each class, or save class indices as grey or palette.");
        }

        if (reader.BitDepth != 8)
        {
            throw new FcnSharpException($"{path}: expected colours of 8 bits, found {reader.Header.Kind}; save the labels with 8 bits a sample.");
        }

        LabelMap labels = new(reader.Width, reader.Height);
        byte[] rgb = new byte[3 * reader.Width];
        (int colour, ushort label) last = (-1, 0);
        for (int y = 0; y < labels.Height; y++)
        {
            reader.ReadRgbRow(rgb);
            Span<ushort> row = labels.Row(y);
            for (int x = 0; x < row.Length; x++)
            {
                int colour = Key(rgb[3 * x], rgb[(3 * x) + 1], rgb[(3 * x) + 2]);
                if (colour != last.colour)
                {
                    last = (colour, _labels.TryGetValue(colour, out ushort label) ? label : throw Unknown(path, colour, x, y));
                }

                row[x] = last.label;
            }
        }

        return labels;
    }

    private static FcnSharpException Unknown(string path, int colour, int x, int y) =>
        new($"{path}: colour {colour >> 16} {(colour >> 8) & 255} {colour & 255} at pixel ({x}, {y}) is of no class; correct the labels, or add the colour to the file of classes (a last line 'void r g b' for pixels that do not count).");

    private static int Key(byte r, byte g, byte b) => (r << 16) | (g << 8) | b;

    private static Dictionary<int, ushort> Colours(ClassTable? classes, int voidLabel)
    {
        Dictionary<int, ushort> labels = [];
        if (classes is not { HasColours: true })
        {
            return labels;
        }

        for (int i = 0; i < classes.Classes.Count; i++)
        {
            ClassInfo info = classes.Classes[i];
            if (!labels.TryAdd(Key(info.R, info.G, info.B), (ushort)i))
            {
                // Two classes of one colour are no harm where labels are indices, and cannot be told apart where they are colours.
                return [];
            }
        }

        // The colour of void in PASCAL VOC's masks, where the file of classes does not say otherwise.
        (byte r, byte g, byte b) = classes.VoidColour ?? Palette.Voc[255];
        labels.TryAdd(Key(r, g, b), (ushort)voidLabel);
        return labels;
    }
}
