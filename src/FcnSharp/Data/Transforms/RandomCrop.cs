namespace FcnSharp.Data.Transforms;

/// <summary>
/// Cuts a window of a fixed size at a random place, so that samples of any sizes make a batch. Where the sample is smaller it
/// lies at a random place in the window, among void.
/// </summary>
public sealed class RandomCrop : ISampleTransform
{
    private readonly int _width;
    private readonly int _height;

    /// <summary>Creates the transform.</summary>
    /// <param name="width">The window's width in pixels, from 1.</param>
    /// <param name="height">The window's height in pixels, from 1.</param>
    public RandomCrop(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        (_width, _height) = (width, height);
    }

    /// <inheritdoc/>
    public Sample Apply(Sample sample, TransformContext context)
    {
        ArgumentNullException.ThrowIfNull(sample);
        int left = Place(context, 0, sample.Image.Width - _width);
        int top = Place(context, 1, sample.Image.Height - _height);
        return Canvas.Window(sample, left, top, _width, _height, context.IgnoreIndex);
    }

    private static int Place(TransformContext context, int draw, int room) => Math.Sign(room) * context.Below(draw, Math.Abs(room) + 1);
}
