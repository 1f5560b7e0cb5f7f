using FcnSharp.Imaging;

namespace FcnSharp.Data.Transforms;

/// <summary>
/// Changes brightness (a factor on all values), contrast (a factor on the distance to the mean grey) and saturation (a factor on the
/// distance to the pixel's own grey), in this order, each factor uniform from 1 - strength to 1 + strength. Labels stay.
/// </summary>
public sealed class ColourJitter : ISampleTransform
{
    private readonly double _brightness;
    private readonly double _contrast;
    private readonly double _saturation;

    /// <summary>Creates the transform.</summary>
    /// <param name="brightness">Strength, 0 to 1.</param>
    /// <param name="contrast">Strength, 0 to 1.</param>
    /// <param name="saturation">Strength, 0 to 1.</param>
    public ColourJitter(double brightness = 0.3, double contrast = 0.3, double saturation = 0.3)
    {
        foreach (double strength in (double[])[brightness, contrast, saturation])
        {
            ArgumentOutOfRangeException.ThrowIfNegative(strength);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(strength, 1);
        }

        (_brightness, _contrast, _saturation) = (brightness, contrast, saturation);
    }

    /// <inheritdoc/>
    public Sample Apply(Sample sample, TransformContext context)
    {
        ArgumentNullException.ThrowIfNull(sample);
        float brightness = (float)context.Range(0, 1 - _brightness, 1 + _brightness);
        float contrast = (float)context.Range(1, 1 - _contrast, 1 + _contrast);
        float saturation = (float)context.Range(2, 1 - _saturation, 1 + _saturation);
        byte[] source = sample.Image.Pixels;
        float mean = brightness * MeanGrey(source);
        RgbImage image = new(sample.Image.Width, sample.Image.Height);
        byte[] target = image.Pixels;
        for (int i = 0; i < source.Length; i += 3)
        {
            float r = Contrast(source[i]);
            float g = Contrast(source[i + 1]);
            float b = Contrast(source[i + 2]);
            float grey = Grey(r, g, b);
            target[i] = Byte(grey + (saturation * (r - grey)));
            target[i + 1] = Byte(grey + (saturation * (g - grey)));
            target[i + 2] = Byte(grey + (saturation * (b - grey)));
        }

        return sample with { Image = image };

        float Contrast(byte value) => mean + (contrast * ((brightness * value) - mean));
    }

    /// <summary>Luma of ITU-R BT.601.</summary>
    private static float Grey(float r, float g, float b) => (0.299f * r) + (0.587f * g) + (0.114f * b);

    private static float MeanGrey(byte[] pixels)
    {
        // Whole sums, so that nothing depends on an order.
        (long r, long g, long b) = (0, 0, 0);
        for (int i = 0; i < pixels.Length; i += 3)
        {
            (r, g, b) = (r + pixels[i], g + pixels[i + 1], b + pixels[i + 2]);
        }

        float count = pixels.Length / 3;
        return Grey(r / count, g / count, b / count);
    }

    private static byte Byte(float value) => (byte)Math.Clamp(value + 0.5f, 0, 255);
}
