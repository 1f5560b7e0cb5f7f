using System.Runtime.Intrinsics;
using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>Pictures that show labels: over the image, against the truth, and side by side.</summary>
public static class Overlay
{
    /// <summary>What a colour adds to a vector of bytes that begins at any of its three.</summary>
    private const int AddedColors = 18;

    /// <summary>A correct pixel: a quiet dark green-grey.</summary>
    public static (byte R, byte G, byte B) Correct { get; } = (52, 72, 64);

    /// <summary>A wrong pixel: vermilion, which stands out from <see cref="Correct"/> by its brightness too, so that the colour-blind see it.</summary>
    public static (byte R, byte G, byte B) Wrong { get; } = (255, 72, 32);

    /// <summary>
    /// The image with the labels' colours over it. Pixels of the void label keep the image as it is; labels beyond the palette
    /// start again at its first colour.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="labels">Labels of the same size.</param>
    /// <param name="palette">The labels' colours.</param>
    /// <param name="opacity">0 (the image alone) to 1 (the colours alone).</param>
    /// <param name="voidLabel">The label to leave out; -1 for none.</param>
    /// <exception cref="FcnSharpException">The sizes differ, or the opacity is not in 0 to 1.</exception>
    public static RgbImage Blend(RgbImage image, LabelMap labels, Palette palette, double opacity, int voidLabel = -1)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(palette);
        CheckSizes("The labels", labels.Width, labels.Height, "the image", image.Width, image.Height);
        int share = Share(opacity);
        RgbImage result = new(image.Width, image.Height);
        Blend(image.Pixels, labels.Labels, palette, share, voidLabel, result.Pixels);
        return result;
    }

    /// <summary>An opacity from 0 to 1 as 16-bit fixed point, which is exact at both ends and rounds to nearest in between.</summary>
    /// <exception cref="FcnSharpException">It is not in 0 to 1.</exception>
    internal static int Share(double opacity) => opacity >= 0 && opacity <= 1
        ? (int)Math.Round(opacity * 65536)
        : throw new FcnSharpException(FormattableString.Invariant($"The opacity of an overlay is from 0 to 1, found {opacity}."));

    /// <summary>Lays the colours of some pixels' labels over them.</summary>
    /// <param name="image">R, G, B of each pixel.</param>
    /// <param name="labels">A label for each.</param>
    /// <param name="palette">The labels' colours.</param>
    /// <param name="share">The colours' share, from <see cref="Share"/>.</param>
    /// <param name="voidLabel">The label to leave out; -1 for none.</param>
    /// <param name="result">Receives R, G, B of each pixel.</param>
    internal static void Blend(ReadOnlySpan<byte> image, ReadOnlySpan<ushort> labels, Palette palette, int share, int voidLabel, Span<byte> result)
    {
        // Neighbours mostly have one label, and what its colour adds is the same for all of them.
        ReadOnlySpan<byte> colors = palette.Bytes;
        Span<int> added = stackalloc int[AddedColors];
        while (!labels.IsEmpty)
        {
            int label = labels[0];
            int pixels = labels.IndexOfAnyExcept(labels[0]);
            pixels = pixels < 0 ? labels.Length : pixels;
            ReadOnlySpan<byte> from = image[..(3 * pixels)];
            if (label == voidLabel)
            {
                from.CopyTo(result);
            }
            else
            {
                ReadOnlySpan<byte> color = colors.Slice(3 * (label < palette.Count ? label : label % palette.Count), 3);
                for (int i = 0; i < added.Length; i++)
                {
                    added[i] = (color[i % 3] * share) + 32768;
                }

                Blend(from, added, 65536 - share, result);
            }

            image = image[(3 * pixels)..];
            labels = labels[pixels..];
            result = result[(3 * pixels)..];
        }
    }

    /// <summary>Lays one colour over pixels.</summary>
    private static void Blend(ReadOnlySpan<byte> from, ReadOnlySpan<int> added, int kept, Span<byte> to)
    {
        int i = 0;
        for (; i <= from.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            // A vector begins at any of a pixel's three bytes.
            ReadOnlySpan<int> color = added[(i % 3)..];
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Create(from[i..]));
            Vector128<ushort> first = Vector128.Narrow(Blend(Vector128.WidenLower(low), color, kept), Blend(Vector128.WidenUpper(low), color[4..], kept));
            Vector128<ushort> second = Vector128.Narrow(Blend(Vector128.WidenLower(high), color[8..], kept), Blend(Vector128.WidenUpper(high), color[12..], kept));
            Vector128.Narrow(first, second).CopyTo(to[i..]);
        }

        for (; i < from.Length; i++)
        {
            to[i] = (byte)(((from[i] * kept) + added[i % 3]) >> 16);
        }
    }

    private static Vector128<uint> Blend(Vector128<uint> from, ReadOnlySpan<int> added, int kept) =>
        ((from * (uint)kept) + Vector128.Create(added).AsUInt32()) >>> 16;

    /// <summary>Where a prediction is wrong: <see cref="Correct"/>, <see cref="Wrong"/>, and black where the truth is void.</summary>
    /// <param name="truth">The true labels.</param>
    /// <param name="prediction">The predicted labels, of the same size.</param>
    /// <param name="voidLabel">The label of the truth that does not count; -1 for none.</param>
    /// <exception cref="FcnSharpException">The sizes differ.</exception>
    public static RgbImage Errors(LabelMap truth, LabelMap prediction, int voidLabel)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(prediction);
        CheckSizes("The prediction", prediction.Width, prediction.Height, "the truth", truth.Width, truth.Height);
        RgbImage result = new(truth.Width, truth.Height);
        byte[] pixels = result.Pixels;
        for (int i = 0; i < truth.Labels.Length; i++)
        {
            if (truth.Labels[i] != voidLabel)
            {
                (pixels[3 * i], pixels[(3 * i) + 1], pixels[(3 * i) + 2]) = truth.Labels[i] == prediction.Labels[i] ? Correct : Wrong;
            }
        }

        return result;
    }

    /// <summary>A prediction beside its truth: image | truth | prediction | errors.</summary>
    /// <param name="image">The image.</param>
    /// <param name="truth">The true labels, of the same size.</param>
    /// <param name="prediction">The predicted labels, of the same size.</param>
    /// <param name="palette">The labels' colours.</param>
    /// <param name="voidLabel">The label of the truth that does not count; -1 for none.</param>
    /// <exception cref="FcnSharpException">The sizes differ, or the pictures together are too large to hold at once.</exception>
    public static RgbImage Comparison(RgbImage image, LabelMap truth, LabelMap prediction, Palette palette, int voidLabel) => Panels(
        [
            image,
            Blend(image, truth, palette, 0.7, voidLabel),
            Blend(image, prediction, palette, 0.7),
            Errors(truth, prediction, voidLabel),
        ],
        gap: 4);

    /// <summary>Pictures side by side, tops aligned, with white between and below them.</summary>
    /// <param name="panels">The pictures from left to right; at least one.</param>
    /// <param name="gap">White pixels between two of them, from 0.</param>
    /// <exception cref="FcnSharpException">No picture, or together they are too large to hold at once.</exception>
    public static RgbImage Panels(IReadOnlyList<RgbImage> panels, int gap)
    {
        ArgumentNullException.ThrowIfNull(panels);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        if (panels.Count == 0)
        {
            throw new FcnSharpException("Panels need at least one picture, found none.");
        }

        long width = panels.Sum(panel => (long)panel.Width) + ((long)gap * (panels.Count - 1));
        RgbImage result = new((int)Math.Min(width, int.MaxValue), panels.Max(panel => panel.Height));
        result.Pixels.AsSpan().Fill(byte.MaxValue);
        int left = 0;
        foreach (RgbImage panel in panels)
        {
            for (int y = 0; y < panel.Height; y++)
            {
                panel.Row(y).CopyTo(result.Row(y)[(3 * left)..]);
            }

            left += panel.Width + gap;
        }

        return result;
    }

    private static void CheckSizes(string what, int width, int height, string than, int expectedWidth, int expectedHeight)
    {
        if (width != expectedWidth || height != expectedHeight)
        {
            throw new FcnSharpException($"{what} of {width}x{height} pixels should have the size of {than}, {expectedWidth}x{expectedHeight}; give files that belong together.");
        }
    }
}
