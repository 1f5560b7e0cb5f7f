using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;

namespace FcnSharp.Tensors.Tests.Operations;

/// <summary>Small convolutions of any geometry, drawn from a seed: a failure names the seed and can be repeated.</summary>
internal static class RandomGeometry
{
    /// <summary>A convolution that fits its input.</summary>
    public static ConvolutionCase Convolution(int seed)
    {
        var random = new Draw((ulong)seed);
        int groups = random.Of(1, 1, 1, 2, 3);
        var parameters = new Conv2dParameters(random.To(4), random.To(4))
        {
            StrideHeight = random.To(4),
            StrideWidth = random.To(4),
            PaddingHeight = random.To(5) - 1,
            PaddingWidth = random.To(5) - 1,
            DilationHeight = random.To(3),
            DilationWidth = random.To(3),
            Groups = groups,
        };

        // At least the smallest image that the kernel fits into.
        int height = Math.Max(1, parameters.DilationHeight * (parameters.KernelHeight - 1) + 1 - 2 * parameters.PaddingHeight) - 1 + random.To(12);
        int width = Math.Max(1, parameters.DilationWidth * (parameters.KernelWidth - 1) + 1 - 2 * parameters.PaddingWidth) - 1 + random.To(30);
        var input = new Shape(random.To(3), groups * random.To(6), height, width);
        return new ConvolutionCase($"seed {seed}: {parameters} on {input}", input, groups * random.To(9), parameters, null);
    }

    /// <summary>A transposed convolution that leaves something of its output.</summary>
    public static ConvolutionCase Transposed(int seed)
    {
        ConvolutionCase down = Convolution(seed);
        Conv2dParameters p = down.Convolution!;
        ConvTranspose2dParameters up = TransposedOf(p, down.Input, down.Output);
        return new ConvolutionCase($"transposed {down.Name}", down.Output, down.Input.C, null, up);
    }

    /// <summary>The transposed convolution from the output of a convolution back to the size of its input.</summary>
    public static ConvTranspose2dParameters TransposedOf(Conv2dParameters p, Shape fine, Shape coarse) => new(p.KernelHeight, p.KernelWidth)
    {
        StrideHeight = p.StrideHeight,
        StrideWidth = p.StrideWidth,
        PaddingHeight = p.PaddingHeight,
        PaddingWidth = p.PaddingWidth,
        DilationHeight = p.DilationHeight,
        DilationWidth = p.DilationWidth,
        Groups = p.Groups,
        OutputPaddingHeight = fine.H + 2 * p.PaddingHeight - p.DilationHeight * (p.KernelHeight - 1) - 1 - (coarse.H - 1) * p.StrideHeight,
        OutputPaddingWidth = fine.W + 2 * p.PaddingWidth - p.DilationWidth * (p.KernelWidth - 1) - 1 - (coarse.W - 1) * p.StrideWidth,
    };

    private sealed class Draw(ulong seed)
    {
        private ulong _position;

        public int To(int limit) => 1 + (int)(CounterRandom.Bits(seed, 77, _position++) % (ulong)limit);

        public int Of(params ReadOnlySpan<int> values) => values[To(values.Length) - 1];
    }
}
