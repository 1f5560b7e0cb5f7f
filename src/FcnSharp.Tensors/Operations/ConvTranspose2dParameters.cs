namespace FcnSharp.Tensors.Operations;

/// <summary>
/// The geometry of a 2-D transposed convolution ("deconvolution", backwards strided convolution): the data gradient of the
/// convolution with the same numbers. Each input pixel adds weight[i, o, ky, kx] * input[n, i, y, x] to
/// output[n, o, y * stride - padding + ky * dilation, ...]. Weights are [C_in, C_out / groups, kH, kW].
/// </summary>
/// <param name="KernelHeight">Height of the kernel, at least 1.</param>
/// <param name="KernelWidth">Width of the kernel, at least 1.</param>
public sealed record ConvTranspose2dParameters(int KernelHeight, int KernelWidth)
{
    /// <summary>Rows between the places of two input rows in the output, at least 1.</summary>
    public int StrideHeight { get; init; } = 1;

    /// <summary>Columns between the places of two input columns in the output, at least 1.</summary>
    public int StrideWidth { get; init; } = 1;

    /// <summary>Rows cut off above and below the output.</summary>
    public int PaddingHeight { get; init; }

    /// <summary>Columns cut off left and right of the output.</summary>
    public int PaddingWidth { get; init; }

    /// <summary>Rows between two taps of the kernel; 1 is dense.</summary>
    public int DilationHeight { get; init; } = 1;

    /// <summary>Columns between two taps of the kernel; 1 is dense.</summary>
    public int DilationWidth { get; init; } = 1;

    /// <summary>Number of groups; each feeds its own C_out / groups output channels.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Rows added below the output, less than stride or dilation: several input sizes give one convolution output size, and this picks which.</summary>
    public int OutputPaddingHeight { get; init; }

    /// <summary>Columns added right of the output, less than stride or dilation.</summary>
    public int OutputPaddingWidth { get; init; }

    /// <summary>The convolution whose data gradient this is.</summary>
    public Conv2dParameters Convolution => new(KernelHeight, KernelWidth)
    {
        StrideHeight = StrideHeight,
        StrideWidth = StrideWidth,
        PaddingHeight = PaddingHeight,
        PaddingWidth = PaddingWidth,
        DilationHeight = DilationHeight,
        DilationWidth = DilationWidth,
        Groups = Groups,
    };

    /// <summary>A square kernel with the same stride, padding and dilation on both axes.</summary>
    public static ConvTranspose2dParameters Square(int kernelSize, int stride = 1, int padding = 0, int dilation = 1, int groups = 1, int outputPadding = 0) =>
        new(kernelSize, kernelSize)
        {
            StrideHeight = stride,
            StrideWidth = stride,
            PaddingHeight = padding,
            PaddingWidth = padding,
            DilationHeight = dilation,
            DilationWidth = dilation,
            Groups = groups,
            OutputPaddingHeight = outputPadding,
            OutputPaddingWidth = outputPadding,
        };

    /// <summary>The weight's shape [inChannels, outChannels / groups, kH, kW].</summary>
    /// <exception cref="FcnSharpException">The groups do not divide the channels, or a parameter is out of range.</exception>
    public Shape WeightShape(int inChannels, int outChannels)
    {
        ConvolutionGeometry.Check(Convolution);
        ConvolutionGeometry.CheckGroups(Groups, inChannels, outChannels);
        return new Shape(inChannels, outChannels / Groups, KernelHeight, KernelWidth);
    }

    /// <summary>The output's shape for an input [N, C_in, H, W] and a weight [C_in, C_out / groups, kH, kW].</summary>
    /// <exception cref="FcnSharpException">The padding cuts the whole output away, or the channels do not fit.</exception>
    public Shape OutputShape(Shape input, Shape weight)
    {
        int outChannels = weight.C * Groups;
        if (WeightShape(input.C, outChannels) != weight)
        {
            throw new FcnSharpException($"An input of {input.C} channels needs weights of shape {WeightShape(input.C, outChannels)}, found {weight}.");
        }

        return new Shape(
            input.N,
            outChannels,
            OutputSize("rows", input.H, KernelHeight, StrideHeight, PaddingHeight, DilationHeight, OutputPaddingHeight),
            OutputSize("columns", input.W, KernelWidth, StrideWidth, PaddingWidth, DilationWidth, OutputPaddingWidth));
    }

    private static int OutputSize(string axis, int input, int kernel, int stride, int padding, int dilation, int outputPadding)
    {
        if (outputPadding < 0 || outputPadding >= Math.Max(stride, dilation))
        {
            throw new FcnSharpException($"The output padding must be at least 0 and less than the stride {stride} or the dilation {dilation}, found {outputPadding}.");
        }

        long padded = (long)(input - 1) * stride + (long)dilation * (kernel - 1) + 1 + outputPadding;
        ConvolutionGeometry.CheckLength(axis, padded);
        long size = padded - 2L * padding;
        return size >= 1
            ? (int)size
            : throw new FcnSharpException($"A transposed convolution of kernel {kernel}, stride {stride}, padding {padding} gives {size} {axis} from {input}; at least 1 is needed.");
    }
}
