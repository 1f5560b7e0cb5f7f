using FcnSharp.Imaging;

namespace FcnSharp.Pictures.Trained;

/// <summary>Pictures enlarged, framed and laid out in rows.</summary>
internal static class Sheet
{
    private const int Gap = 6;

    /// <summary>Each pixel as a square of so many.</summary>
    public static RgbImage Enlarge(RgbImage image, int times)
    {
        var large = new RgbImage(image.Width * times, image.Height * times);
        for (int y = 0; y < large.Height; y++)
        {
            Span<byte> from = image.Row(y / times);
            Span<byte> to = large.Row(y);
            for (int x = 0; x < large.Width; x++)
            {
                from.Slice(x / times * 3, 3).CopyTo(to[(3 * x)..]);
            }
        }

        return large;
    }

    /// <summary>Labels in their colours.</summary>
    public static RgbImage Colors(LabelMap labels, Palette palette, int voidLabel = -1)
    {
        var black = new RgbImage(labels.Width, labels.Height);
        if (voidLabel >= 0)
        {
            black.Pixels.AsSpan().Fill(byte.MaxValue);
        }

        return Overlay.Blend(black, labels, palette, 1, voidLabel);
    }

    /// <summary>Draws the outline of a rectangle, as far as it lies in the image.</summary>
    public static void Frame(RgbImage image, int left, int top, int right, int bottom)
    {
        for (int y = Math.Max(0, top); y <= Math.Min(bottom, image.Height - 1); y++)
        {
            for (int x = Math.Max(0, left); x <= Math.Min(right, image.Width - 1); x++)
            {
                if (x == left || x == right || y == top || y == bottom)
                {
                    image.Row(y).Slice(3 * x, 3).Fill(byte.MaxValue);
                }
            }
        }
    }

    /// <summary>Rows of pictures, white between them.</summary>
    public static RgbImage Rows(IEnumerable<IReadOnlyList<RgbImage>> rows)
    {
        RgbImage[] strips = [.. rows.Select(row => Overlay.Panels(row, Gap))];
        var sheet = new RgbImage(strips.Max(s => s.Width), strips.Sum(s => s.Height) + Gap * (strips.Length - 1));
        sheet.Pixels.AsSpan().Fill(byte.MaxValue);
        int top = 0;
        foreach (RgbImage strip in strips)
        {
            for (int y = 0; y < strip.Height; y++)
            {
                strip.Row(y).CopyTo(sheet.Row(top + y));
            }

            top += strip.Height + Gap;
        }

        return sheet;
    }
}
