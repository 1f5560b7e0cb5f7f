namespace FcnSharp.Imaging;

/// <summary>Shows numbers from 0 to 1 as heat: black, red, orange, yellow, white, ever brighter, so that it can be read without colours too.</summary>
public static class HeatColors
{
    private static readonly (float R, float G, float B)[] Stops = [(0, 0, 0), (96, 0, 40), (196, 40, 16), (248, 136, 0), (255, 220, 64), (255, 255, 240)];

    /// <summary>The colour of a number; what is below 0 or above 1 is shown as 0 or 1.</summary>
    public static (byte R, byte G, byte B) Of(float value)
    {
        float at = Math.Clamp(float.IsNaN(value) ? 0 : value, 0, 1) * (Stops.Length - 1);
        int below = Math.Min((int)at, Stops.Length - 2);
        float share = at - below;
        byte Mix(float from, float to) => (byte)MathF.Round(from + share * (to - from));
        ((float R, float G, float B) a, (float R, float G, float B) b) = (Stops[below], Stops[below + 1]);
        return (Mix(a.R, b.R), Mix(a.G, b.G), Mix(a.B, b.B));
    }

    /// <summary>A picture of the numbers.</summary>
    /// <param name="values">height x width numbers, row by row.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <exception cref="ArgumentException">Another count of numbers.</exception>
    public static RgbImage Draw(ReadOnlySpan<float> values, int width, int height)
    {
        var picture = new RgbImage(width, height);
        CheckCount(values, picture);
        for (int i = 0; i < values.Length; i++)
        {
            (picture.Pixels[3 * i], picture.Pixels[3 * i + 1], picture.Pixels[3 * i + 2]) = Of(values[i]);
        }

        return picture;
    }

    /// <summary>The image with the heat over it: where it is cold the image alone, where it is hot mostly colour.</summary>
    /// <param name="image">The image.</param>
    /// <param name="values">As many numbers as it has pixels, row by row.</param>
    /// <exception cref="ArgumentException">Another count of numbers.</exception>
    public static RgbImage Overlay(RgbImage image, ReadOnlySpan<float> values)
    {
        const float Strongest = 0.7f;
        ArgumentNullException.ThrowIfNull(image);
        CheckCount(values, image);
        var picture = new RgbImage(image.Width, image.Height);
        for (int i = 0; i < values.Length; i++)
        {
            float heat = Math.Clamp(float.IsNaN(values[i]) ? 0 : values[i], 0, 1);
            float share = 1 - Strongest * heat;
            (byte r, byte g, byte b) = Of(heat);
            picture.Pixels[3 * i] = Blend(image.Pixels[3 * i], r, share);
            picture.Pixels[3 * i + 1] = Blend(image.Pixels[3 * i + 1], g, share);
            picture.Pixels[3 * i + 2] = Blend(image.Pixels[3 * i + 2], b, share);
        }

        return picture;
    }

    private static byte Blend(byte image, byte heat, float share) => (byte)MathF.Round(share * image + (1 - share) * heat);

    private static void CheckCount(ReadOnlySpan<float> values, RgbImage picture)
    {
        if (values.Length != picture.Width * picture.Height)
        {
            throw new ArgumentException($"A picture of {picture.Width}x{picture.Height} needs {picture.Width * picture.Height} numbers, found {values.Length}.", nameof(values));
        }
    }
}
