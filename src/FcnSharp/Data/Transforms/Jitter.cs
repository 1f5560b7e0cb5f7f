namespace FcnSharp.Data.Transforms;

/// <summary>Shifts the sample by up to so many pixels in each direction, its size kept; what comes in is void. The paper's section on augmentation uses 32, the coarsest stride.</summary>
public sealed class Jitter : ISampleTransform
{
    private readonly int _pixels;

    /// <summary>Creates the transform.</summary>
    /// <param name="pixels">The farthest shift in pixels, from 0.</param>
    public Jitter(int pixels = 32)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pixels);
        _pixels = pixels;
    }

    /// <inheritdoc/>
    public Sample Apply(Sample sample, TransformContext context)
    {
        ArgumentNullException.ThrowIfNull(sample);
        int left = context.Below(0, (2 * _pixels) + 1) - _pixels;
        int top = context.Below(1, (2 * _pixels) + 1) - _pixels;
        return Canvas.Window(sample, left, top, sample.Image.Width, sample.Image.Height, context.IgnoreIndex);
    }
}
