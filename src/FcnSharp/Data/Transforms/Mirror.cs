using FcnSharp.Imaging;

namespace FcnSharp.Data.Transforms;

/// <summary>Swaps left and right, half of the time.</summary>
/// <param name="probability">How often, 0 to 1.</param>
public sealed class Mirror(double probability = 0.5) : ISampleTransform
{
    /// <inheritdoc/>
    public Sample Apply(Sample sample, TransformContext context)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (context.Uniform(0) >= probability)
        {
            return sample;
        }

        LabelMap labels = new(sample.Labels.Width, sample.Labels.Height, (ushort[])sample.Labels.Labels.Clone());
        for (int y = 0; y < labels.Height; y++)
        {
            labels.Row(y).Reverse();
        }

        return sample with { Image = ImageOrientation.Mirror.Apply(sample.Image), Labels = labels };
    }
}
