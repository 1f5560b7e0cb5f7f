using FcnSharp.Formats;
using FcnSharp.Imaging;

namespace FcnSharp.Inference;

/// <summary>Turns an image into the values a net takes: channel planes, (pixel - mean) * scale.</summary>
public static class InputEncoder
{
    /// <summary>Writes one image.</summary>
    /// <param name="image">The image, H x W.</param>
    /// <param name="preprocessing">Channel order, means and scales.</param>
    /// <param name="planes">Receives [3, H, W].</param>
    /// <param name="mirror">Whether left and right are swapped.</param>
    /// <exception cref="ArgumentException">The span has not 3 * H * W elements.</exception>
    public static void Encode(RgbImage image, Preprocessing preprocessing, Span<float> planes, bool mirror = false)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(preprocessing);
        int plane = image.Width * image.Height;
        if (planes.Length != 3L * plane)
        {
            throw new ArgumentException($"An image of {image.Width}x{image.Height} gives {3L * plane} values, found room for {planes.Length}.", nameof(planes));
        }

        for (int y = 0; y < image.Height; y++)
        {
            EncodeRow(image.Row(y), preprocessing, planes[(y * image.Width)..], plane, mirror);
        }
    }

    /// <summary>Writes one row of an image, or a part of it, of which only the row is at hand.</summary>
    /// <param name="row">Three bytes R, G, B a pixel.</param>
    /// <param name="preprocessing">Channel order, means and scales.</param>
    /// <param name="planes">Receives the row's pixels of each channel, from where the row begins in the first plane.</param>
    /// <param name="plane">How far the planes lie apart.</param>
    /// <param name="mirror">Whether left and right are swapped.</param>
    internal static void EncodeRow(ReadOnlySpan<byte> row, Preprocessing preprocessing, Span<float> planes, int plane, bool mirror = false)
    {
        int width = row.Length / 3;
        for (int c = 0; c < 3; c++)
        {
            int colour = preprocessing.Order == ChannelOrder.Rgb ? c : 2 - c;
            float mean = preprocessing.Mean[c];
            float scale = preprocessing.Scale[c];
            Span<float> target = planes.Slice(c * plane, width);
            for (int x = 0; x < target.Length; x++)
            {
                int from = mirror ? width - 1 - x : x;
                target[x] = (row[3 * from + colour] - mean) * scale;
            }
        }
    }
}
