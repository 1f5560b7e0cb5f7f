using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.Tensors.Tests.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Operations;

/// <summary>What must hold for any geometry, whatever the numbers: no oracle is needed, so these judge the reference, too.</summary>
public sealed class ConvolutionPropertyTests
{
    private const int Geometries = 150;

    [Fact]
    public void Random_geometries_are_exactly_the_reference()
    {
        using var reference = new ReferenceDevice();
        foreach (ConvolutionCase c in Cases())
        {
            ConvolutionData data = ConvolutionData.Integers(c);
            ConvolutionRun expected = ConvolutionRun.On(reference, c, data);
            foreach (KernelSet kernels in CpuDevices.KernelSets)
            {
                using CpuDevice device = CpuDevices.Create(kernels, 2);
                ConvolutionRun actual = ConvolutionRun.On(device, c, data, prepare: plan => CpuDevices.Poison(device, plan));
                TensorAssert.Exact($"{c.Name}, {kernels.Name}: output", c.Output, expected.Output, actual.Output);
                TensorAssert.Exact($"{c.Name}, {kernels.Name}: gradInput", c.Input, expected.GradInput, actual.GradInput);
                TensorAssert.Exact($"{c.Name}, {kernels.Name}: gradWeight", c.Weight, expected.GradWeight, actual.GradWeight);
                TensorAssert.Exact($"{c.Name}, {kernels.Name}: gradBias", c.Bias, expected.GradBias, actual.GradBias);
            }
        }
    }

    [Fact]
    public void Gradients_are_the_adjoints_of_the_forward_pass()
    {
        // With y = A(w) x linear in x and in w: <A(w) x, g> = <x, gradInput> = <w, gradWeight>. Whole numbers make it exact.
        foreach (ConvolutionCase c in Cases())
        {
            ConvolutionData data = ConvolutionData.Integers(c) with { Bias = new Tensor(c.Bias) };
            ForEachDevice(device =>
            {
                ConvolutionRun run = ConvolutionRun.On(device, c, data);
                double forward = Dot(run.Output, data.GradOutput.Span);
                Assert.Equal(forward, Dot(data.Input.Span, run.GradInput));
                Assert.Equal(forward, Dot(data.Weight.Span, run.GradWeight));
            });
        }
    }

    [Fact]
    public void Gradients_are_adjoint_within_rounding_for_random_numbers()
    {
        using var reference = new ReferenceDevice();
        foreach (ConvolutionCase c in Cases().Take(60))
        {
            ConvolutionData data = ConvolutionData.Normal(c) with { Bias = new Tensor(c.Bias) };
            double size = Dot(ConvolutionRun.On(reference, c, data.Absolute()).Output, data.Absolute().GradOutput.Span);
            double bound = Tolerances.BilinearForm(c.ForwardProducts + c.BackwardInputProducts + c.BackwardWeightProducts, size);
            ForEachDevice(device =>
            {
                ConvolutionRun run = ConvolutionRun.On(device, c, data);
                double forward = Dot(run.Output, data.GradOutput.Span);
                Assert.True(Math.Abs(forward - Dot(data.Input.Span, run.GradInput)) <= bound, c.Name);
                Assert.True(Math.Abs(forward - Dot(data.Weight.Span, run.GradWeight)) <= bound, c.Name);
            });
        }
    }

    [Fact]
    public void A_transposed_convolution_is_the_data_gradient_of_the_convolution_and_the_other_way_round()
    {
        for (int seed = 0; seed < Geometries; seed++)
        {
            ConvolutionCase c = RandomGeometry.Convolution(seed);
            Conv2dParameters p = c.Convolution!;
            ConvTranspose2dParameters up = RandomGeometry.TransposedOf(p, c.Input, c.Output);
            Tensor fine = TestData.Integers(c.Input, 201, 4);
            Tensor coarse = TestData.Integers(c.Output, 202, 4);
            Tensor weight = TestData.Integers(c.Weight, 203, 3);
            ForEachDevice(device =>
            {
                using var bench = new OperationBench(device);
                ProgramValue fineValue = bench.Input(fine);
                ProgramValue coarseValue = bench.Input(coarse);
                ProgramValue weightValue = bench.Parameter(weight);
                ProgramValue[] toCoarse = [bench.Output(c.Output), bench.Output(c.Output)];
                ProgramValue[] toFine = [bench.Output(c.Input), bench.Output(c.Input)];
                ProgramValue[] gradients = [bench.Gradient(c.Weight), bench.Gradient(c.Weight)];
                bench.Add(new Conv2dForward("conv", p, fineValue, weightValue, null, toCoarse[0]));
                bench.Add(new ConvTranspose2dBackwardInput("up", up, fineValue, weightValue, toCoarse[1]));
                bench.Add(new ConvTranspose2dForward("up", up, coarseValue, weightValue, null, toFine[0]));
                bench.Add(new Conv2dBackwardInput("conv", p, coarseValue, weightValue, toFine[1]));
                bench.Add(new Conv2dBackwardWeight("conv", p, fineValue, coarseValue, gradients[0], null));
                bench.Add(new ConvTranspose2dBackwardWeight("up", up, coarseValue, fineValue, gradients[1], null));
                bench.Run();
                TensorAssert.SameBits($"{c.Name} to coarse", bench.Floats(toCoarse[0]), bench.Floats(toCoarse[1]));
                TensorAssert.SameBits($"{c.Name} to fine", bench.Floats(toFine[0]), bench.Floats(toFine[1]));
                TensorAssert.SameBits($"{c.Name} weights", bench.Floats(gradients[0]), bench.Floats(gradients[1]));
            });
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(2, 3)]
    public void An_image_moved_by_the_stride_moves_the_output_by_one_pixel(int strideHeight, int strideWidth)
    {
        var parameters = new Conv2dParameters(3, 2) { StrideHeight = strideHeight, StrideWidth = strideWidth, DilationWidth = 2 };
        Tensor scene = TestData.Normal(new Shape(2, 5, 20, 31), 211);
        Tensor Window(int y, int x)
        {
            var window = new Tensor(new Shape(2, 5, 16, 27));
            for (int i = 0; i < window.Span.Length; i++)
            {
                window.Span[i] = scene[i / (5 * 16 * 27), i / (16 * 27) % 5, i / 27 % 16 + y, i % 27 + x];
            }

            return window;
        }

        var c = new ConvolutionCase("shift", new Shape(2, 5, 16, 27), 9, parameters, null);
        ConvolutionData data = ConvolutionData.Normal(c);
        ForEachDevice(device =>
        {
            var still = new Tensor(c.Output, ConvolutionRun.On(device, c, data with { Input = Window(0, 0) }).Output);
            var moved = new Tensor(c.Output, ConvolutionRun.On(device, c, data with { Input = Window(strideHeight, strideWidth) }).Output);
            for (int n = 0; n < 2; n++)
            {
                for (int o = 0; o < 9; o++)
                {
                    for (int y = 0; y + 1 < c.Output.H; y++)
                    {
                        for (int x = 0; x + 1 < c.Output.W; x++)
                        {
                            // Equal, not only close: where a pixel lies must not change how it is summed.
                            Assert.Equal(still[n, o, y + 1, x + 1], moved[n, o, y, x]);
                        }
                    }
                }
            }
        });
    }

    [Theory]
    [InlineData(2, 4, 1)]
    [InlineData(3, 5, 1)]
    [InlineData(4, 8, 2)]
    [InlineData(8, 16, 4)]
    [InlineData(16, 32, 8)]
    [InlineData(2, 4, 0)]
    public void Bilinear_weights_reproduce_linear_ramps_in_the_interior(int stride, int kernelSize, int padding)
    {
        const int Channels = 3;
        const int Size = 6;
        var c = new ConvolutionCase("ramp", new Shape(2, Channels, Size, Size + 1), Channels, null, ConvTranspose2dParameters.Square(kernelSize, stride, padding, groups: Channels));
        double factor = (kernelSize + 1) / 2;
        double center = kernelSize % 2 == 1 ? factor - 1 : factor - 0.5;
        var weight = new Tensor(c.Weight);
        for (int i = 0; i < weight.Span.Length; i++)
        {
            weight.Span[i] = (float)((1 - Math.Abs(i / kernelSize % kernelSize - center) / factor) * (1 - Math.Abs(i % kernelSize - center) / factor));
        }

        double Ramp(int n, int channel, double y, double x) => 3 + n + channel * 0.5 + (1.25 - channel) * y + (0.75 + n) * x;
        var input = new Tensor(c.Input);
        for (int i = 0; i < input.Span.Length; i++)
        {
            int plane = Size * (Size + 1);
            input.Span[i] = (float)Ramp(i / (Channels * plane), i / plane % Channels, i % plane / (Size + 1), i % (Size + 1));
        }

        ForEachDevice(device =>
        {
            var output = new Tensor(c.Output, ConvolutionRun.On(device, c, new ConvolutionData(input, weight, new Tensor(c.Bias), new Tensor(c.Output))).Output);
            int checkedPixels = 0;
            for (int i = 0; i < output.Span.Length; i++)
            {
                (int w, int h) = (i % c.Output.W, i / c.Output.W % c.Output.H);
                double y = (h + padding - center) / stride;
                double x = (w + padding - center) / stride;
                if (y >= 0 && y <= Size - 1 && x >= 0 && x <= Size)
                {
                    double expected = Ramp(i / (Channels * c.Output.H * c.Output.W), i / (c.Output.H * c.Output.W) % Channels, y, x);
                    Assert.True(Math.Abs(output.Span[i] - expected) <= Tolerances.SumOfProducts(4, 30));
                    checkedPixels++;
                }
            }

            Assert.True(checkedPixels >= output.Span.Length / 2);
        });
    }

    private static IEnumerable<ConvolutionCase> Cases() =>
        Enumerable.Range(0, Geometries).Select(seed => seed % 2 == 0 ? RandomGeometry.Convolution(seed) : RandomGeometry.Transposed(seed));

    private static void ForEachDevice(Action<IDevice> check)
    {
        using var reference = new ReferenceDevice();
        check(reference);
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            using CpuDevice device = CpuDevices.Create(kernels, 2);
            check(device);
        }
    }

    private static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++)
        {
            sum += (double)left[i] * right[i];
        }

        return sum;
    }
}
