using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class ConvolutionTests
{
    public static TheoryData<string> Cases => [.. CaseList.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whole_numbers_give_exactly_the_reference_on_every_kernel_set_and_thread_count(string name)
    {
        ConvolutionCase c = CaseList.Find(name);
        ConvolutionData data = ConvolutionData.Integers(c);
        using var reference = new ReferenceDevice();
        ConvolutionRun expected = ConvolutionRun.On(reference, c, data);
        CpuDevices.ForEach((device, poison) => Passes(ConvolutionRun.On(device, c, data, prepare: poison)), (kernels, actual) =>
        {
            TensorAssert.Exact($"{kernels} output", c.Output, expected.Output, actual[0]);
            TensorAssert.Exact($"{kernels} gradInput", c.Input, expected.GradInput, actual[1]);
            TensorAssert.Exact($"{kernels} gradWeight", c.Weight, expected.GradWeight, actual[2]);
            TensorAssert.Exact($"{kernels} gradBias", c.Bias, expected.GradBias, actual[3]);
        });
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Random_numbers_stay_within_the_rounding_bound_with_the_same_bits_for_any_thread_count(string name)
    {
        ConvolutionCase c = CaseList.Find(name);
        ConvolutionData data = ConvolutionData.Normal(c);
        using var reference = new ReferenceDevice();
        ConvolutionRun expected = ConvolutionRun.On(reference, c, data);
        ConvolutionRun size = ConvolutionRun.On(reference, c, data.Absolute());
        CpuDevices.ForEach((device, poison) => Passes(ConvolutionRun.On(device, c, data, prepare: poison)), (kernels, actual) =>
        {
            TensorAssert.Within($"{kernels} output", c.Output, expected.Output, actual[0], i => Tolerances.SumOfProducts(c.ForwardProducts, size.Output[i]));
            TensorAssert.Within($"{kernels} gradInput", c.Input, expected.GradInput, actual[1], i => Tolerances.SumOfProducts(c.BackwardInputProducts, size.GradInput[i]));
            TensorAssert.Within($"{kernels} gradWeight", c.Weight, expected.GradWeight, actual[2], i => Tolerances.SumOfProducts(c.BackwardWeightProducts, size.GradWeight[i]));
            TensorAssert.Within($"{kernels} gradBias", c.Bias, expected.GradBias, actual[3], i => Tolerances.SumOfProducts(c.BackwardWeightProducts, size.GradBias[i]));
        });
    }

    [Theory]
    [InlineData("3x3 same")]
    [InlineData("33 channels to 64")]
    [InlineData("7x7, stride 2, padding 3")]
    [InlineData("2 groups, stride, dilation")]
    [InlineData("depthwise")]
    [InlineData("up 8, FCN's kernel 16")]
    [InlineData("up 8, one group a class, 9 columns, batch of 2")]
    [InlineData("up 3, output padding 2")]
    public void Parameter_gradients_of_two_runs_add_up_and_outputs_do_not(string name)
    {
        ConvolutionCase c = CaseList.Find(name);
        ConvolutionData data = ConvolutionData.Integers(c);
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            using CpuDevice device = CpuDevices.Create(kernels, 3);
            ConvolutionRun once = ConvolutionRun.On(device, c, data);
            ConvolutionRun twice = ConvolutionRun.On(device, c, data, times: 2);
            TensorAssert.Exact("output", c.Output, once.Output, twice.Output);
            TensorAssert.Exact("gradInput", c.Input, once.GradInput, twice.GradInput);
            TensorAssert.Exact("gradWeight", c.Weight, Doubled(once.GradWeight), twice.GradWeight);
            TensorAssert.Exact("gradBias", c.Bias, Doubled(once.GradBias), twice.GradBias);
        }
    }

    [Fact]
    public void A_row_of_thirty_thousand_pixels_is_exact_in_both_directions()
    {
        foreach (ConvolutionCase c in (ConvolutionCase[])
            [
                new("wide", new Shape(1, 2, 1, 30_000), 3, new(1, 5) { PaddingWidth = 2 }, null),
                new("wide, stride", new Shape(1, 2, 1, 30_001), 3, new(1, 3) { StrideWidth = 2, DilationWidth = 2 }, null),
                new("wide, up", new Shape(1, 2, 1, 15_000), 2, null, new(1, 4) { StrideWidth = 2, PaddingWidth = 1 }),
                new("tall", new Shape(1, 2, 30_000, 1), 3, new(5, 1) { PaddingHeight = 2 }, null),
            ])
        {
            ConvolutionData data = ConvolutionData.Integers(c);
            using var reference = new ReferenceDevice();
            ConvolutionRun expected = ConvolutionRun.On(reference, c, data);
            CpuDevices.ForEach((device, poison) => Passes(ConvolutionRun.On(device, c, data, prepare: poison)), (kernels, actual) =>
            {
                float[][] wanted = Passes(expected);
                for (int i = 0; i < wanted.Length; i++)
                {
                    TensorAssert.Exact($"{c.Name} {kernels} {i}", new Shape(wanted[i].Length), wanted[i], actual[i]);
                }
            });
        }
    }

    private static float[][] Passes(ConvolutionRun run) => [run.Output, run.GradInput, run.GradWeight, run.GradBias];

    private static float[] Doubled(float[] values) => [.. values.Select(v => 2 * v)];
}
