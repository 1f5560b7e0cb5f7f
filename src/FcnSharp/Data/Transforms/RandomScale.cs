using FcnSharp.Imaging;

namespace FcnSharp.Data.Transforms;

/// <summary>Makes the sample smaller or larger, width and height alike: the image by the antialiased filter, the labels by nearest neighbour.</summary>
public sealed class RandomScale : ISampleTransform
{
    private readonly double _min;
    private readonly double _max;

    /// <summary>Creates the transform; the logarithm of the factor is uniform, so that half and double are as likely.</summary>
    /// <param name="min">The least factor, above 0.</param>
    /// <param name="max">The greatest factor, at most 16.</param>
    public RandomScale(double min, double max)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(min);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, 16);
        (_min, _max) = (min, max);
    }

    /// <inheritdoc/>
    public Sample Apply(Sample sample, TransformContext context)
    {
        ArgumentNullException.ThrowIfNull(sample);
        double factor = _min * Math.Pow(_max / _min, context.Uniform(0));
        int width = Math.Max(1, (int)Math.Round(sample.Image.Width * factor));
        int height = Math.Max(1, (int)Math.Round(sample.Image.Height * factor));
        return width == sample.Image.Width && height == sample.Image.Height
            ? sample
            : sample with { Image = Resize.Image(sample.Image, width, height), Labels = Resize.Labels(sample.Labels, width, height) };
    }
}
