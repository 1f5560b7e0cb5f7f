namespace FcnSharp.Tensors.Operations;

/// <summary>
/// The geometry of a 2-D convolution (cross-correlation, as the field calls it):
/// output[n, o, y, x] = bias[o] + sum over i, ky, kx of weight[o, i, ky, kx] * input[n, i, y * stride - padding + ky * dilation, ...],
/// where pixels outside of the input count as 0. Weights are [C_out, C_in / groups, kH, kW].
/// </summary>
/// <param name="KernelHeight">Height of the kernel, at least 1.</param>
/// <param name="KernelWidth">Width of the kernel, at least 1.</param>
public sealed record Conv2dParameters(int KernelHeight, int KernelWidth)
{
    /// <summary>Rows between two applications of the kernel, at least 1.</summary>
    public int StrideHeight { get; init; } = 1;

    /// <summary>Columns between two applications of the kernel, at least 1.</summary>
    public int StrideWidth { get; init; } = 1;

    /// <summary>Zero rows added above and below the input.</summary>
    public int PaddingHeight { get; init; }

    /// <summary>Zero columns added left and right of the input.</summary>
    public int PaddingWidth { get; init; }

    /// <summary>Rows between two taps of the kernel; 1 is dense.</summary>
    public int DilationHeight { get; init; } = 1;

    /// <summary>Columns between two taps of the kernel; 1 is dense.</summary>
    public int DilationWidth { get; init; } = 1;

    /// <summary>Number of groups; each sees its own C_in / groups input channels.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>A square kernel with the same stride, padding and dilation on both axes.</summary>
    public static Conv2dParameters Square(int kernelSize, int stride = 1, int padding = 0, int dilation = 1, int groups = 1) =>
        new(kernelSize, kernelSize)
        {
            StrideHeight = stride,
            StrideWidth = stride,
            PaddingHeight = padding,
            PaddingWidth = padding,
            DilationHeight = dilation,
            DilationWidth = dilation,
            Groups = groups,
        };

    /// <summary>The weight's shape [outChannels, inChannels / groups, kH, kW].</summary>
    /// <exception cref="FcnSharpException">The groups do not divide the channels, or a parameter is out of range.</exception>
    public Shape WeightShape(int inChannels, int outChannels)
    {
        ConvolutionGeometry.Check(this);
        ConvolutionGeometry.CheckGroups(Groups, inChannels, outChannels);
        return new Shape(outChannels, inChannels / Groups, KernelHeight, KernelWidth);
    }

    /// <summary>The output's shape for an input [N, C_in, H, W] and a weight [C_out, C_in / groups, kH, kW].</summary>
    /// <exception cref="FcnSharpException">The kernel is larger than the padded input, or the channels do not fit.</exception>
    public Shape OutputShape(Shape input, Shape weight)
    {
        if (WeightShape(input.C, weight.N) != weight)
        {
            throw new FcnSharpException($"An input of {input.C} channels needs weights of shape {WeightShape(input.C, weight.N)}, found {weight}.");
        }

        return new Shape(
            input.N,
            weight.N,
            ConvolutionGeometry.OutputSize("rows", input.H, KernelHeight, StrideHeight, PaddingHeight, DilationHeight),
            ConvolutionGeometry.OutputSize("columns", input.W, KernelWidth, StrideWidth, PaddingWidth, DilationWidth));
    }
}
