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

        for (int c = 0; c < 3; c++)
        {
            int colour = preprocessing.Order == ChannelOrder.Rgb ? c : 2 - c;
            float mean = preprocessing.Mean[c];
            float scale = preprocessing.Scale[c];
            for (int y = 0; y < image.Height; y++)
            {
                ReadOnlySpan<byte> row = image.Row(y);
                Span<float> target = planes.Slice(c * plane + y * image.Width, image.Width);
                for (int x = 0; x < target.Length; x++)
                {
                    int from = mirror ? image.Width - 1 - x : x;
                    target[x] = (row[3 * from + colour] - mean) * scale;
                }
            }
        }
    }
}
