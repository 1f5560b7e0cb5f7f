using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>What every way to compute convolutions must hold, on every kernel set and for any number of threads.</summary>
internal static class ConvolutionChecks
{
    /// <summary>Sums of whole numbers do not round, so nothing may differ from the definition.</summary>
    public static void WholeNumbersAreExact(ConvolutionCase c)
    {
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

    /// <summary>Sums of random numbers stay within the bound of their rounding, with the same bits for any number of threads.</summary>
    public static void RandomNumbersStayWithinTheRoundingBound(ConvolutionCase c)
    {
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

    /// <summary>Two runs add to the gradients of parameters, and to nothing else.</summary>
    public static void ParameterGradientsOfTwoRunsAddUp(ConvolutionCase c)
    {
        ConvolutionData data = ConvolutionData.Integers(c);
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            using CpuDevice device = CpuDevices.Create(kernels, 3);
            ConvolutionRun once = ConvolutionRun.On(device, c, data);
            ConvolutionRun twice = ConvolutionRun.On(device, c, data, times: 2);
            TensorAssert.Exact("output", c.Output, once.Output, twice.Output);
            TensorAssert.Exact("gradInput", c.Input, once.GradInput, twice.GradInput);
            TensorAssert.Exact("gradWeight", c.Weight, [.. once.GradWeight.Select(v => 2 * v)], twice.GradWeight);
            TensorAssert.Exact("gradBias", c.Bias, [.. once.GradBias.Select(v => 2 * v)], twice.GradBias);
        }
    }

    /// <summary>Weights that are packed once, and a ReLU in the convolution, change no bit.</summary>
    /// <param name="c">The convolution.</param>
    /// <param name="forAnyMap">Whether the weights themselves are given up: where another map would choose another layout, they stay.</param>
    public static void ConstantWeightsAndAFusedReluChangeNoBit(ConvolutionCase c, bool forAnyMap)
    {
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            using CpuDevice device = CpuDevices.Create(kernels, 2, Precision.Fast);
            float[] plain = Forward(device, c, relu: false, constant: false);
            float[] expected = [.. plain.Select(v => v < 0 ? 0 : v)];
            bool readable = true;
            float[] constant = Forward(device, c, relu: true, constant: true, weight => readable = Record.Exception(() => weight.Read(new float[c.Weight.ElementCount])) is null);
            TensorAssert.SameBits($"{kernels.Name} constant", expected, constant);
            Assert.Equal(forAnyMap, !readable);
        }
    }

    /// <summary>Constant weights that a net uses forward and for a data gradient are packed for each by itself.</summary>
    /// <param name="c">A convolution of as many outputs as inputs: what it packs has the same size for both.</param>
    public static void ConstantWeightsServeBothDirections(ConvolutionCase c)
    {
        ConvolutionData data = ConvolutionData.Integers(c);
        using var reference = new ReferenceDevice();
        ConvolutionRun expected = ConvolutionRun.On(reference, c, data);
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            using CpuDevice device = CpuDevices.Create(kernels, 2);
            using var bench = new OperationBench(device, constantParameters: true);
            ProgramValue weight = bench.Parameter(data.Weight);
            ProgramValue output = bench.Output(c.Output);
            ProgramValue gradInput = bench.Output(c.Input);
            bench.Add(new Conv2dForward(c.Name, c.Convolution!, bench.Input(data.Input), weight, bench.Parameter(data.Bias), output));
            bench.Add(new Conv2dBackwardInput(c.Name, c.Convolution!, bench.Input(data.GradOutput), weight, gradInput));
            bench.Run();
            TensorAssert.Exact($"{kernels.Name} output", c.Output, expected.Output, bench.Floats(output));
            TensorAssert.Exact($"{kernels.Name} gradInput", c.Input, expected.GradInput, bench.Floats(gradInput));
        }
    }

    /// <summary>The output of a net of one convolution, run twice.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="c">The convolution.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    /// <param name="constant">Whether the weights never change again.</param>
    /// <param name="after">What to do with the weights in the end.</param>
    public static float[] Forward(CpuDevice device, ConvolutionCase c, bool relu, bool constant, Action<IDeviceTensor>? after = null)
    {
        var builder = new ProgramBuilder("test") { ConstantParameters = constant };
        using IDeviceTensor stored = device.Allocate("weight", c.Weight);
        stored.Write(TestData.Normal(c.Weight, 5, scale: 0.1).Span);
        using IDeviceTensor bias = device.Allocate("bias", c.Bias);
        bias.Write(TestData.Normal(c.Bias, 7).Span);
        ProgramValue x = builder.Input("x", c.Input);
        ProgramValue y = builder.Intermediate("y", c.Output);
        builder.Add(new Conv2dForward("conv", c.Convolution!, x, builder.Persistent(stored), builder.Persistent(bias), y));
        ProgramValue result = y;
        if (relu)
        {
            result = builder.Intermediate("relu", y.Shape);
            builder.Add(new ReluForward("relu", y, result));
        }

        builder.MarkOutput(result);
        using IDevicePlan plan = device.Plan(builder.Build());
        CpuDevices.Poison(device, plan);
        using IExecution execution = plan.Begin();
        float[] values = new float[result.Shape.ElementCount];
        for (int i = 0; i < 2; i++)
        {
            execution.Write(x, TestData.Normal(c.Input, 6).Span);
            execution.Run();
            execution.Read(result, values);
        }

        after?.Invoke(stored);
        return values;
    }

    private static float[][] Passes(ConvolutionRun run) => [run.Output, run.GradInput, run.GradWeight, run.GradBias];
}
