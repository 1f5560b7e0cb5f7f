using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>Upsampling by constant weights, which the fast precision computes by minimal filtering of blocks. Sizes lie around tiles of three positions, chunks of tiles and both ends of a row.</summary>
public sealed class StrideBlockTilesTests
{
    private static readonly ConvolutionCase[] All =
    [
        Up("FCN-8s' last layer", new Shape(1, 21, 9, 10), 21, ConvTranspose2dParameters.Square(16, stride: 8)),
        Up("padding, batch of 2", new Shape(2, 11, 8, 7), 5, ConvTranspose2dParameters.Square(16, stride: 8, padding: 4)),
        Up("stride 4", new Shape(1, 17, 6, 20), 9, ConvTranspose2dParameters.Square(8, stride: 4, padding: 2)),
        Up("stride 16", new Shape(1, 9, 5, 4), 3, ConvTranspose2dParameters.Square(32, stride: 16, padding: 8)),
        Up("stride 32", new Shape(1, 8, 2, 3), 2, ConvTranspose2dParameters.Square(64, stride: 32)),
        Up("a kernel that is no multiple of the stride", new Shape(1, 10, 7, 8), 4, ConvTranspose2dParameters.Square(13, stride: 8, padding: 2)),
        Up("output padding", new Shape(1, 8, 5, 6), 4, ConvTranspose2dParameters.Square(12, stride: 8, padding: 1, outputPadding: 5)),
        Up("padding larger than the stride", new Shape(1, 12, 6, 9), 4, ConvTranspose2dParameters.Square(16, stride: 8, padding: 13)),
        Up("several chunks of tiles", new Shape(1, 8, 3, 200), 4, ConvTranspose2dParameters.Square(8, stride: 4)),
        Up("one pixel", new Shape(1, 13, 1, 1), 6, ConvTranspose2dParameters.Square(16, stride: 8)),
        Up("one column", new Shape(1, 8, 31, 1), 4, ConvTranspose2dParameters.Square(8, stride: 4)),
        Up("2 groups", new Shape(1, 16, 7, 6), 8, ConvTranspose2dParameters.Square(16, stride: 8, padding: 4, groups: 2)),
    ];

    public static TheoryData<string> Cases => [.. All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_kernel_set_takes_it_for_constant_weights_in_the_fast_precision(string name)
    {
        ConvolutionCase c = Find(name);
        foreach (KernelSet kernels in KernelSet.All)
        {
            Assert.Equal(ConvolutionAlgorithm.StrideTiles, Choose(kernels, Precision.Fast, c, constant: true));
            Assert.Equal(ConvolutionAlgorithm.StrideBlocks, Choose(kernels, Precision.Fast, c, constant: false));
            Assert.Equal(ConvolutionAlgorithm.StrideBlocks, Choose(kernels, Precision.Exact, c, constant: true));
        }
    }

    [Theory]
    [InlineData(7, 21, 16, 8)]
    [InlineData(21, 21, 17, 8)]
    [InlineData(21, 21, 8, 8)]
    [InlineData(21, 21, 32, 16)]
    [InlineData(60, 20, 16, 8)]
    [InlineData(60, 16, 16, 8, true)]
    public void Few_inputs_other_kernels_and_many_weights_are_left_to_sums(int inputs, int outputs, int kernel, int stride, bool taken = false)
    {
        ConvolutionCase c = Up("other", new Shape(1, inputs, 8, 8), outputs, ConvTranspose2dParameters.Square(kernel, stride));
        Assert.Equal(taken ? ConvolutionAlgorithm.StrideTiles : ConvolutionAlgorithm.StrideBlocks, Choose(KernelSet.Avx512, Precision.Fast, c, constant: true));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whole_numbers_are_exact(string name)
    {
        // A fourth of a sum of whole numbers is no rounding, either.
        ConvolutionCase c = Find(name);
        ConvolutionData data = ConvolutionData.Integers(c);
        using var reference = new ReferenceDevice();
        float[] expected = ConvolutionRun.On(reference, c, data).Output;
        CpuDevices.ForEach((device, poison) => [Forward(device, c, data, poison)], (kernels, actual) => TensorAssert.Exact($"{kernels} output", c.Output, expected, actual[0]), Precision.Fast);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Random_numbers_stay_within_both_bounds_with_the_same_bits_for_any_thread_count(string name)
    {
        ConvolutionCase c = Find(name);
        ConvolutionData data = ConvolutionData.Normal(c);
        using var reference = new ReferenceDevice();
        float[] expected = ConvolutionRun.On(reference, c, data).Output;
        double[] bound = Bounds(c, data);
        using CpuDevice exact = CpuDevices.Create(KernelSet.Best, 1);
        float[] sums = Forward(exact, c, data, null);
        CpuDevices.ForEach(
            (device, poison) => [Forward(device, c, data, poison)],
            (kernels, actual) =>
            {
                TensorAssert.Close($"{kernels} output", expected, actual[0], Tolerances.Winograd);
                TensorAssert.Within($"{kernels} output", c.Output, expected, actual[0], i => bound[i]);
                Assert.NotEqual(sums, actual[0]);
            },
            Precision.Fast);
    }

    /// <summary>The derived bound of each output: those of a position are the channels of a convolution of 2 x 2 taps.</summary>
    private static double[] Bounds(ConvolutionCase c, ConvolutionData data)
    {
        Conv2dParameters p = c.Transposed!.Convolution;
        (int stride, int kernel, int groupOutputs) = (p.StrideHeight, p.KernelHeight, c.OutChannels / c.Groups);
        int block = stride * stride;
        int gridHeight = (c.Output.H - 1 + p.PaddingHeight) / stride + 1;
        int gridWidth = (c.Output.W - 1 + p.PaddingWidth) / stride + 1;

        // Zeros behind the input, so that the convolution has as many outputs as there are positions.
        var padded = new Tensor(new Shape(c.Input.N, c.Input.C, Math.Max(gridHeight, c.Input.H), Math.Max(gridWidth, c.Input.W)));
        for (int i = 0; i < c.Input.ElementCount; i++)
        {
            int row = i / c.Input.W;
            padded.Span[((row / c.Input.H * padded.Shape.H) + row % c.Input.H) * padded.Shape.W + i % c.Input.W] = Math.Abs(data.Input.Span[i]);
        }

        var asConvolution = new ConvolutionCase("blocks", padded.Shape, c.OutChannels * block, Conv2dParameters.Square(2, padding: 1, groups: c.Groups), null);
        var weight = new Tensor(asConvolution.Weight);
        for (int i = 0; i < weight.Span.Length; i++)
        {
            (int tap, int input, int output) = (i % 4, i / 4 % asConvolution.Weight.C, i / 4 / asConvolution.Weight.C);
            (int ky, int kx) = (output % block / stride + (1 - tap / 2) * stride, output % stride + (1 - tap % 2) * stride);
            int channel = output / block;
            weight.Span[i] = ky < kernel && kx < kernel ? Math.Abs(data.Weight[channel / groupOutputs * asConvolution.Weight.C + input, channel % groupOutputs, ky, kx]) : 0;
        }

        MinimalFiltering transforms = MinimalFiltering.Of(StrideTile, 2);
        double[] sizes = transforms.Absolute().Forward(asConvolution, new ConvolutionData(padded, weight, new Tensor(asConvolution.Bias), new Tensor(asConvolution.Output)));
        double[] bounds = new double[c.Output.ElementCount];
        for (int i = 0; i < bounds.Length; i++)
        {
            (int x, int y, int channel, int image) = (i % c.Output.W + p.PaddingWidth, i / c.Output.W % c.Output.H + p.PaddingHeight, i / c.Output.W / c.Output.H % c.OutChannels, i / c.Output.W / c.Output.H / c.OutChannels);
            int output = channel * block + y % stride * stride + x % stride;
            double size = sizes[((image * asConvolution.OutChannels + output) * asConvolution.Output.H + y / stride) * asConvolution.Output.W + x / stride];
            bounds[i] = Tolerances.MinimalFiltering(asConvolution.Weight.C, transforms, size + Math.Abs(data.Bias.Span[channel]));
        }

        return bounds;
    }

    private const int StrideTile = 3;

    private static float[] Forward(CpuDevice device, ConvolutionCase c, ConvolutionData data, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device, constantParameters: true);
        ProgramValue output = bench.Output(c.Output);
        bench.Add(new ConvTranspose2dForward(c.Name, c.Transposed!, bench.Input(data.Input), bench.Parameter(data.Weight), bench.Parameter(data.Bias), output));
        bench.Run(prepare: prepare);
        return bench.Floats(output);
    }

    private static ConvolutionAlgorithm Choose(KernelSet kernels, Precision precision, ConvolutionCase c, bool constant) =>
        ConvolutionRules.Choose(new ConvolutionRules(kernels.Blocked, precision).TransposedForward, new ConvolutionSite(c.Transposed!.Convolution, c.Weight, c.Output, constant));

    private static ConvolutionCase Find(string name) => All.Single(c => c.Name == name);

    private static ConvolutionCase Up(string name, Shape input, int outputs, ConvTranspose2dParameters parameters) => new(name, input, outputs, null, parameters);
}
