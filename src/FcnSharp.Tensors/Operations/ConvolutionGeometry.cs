namespace FcnSharp.Tensors.Operations;

/// <summary>The checks and the output-size formula that convolutions share.</summary>
internal static class ConvolutionGeometry
{
    /// <summary>
    /// The longest padded axis: places in it, with a kernel's extent added, are computed with 32 bits, and nothing of that
    /// size fits into memory anyway.
    /// </summary>
    private const long LongestAxis = 1 << 29;

    /// <summary>Output size along one axis: floor((input + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.</summary>
    public static int OutputSize(string axis, int input, int kernel, int stride, int padding, int dilation)
    {
        long extent = (long)dilation * (kernel - 1) + 1;
        long padded = input + 2L * padding;
        if (extent > padded)
        {
            throw new FcnSharpException($"The kernel covers {extent} {axis}, but the padded input has {padded} (input {input}, padding {padding}): use a larger image, a smaller kernel or more padding.");
        }

        CheckLength(axis, padded);
        return (int)((padded - extent) / stride) + 1;
    }

    /// <summary>Refuses an axis on which a kernel could not compute places with 32 bits.</summary>
    public static void CheckLength(string axis, long padded)
    {
        if (padded > LongestAxis)
        {
            throw new FcnSharpException($"The padded image would have {padded} {axis}; at most {LongestAxis} are supported: check stride, padding and dilation.");
        }
    }

    public static void Check(Conv2dParameters p)
    {
        AtLeast(1, p.KernelHeight, "kernel height");
        AtLeast(1, p.KernelWidth, "kernel width");
        AtLeast(1, p.StrideHeight, "stride");
        AtLeast(1, p.StrideWidth, "stride");
        AtLeast(0, p.PaddingHeight, "padding");
        AtLeast(0, p.PaddingWidth, "padding");
        AtLeast(1, p.DilationHeight, "dilation");
        AtLeast(1, p.DilationWidth, "dilation");
        AtLeast(1, p.Groups, "number of groups");
    }

    public static void CheckGroups(int groups, int inChannels, int outChannels)
    {
        if (inChannels % groups != 0 || outChannels % groups != 0)
        {
            throw new FcnSharpException($"{groups} groups must divide both the {inChannels} input and the {outChannels} output channels.");
        }
    }

    public static void AtLeast(int minimum, int value, string what)
    {
        if (value < minimum)
        {
            throw new FcnSharpException($"The {what} must be at least {minimum}, found {value}.");
        }
    }
}
