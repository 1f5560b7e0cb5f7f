namespace FcnSharp.Inference.Tiling;

/// <summary>How far a value's pixels lie apart: <paramref name="Pixels"/> of the image for each <paramref name="Steps"/> of its own, in lowest terms.</summary>
/// <param name="Pixels">Pixels of the image, at least 1.</param>
/// <param name="Steps">Pixels of the value on them; more than 1 where it is finer than the image.</param>
internal readonly record struct GridStride(long Pixels, long Steps)
{
    /// <summary>The image's own.</summary>
    public static GridStride Image { get; } = new(1, 1);

    /// <summary>Of a value that has one pixel for several of this one.</summary>
    public GridStride Times(int stride) => Reduced(Pixels * stride, Steps);

    /// <summary>Of a value that has several pixels for one of this one.</summary>
    public GridStride Over(int factor) => Reduced(Pixels, Steps * factor);

    /// <summary>The pixel of the value at a place of the image that is a multiple of <see cref="Pixels"/>.</summary>
    public long FromImage(int place) => place / Pixels * Steps;

    /// <summary>The place of the image that a pixel of the value begins at, rounded down.</summary>
    public long ToImage(int pixel) => pixel * Pixels / Steps;

    /// <summary>The greatest number that divides both.</summary>
    public static long GreatestDivisor(long a, long b) => b == 0 ? a : GreatestDivisor(b, a % b);

    private static GridStride Reduced(long pixels, long steps)
    {
        long divisor = GreatestDivisor(pixels, steps);
        return new(pixels / divisor, steps / divisor);
    }
}
