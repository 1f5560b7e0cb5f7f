using FcnSharp.Imaging;

namespace FcnSharp.Data.Transforms;

/// <summary>Turns the sample about its centre, its size kept: the image bilinear, the labels by nearest neighbour, what comes in void.</summary>
public sealed class Rotation : ISampleTransform
{
    private readonly double _degrees;

    /// <summary>Creates the transform.</summary>
    /// <param name="degrees">The farthest turn to either side in degrees, 0 to 180.</param>
    public Rotation(double degrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(degrees);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(degrees, 180);
        _degrees = degrees;
    }

    /// <inheritdoc/>
    public Sample Apply(Sample sample, TransformContext context)
    {
        ArgumentNullException.ThrowIfNull(sample);
        double angle = context.Range(0, -_degrees, _degrees) * (Math.PI / 180);
        (double cos, double sin) = (Coarse(Math.Cos(angle)), Coarse(Math.Sin(angle)));
        (int width, int height) = (sample.Image.Width, sample.Image.Height);
        (RgbImage image, LabelMap labels) = Canvas.Blank(width, height, context.IgnoreIndex);
        for (int y = 0; y < height; y++)
        {
            Span<byte> row = image.Row(y);
            Span<ushort> line = labels.Row(y);
            double dy = y + 0.5 - (0.5 * height);
            for (int x = 0; x < width; x++)
            {
                // Where this pixel's centre was before the turn, clockwise for a positive angle since rows go down.
                double dx = x + 0.5 - (0.5 * width);
                double u = (cos * dx) + (sin * dy) + (0.5 * width);
                double v = (cos * dy) - (sin * dx) + (0.5 * height);
                if (u >= 0 && v >= 0 && u < width && v < height)
                {
                    line[x] = sample.Labels.Row((int)v)[(int)u];
                    Interpolate(sample.Image, u - 0.5, v - 0.5, row.Slice(3 * x, 3));
                }
            }
        }

        return sample with { Image = image, Labels = labels };
    }

    /// <summary>Sine and cosine differ in the last bits between platforms; rounded to 2^-24 they agree.</summary>
    private static double Coarse(double value) => Math.Round(value * (1 << 24)) / (1 << 24);

    private static void Interpolate(RgbImage image, double x, double y, Span<byte> target)
    {
        (int x0, int y0) = ((int)Math.Floor(x), (int)Math.Floor(y));
        (double fx, double fy) = (x - x0, y - y0);
        ReadOnlySpan<byte> above = image.Row(Math.Clamp(y0, 0, image.Height - 1));
        ReadOnlySpan<byte> below = image.Row(Math.Clamp(y0 + 1, 0, image.Height - 1));
        (int left, int right) = (3 * Math.Clamp(x0, 0, image.Width - 1), 3 * Math.Clamp(x0 + 1, 0, image.Width - 1));
        for (int c = 0; c < 3; c++)
        {
            double top = above[left + c] + (fx * (above[right + c] - above[left + c]));
            double bottom = below[left + c] + (fx * (below[right + c] - below[left + c]));
            target[c] = (byte)(top + (fy * (bottom - top)) + 0.5);
        }
    }
}
