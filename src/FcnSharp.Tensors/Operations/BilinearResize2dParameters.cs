namespace FcnSharp.Tensors.Operations;

/// <summary>
/// The geometry of a bilinear resize, as PyTorch defines it (<c>torch.nn.functional.interpolate</c>, mode bilinear, no
/// antialiasing): output pixel d of an axis lies at the input coordinate s = d * (in - 1) / (out - 1) with aligned corners and
/// at s = max((d + 1/2) * in / out - 1/2, 0) with half-pixel centres; the two pixels beside s are mixed.
/// One of size, factor and second input says how large the output is.
/// </summary>
/// <param name="AlignCorners">Whether the centres of the corner pixels coincide; else the corners of the images do.</param>
public sealed record BilinearResize2dParameters(bool AlignCorners = false)
{
    /// <summary>Rows of the output; 0 when a factor or a second input decides.</summary>
    public int Height { get; init; }

    /// <summary>Columns of the output; 0 when a factor or a second input decides.</summary>
    public int Width { get; init; }

    /// <summary>Output pixels per input pixel along each axis; 0 when a size or a second input decides.</summary>
    public int Factor { get; init; }

    /// <summary>Whether a second input, of which only the size is read, decides.</summary>
    public bool IsLikeSecondInput => Height == 0 && Width == 0 && Factor == 0;

    /// <summary>To an output of a given size.</summary>
    public static BilinearResize2dParameters ToSize(int height, int width, bool alignCorners = false)
    {
        ConvolutionGeometry.AtLeast(1, height, "resize height");
        ConvolutionGeometry.AtLeast(1, width, "resize width");
        return new(alignCorners) { Height = height, Width = width };
    }

    /// <summary>To a whole multiple of the input's size.</summary>
    public static BilinearResize2dParameters ByFactor(int factor, bool alignCorners = false)
    {
        ConvolutionGeometry.AtLeast(1, factor, "resize factor");
        return new(alignCorners) { Factor = factor };
    }

    /// <summary>To the size of a second input.</summary>
    public static BilinearResize2dParameters LikeSecondInput(bool alignCorners = false) => new(alignCorners);

    /// <summary>The output's shape for an input [N, C, H, W].</summary>
    /// <param name="input">What is resized.</param>
    /// <param name="like">The second input's shape, where it decides.</param>
    /// <exception cref="FcnSharpException">A number is out of range, or several say the size.</exception>
    public Shape OutputShape(Shape input, Shape? like = null)
    {
        if (IsLikeSecondInput)
        {
            return like is { } shape
                ? new Shape(input.N, input.C, shape.H, shape.W)
                : throw new FcnSharpException("The resize has neither a size nor a factor: give one, or a second input of the wanted size.");
        }

        if (Factor != 0)
        {
            if (Height != 0 || Width != 0)
            {
                throw new FcnSharpException($"The resize has both a factor of {Factor} and a size of {Height}x{Width}: give one of them.");
            }

            ConvolutionGeometry.AtLeast(1, Factor, "resize factor");
            return new Shape(input.N, input.C, Multiple(input.H, "rows"), Multiple(input.W, "columns"));
        }

        ConvolutionGeometry.AtLeast(1, Height, "resize height");
        ConvolutionGeometry.AtLeast(1, Width, "resize width");
        return new Shape(input.N, input.C, Height, Width);
    }

    /// <summary>
    /// The input pixels that an output pixel mixes: (1 - fraction) of the first and fraction of the one after it, or of the
    /// first itself where it is the last. Computed from whole numbers, so the coordinate is exact and only the fraction is rounded.
    /// </summary>
    /// <param name="position">The output pixel.</param>
    /// <param name="input">Pixels of the input's axis.</param>
    /// <param name="output">Pixels of the output's axis.</param>
    /// <param name="alignCorners">See <see cref="AlignCorners"/>.</param>
    internal static (int First, double Fraction) Source(int position, int input, int output, bool alignCorners)
    {
        long numerator = alignCorners ? (long)position * (input - 1) : Math.Max(((2L * position) + 1) * input - output, 0);
        long denominator = alignCorners ? Math.Max(output - 1, 1) : 2L * output;
        long first = numerator / denominator;
        return ((int)first, first >= input - 1 ? 0 : (double)(numerator % denominator) / denominator);
    }

    private int Multiple(int input, string axis)
    {
        long size = (long)input * Factor;
        ConvolutionGeometry.CheckLength(axis, size);
        return (int)size;
    }
}
