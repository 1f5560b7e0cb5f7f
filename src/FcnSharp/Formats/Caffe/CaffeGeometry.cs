using System.Globalization;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Formats.Caffe;

/// <summary>Windows of convolutions and poolings as Caffe says them: one number for both axes, two numbers, or a field an axis.</summary>
internal static class CaffeGeometry
{
    private static readonly HashSet<string> ConvolutionFields =
    [
        "num_output", "bias_term", "pad", "pad_h", "pad_w", "kernel_size", "kernel_h", "kernel_w", "group", "stride", "stride_h", "stride_w",
        "dilation", "weight_filler", "bias_filler", "engine", "axis", "force_nd_im2col",
    ];

    private static readonly HashSet<string> PoolingFields =
    [
        "pool", "pad", "pad_h", "pad_w", "kernel_size", "kernel_h", "kernel_w", "stride", "stride_h", "stride_w", "engine", "global_pooling", "round_mode",
    ];

    /// <summary>The numbers of a convolution.</summary>
    public static Conv2dParameters Convolution(PrototxtMessage p)
    {
        p.ExpectOnly("convolution_param", ConvolutionFields);
        Axis(p, 1);
        (int kernelHeight, int kernelWidth) = Pair(p, "kernel_size", "kernel_h", "kernel_w", null);
        (int strideHeight, int strideWidth) = Pair(p, "stride", "stride_h", "stride_w", 1);
        (int padHeight, int padWidth) = Pair(p, "pad", "pad_h", "pad_w", 0);
        (int dilationHeight, int dilationWidth) = Pair(p, "dilation", null, null, 1);
        return new Conv2dParameters(kernelHeight, kernelWidth)
        {
            StrideHeight = strideHeight,
            StrideWidth = strideWidth,
            PaddingHeight = padHeight,
            PaddingWidth = padWidth,
            DilationHeight = dilationHeight,
            DilationWidth = dilationWidth,
            Groups = p.Integer("group", 1),
        };
    }

    /// <summary>The numbers of a transposed convolution, which Caffe says as those of the convolution.</summary>
    public static ConvTranspose2dParameters Deconvolution(PrototxtMessage p)
    {
        Conv2dParameters c = Convolution(p);
        return new ConvTranspose2dParameters(c.KernelHeight, c.KernelWidth)
        {
            StrideHeight = c.StrideHeight,
            StrideWidth = c.StrideWidth,
            PaddingHeight = c.PaddingHeight,
            PaddingWidth = c.PaddingWidth,
            DilationHeight = c.DilationHeight,
            DilationWidth = c.DilationWidth,
            Groups = c.Groups,
        };
    }

    /// <summary>The kind of a pooling: whether it takes the maximum, and whether it covers the whole input.</summary>
    public static (bool Max, bool Global) PoolingKind(PrototxtMessage p)
    {
        p.ExpectOnly("pooling_param", PoolingFields);
        bool max = p.Word("pool", "MAX") switch
        {
            "MAX" => true,
            "AVE" => false,
            string other => throw p.Error($"expected the pooling MAX or AVE, found {ErrorText.Quote(other)}; use one of them"),
        };
        return (max, p.Flag("global_pooling", false));
    }

    /// <summary>Window, stride and padding of a pooling. Its outputs are counted as Caffe does: rounded up, unless round_mode says otherwise.</summary>
    public static MaxPool2dParameters Pooling(PrototxtMessage p)
    {
        int kernel = Square(p, Pair(p, "kernel_size", "kernel_h", "kernel_w", null), "window");
        int stride = Square(p, Pair(p, "stride", "stride_h", "stride_w", 1), "stride");
        int padding = Square(p, Pair(p, "pad", "pad_h", "pad_w", 0), "padding");
        return new MaxPool2dParameters(kernel, stride, padding, CeilMode: p.Word("round_mode", "CEIL") != "FLOOR");
    }

    /// <summary>Refuses another axis than the one that the field must name here.</summary>
    public static void Axis(PrototxtMessage p, int expected, string field = "axis")
    {
        const int Axes = 4;
        int found = p.Integer(field, expected);
        if (found != expected && found != expected - Axes)
        {
            throw p.Error(string.Create(CultureInfo.InvariantCulture, $"expected the {field} {expected}, found {found}; other axes are not known here"));
        }
    }

    private static int Square(PrototxtMessage p, (int Height, int Width) pair, string what) => pair.Height == pair.Width
        ? pair.Height
        : throw p.Error(string.Create(CultureInfo.InvariantCulture, $"expected a square pooling {what}, found {pair.Height}x{pair.Width}; use one number for both axes"));

    private static (int Height, int Width) Pair(PrototxtMessage p, string both, string? height, string? width, int? otherwise)
    {
        IReadOnlyList<int> values = p.Integers(both);
        bool single = height is not null && width is not null && (p.Has(height) || p.Has(width));
        if (values.Count > 2 || (single && values.Count > 0))
        {
            throw p.Error($"expected one or two numbers for {both}, or one for each axis, found more; remove some");
        }

        if (single)
        {
            return (p.Integer(height!, otherwise ?? 0), p.Integer(width!, otherwise ?? 0));
        }

        return values.Count == 0
            ? (otherwise ?? throw p.Error($"{both} is missing; add it"), otherwise.Value)
            : (values[0], values[^1]);
    }
}
