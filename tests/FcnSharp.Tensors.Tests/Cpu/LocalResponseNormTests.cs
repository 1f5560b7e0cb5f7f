using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class LocalResponseNormTests
{
    /// <summary>Around the ends of vectors and of runs of pixels, and fewer channels than the window.</summary>
    private static readonly Shape[] Shapes = [new(2, 7, 5, 9), new(2, 6, 23, 31), new(1, 1, 1, 1), new(1, 2, 1, 49), new(3, 11, 1, 1)];

    public static TheoryData<int, float, float, float> Numbers => new()
    {
        { 5, 1e-4f, 0.75f, 1 },
        { 5, 2, 0.75f, 1 },
        { 3, 1, 0.5f, 2 },
        { 1, 1, 1, 1 },
        { 7, 3, 0.6f, 0.5f },
        { 5, 1, 0, 1 },
        { 9, 0.5f, 1.5f, 1 },
        { int.MaxValue, 1, 0.75f, 1 },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Random_data_is_the_references_up_to_rounding(int size, float alpha, float beta, float k)
    {
        var parameters = new LocalResponseNormParameters(size, alpha, beta, k);
        foreach (Shape shape in Shapes)
        {
            Tensor input = TestData.Normal(shape, 61, 2);
            Tensor gradOutput = TestData.Normal(shape, 62);
            int forward = ForwardRoundings(parameters, shape.C);
            int backward = BackwardRoundings(parameters, shape.C);
            double[] magnitude = GradientMagnitude(parameters, input, gradOutput);
            Compare(parameters, input, gradOutput, (i, y) => Tolerances.Roundings(forward, y[i]), (i, _) => Tolerances.Roundings(backward, magnitude[i]));
        }
    }

    [Theory]
    [InlineData(5, 0, 0.75f, 16)]
    [InlineData(5, 0, 0.5f, 16)]
    [InlineData(3, 0, 1, 16)]
    [InlineData(7, 0, 0, 16)]
    public void Powers_of_two_are_exact(int size, float alpha, float beta, float k)
    {
        // The scale is k alone, and a power of it divides without rounding.
        foreach (Shape shape in Shapes)
        {
            Compare(new LocalResponseNormParameters(size, alpha, beta, k), TestData.Integers(shape, 63, 1000), TestData.Integers(shape, 64, 1000), (_, _) => 0, (_, _) => 0);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void The_sum_of_the_squares_of_integers_is_exact(int size)
    {
        // With alpha = size and beta = 1 the output is input / (1 + an integer): one division, which rounds alike by way of double.
        var parameters = new LocalResponseNormParameters(size, size, 1);
        foreach (Shape shape in Shapes)
        {
            Tensor input = TestData.Integers(shape, 65, 9);
            double[] magnitude = GradientMagnitude(parameters, input, input);
            int backward = BackwardRoundings(parameters, shape.C);
            Compare(parameters, input, input, (_, _) => 0, (i, _) => Tolerances.Roundings(backward, magnitude[i]));
        }
    }

    [Fact]
    public void Values_by_hand()
    {
        // Sums of squares over windows of 3 of 1, 2, 3: 5, 14, 13; and the divisor stays 3 at the ends.
        var input = new Tensor(new Shape(1, 3, 1, 1), [1, 2, 3]);
        CpuDevices.ForEach((device, poison) => Run(device, new LocalResponseNormParameters(3, 3, 1, 2), input, input, poison), (_, actual) =>
        {
            Assert.Equal([1f / 7, 2f / 16, 3f / 15], actual[0]);
            Assert.Equal([7, 16, 15], actual[2]);
        });
    }

    [Theory]
    [InlineData(4, 1, 1, 1, "odd number of channels, found 4")]
    [InlineData(0, 1, 1, 1, "odd number of channels, found 0")]
    [InlineData(-3, 1, 1, 1, "odd number of channels, found -3")]
    [InlineData(5, -1, 1, 1, "alpha must be at least 0, found -1")]
    [InlineData(5, float.NaN, 1, 1, "alpha must be at least 0, found NaN")]
    [InlineData(5, 1, -0.5f, 1, "beta must be at least 0, found -0.5")]
    [InlineData(5, 1, float.PositiveInfinity, 1, "beta must be at least 0")]
    [InlineData(5, 1, 1, 0, "k must be above 0, found 0")]
    [InlineData(5, 1, 1, float.NaN, "k must be above 0, found NaN")]
    public void Numbers_out_of_range_are_refused_with_a_line(int size, float alpha, float beta, float k, string expected) =>
        Assert.Contains(expected, Assert.Throws<FcnSharpException>(new LocalResponseNormParameters(size, alpha, beta, k).Check).Message, StringComparison.Ordinal);

    /// <summary>
    /// Relative error of the output: the scale is a sum of at most window + 1 positive terms, each with 3 roundings before
    /// (square, factor, product); the power multiplies that by beta and adds at most 4 of its own (three square roots and a
    /// product, or pow); the division, and the rounding of the oracle.
    /// </summary>
    private static int ForwardRoundings(LocalResponseNormParameters p, int channels) => (int)Math.Ceiling(p.Beta * (Math.Min(p.Size, channels) + 4)) + 6;

    /// <summary>Each term of the gradient has an output, a scale and at most 7 roundings of its own, and is one of a window's sum.</summary>
    private static int BackwardRoundings(LocalResponseNormParameters p, int channels) => ForwardRoundings(p, channels) + 2 * Math.Min(p.Size, channels) + 11;

    /// <summary>The sum of the absolute values of the gradient's terms, which partly cancel.</summary>
    private static double[] GradientMagnitude(LocalResponseNormParameters p, Tensor input, Tensor gradOutput)
    {
        Shape shape = input.Shape;
        int plane = shape.H * shape.W;
        float[] x = input.Span.ToArray();
        float[] g = gradOutput.Span.ToArray();
        IEnumerable<int> Window(int i) => Enumerable.Range(0, shape.C).Select(c => (long)c - i / plane % shape.C).Where(d => Math.Abs(d) <= p.Size / 2).Select(d => (int)(i + d * plane));
        double[] scale = [.. x.Select((_, i) => p.K + (double)p.Alpha / p.Size * Window(i).Sum(j => (double)x[j] * x[j]))];
        return [.. x.Select((_, i) => Math.Abs(g[i]) * Math.Pow(scale[i], -p.Beta) + 2.0 * p.Alpha * p.Beta / p.Size * Math.Abs(x[i]) * Window(i).Sum(j => Math.Abs((double)g[j] * x[j]) * Math.Pow(scale[j], -p.Beta - 1)))];
    }

    private static void Compare(LocalResponseNormParameters parameters, Tensor input, Tensor gradOutput, Func<int, float[], double> output, Func<int, float[], double> gradInput)
    {
        using var reference = new ReferenceDevice();
        float[][] expected = Run(reference, parameters, input, gradOutput, null);
        CpuDevices.ForEach((device, poison) => Run(device, parameters, input, gradOutput, poison), (kernels, actual) =>
        {
            TensorAssert.Within($"{kernels}, output", input.Shape, expected[0], actual[0], i => output(i, expected[0]));
            TensorAssert.Within($"{kernels}, gradInput", input.Shape, expected[1], actual[1], i => gradInput(i, expected[1]));
            TensorAssert.SameBits("output without scale", actual[0], actual[3]);
        });
    }

    private static float[][] Run(IDevice device, LocalResponseNormParameters parameters, Tensor input, Tensor gradOutput, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue from = bench.Input(input);
        ProgramValue output = bench.Output(input.Shape);
        ProgramValue scale = bench.Output(input.Shape);
        ProgramValue gradInput = bench.Output(input.Shape);
        ProgramValue alone = bench.Output(input.Shape);
        bench.Add(new LocalResponseNormForward("norm", parameters, from, output, scale));
        bench.Add(new LocalResponseNormBackward("norm", parameters, bench.Input(gradOutput), from, output, scale, gradInput));
        bench.Add(new LocalResponseNormForward("norm", parameters, from, alone, null));
        bench.Run(prepare: prepare);
        return [bench.Floats(output), bench.Floats(gradInput), bench.Floats(scale), bench.Floats(alone)];
    }
}
