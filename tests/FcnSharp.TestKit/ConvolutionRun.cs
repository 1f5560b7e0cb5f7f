using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.TestKit;

/// <summary>The operands of one case.</summary>
public sealed record ConvolutionData(Tensor Input, Tensor Weight, Tensor Bias, Tensor GradOutput)
{
    /// <summary>Small whole numbers: every sum is exact.</summary>
    public static ConvolutionData Integers(ConvolutionCase c) => new(
        TestData.Integers(c.Input, 11, 4),
        TestData.Integers(c.Weight, 12, 3),
        TestData.Integers(c.Bias, 13, 9),
        TestData.Integers(c.Output, 14, 4));

    /// <summary>Normally distributed numbers.</summary>
    public static ConvolutionData Normal(ConvolutionCase c) => new(
        TestData.Normal(c.Input, 21),
        TestData.Normal(c.Weight, 22, scale: 0.3),
        TestData.Normal(c.Bias, 23),
        TestData.Normal(c.Output, 24));

    /// <summary>The absolute value of every number: its results are the sums of |a||b| in the bounds.</summary>
    public ConvolutionData Absolute() => new(TestData.Absolute(Input), TestData.Absolute(Weight), TestData.Absolute(Bias), TestData.Absolute(GradOutput));
}

/// <summary>All passes of one convolution, or transposed convolution, on one device.</summary>
public sealed record ConvolutionRun(float[] Output, float[] GradInput, float[] GradWeight, float[] GradBias)
{
    /// <summary>Runs forward, data gradient, weight and bias gradient.</summary>
    /// <param name="device">What computes.</param>
    /// <param name="c">The geometry.</param>
    /// <param name="data">The operands.</param>
    /// <param name="times">How often; the weight's and the bias's gradients add up.</param>
    /// <param name="prepare">Called with the plan before it runs.</param>
    public static ConvolutionRun On(IDevice device, ConvolutionCase c, ConvolutionData data, int times = 1, Action<IDevicePlan>? prepare = null)
    {
        using var bench = new OperationBench(device);
        ProgramValue input = bench.Input(data.Input);
        ProgramValue gradOutput = bench.Input(data.GradOutput);
        ProgramValue weight = bench.Parameter(data.Weight);
        ProgramValue bias = bench.Parameter(data.Bias);
        ProgramValue output = bench.Output(c.Output);
        ProgramValue gradInput = bench.Output(c.Input);
        ProgramValue gradWeight = bench.Gradient(c.Weight);
        ProgramValue gradBias = bench.Gradient(c.Bias);
        if (c.Convolution is { } p)
        {
            bench.Add(new Conv2dForward(c.Name, p, input, weight, bias, output));
            bench.Add(new Conv2dBackwardInput(c.Name, p, gradOutput, weight, gradInput));
            bench.Add(new Conv2dBackwardWeight(c.Name, p, input, gradOutput, gradWeight, gradBias));
        }
        else
        {
            bench.Add(new ConvTranspose2dForward(c.Name, c.Transposed!, input, weight, bias, output));
            bench.Add(new ConvTranspose2dBackwardInput(c.Name, c.Transposed!, gradOutput, weight, gradInput));
            bench.Add(new ConvTranspose2dBackwardWeight(c.Name, c.Transposed!, input, gradOutput, gradWeight, gradBias));
        }

        bench.Run(times, prepare: prepare);
        return new ConvolutionRun(bench.Floats(output), bench.Floats(gradInput), bench.Floats(gradWeight), bench.Floats(gradBias));
    }
}
