using System.Runtime.Intrinsics;
using FcnSharp.Formats;
using FcnSharp.Imaging;

namespace FcnSharp.Inference;

/// <summary>Turns an image into the values a net takes: channel planes, (pixel - mean) * scale.</summary>
public static class InputEncoder
{
    /// <summary>Pixels that are turned at once: one byte of each fills a vector.</summary>
    private const int Pixels = 16;

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
            for (int x = mirror ? 0 : EncodeVectors(row, colour, mean, scale, target); x < target.Length; x++)
            {
                int from = mirror ? width - 1 - x : x;
                target[x] = (row[3 * from + colour] - mean) * scale;
            }
        }
    }

    /// <summary>Writes one channel of a row, as far as there are whole vectors, and tells how many pixels these are.</summary>
    private static int EncodeVectors(ReadOnlySpan<byte> row, int colour, float mean, float scale, Span<float> target)
    {
        // Of 16 pixels, three vectors, each has every third byte; places that another one fills stay zero.
        Span<byte> places = stackalloc byte[3 * Pixels];
        places.Fill(byte.MaxValue);
        for (int x = 0; x < Pixels; x++)
        {
            int from = (3 * x) + colour;
            places[(from / Pixels * Pixels) + x] = (byte)(from % Pixels);
        }

        (Vector128<byte> first, Vector128<byte> second, Vector128<byte> third) = (Vector128.Create(places), Vector128.Create(places[Pixels..]), Vector128.Create(places[(2 * Pixels)..]));
        int done = 0;
        for (; done <= target.Length - Pixels; done += Pixels)
        {
            ReadOnlySpan<byte> from = row.Slice(3 * done, 3 * Pixels);
            Vector128<byte> values = Vector128.ShuffleNative(Vector128.Create(from), first)
                | Vector128.ShuffleNative(Vector128.Create(from[Pixels..]), second)
                | Vector128.ShuffleNative(Vector128.Create(from[(2 * Pixels)..]), third);
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(values);
            Span<float> to = target.Slice(done, Pixels);
            Encode(Vector128.WidenLower(low), mean, scale).CopyTo(to);
            Encode(Vector128.WidenUpper(low), mean, scale).CopyTo(to[4..]);
            Encode(Vector128.WidenLower(high), mean, scale).CopyTo(to[8..]);
            Encode(Vector128.WidenUpper(high), mean, scale).CopyTo(to[12..]);
        }

        return done;
    }

    private static Vector128<float> Encode(Vector128<uint> values, float mean, float scale) =>
        (Vector128.ConvertToSingle(values.AsInt32()) - Vector128.Create(mean)) * scale;
}
