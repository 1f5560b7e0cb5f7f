using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class MaxPoolTests
{
    public static TheoryData<int, int, int, bool, int, int> Cases => new()
    {
        { 2, 2, 0, true, 13, 9 },
        { 2, 2, 0, false, 13, 9 },
        { 3, 2, 1, false, 32, 31 },
        { 3, 2, 1, true, 32, 31 },
        { 3, 2, 0, true, 5, 7 },
        { 3, 1, 1, true, 5, 7 },
        { 2, 3, 1, true, 8, 11 },
        { 5, 3, 4, true, 6, 7 },
        { 1, 1, 0, false, 1, 1 },
        { 2, 2, 0, true, 1, 1 },
        { 3, 2, 0, true, 1, 2 },
        { 2, 2, 0, true, 1, 49 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Winners_and_gradients_are_exactly_the_references(int kernelSize, int stride, int padding, bool ceilMode, int height, int width)
    {
        var parameters = new MaxPool2dParameters(kernelSize, stride, padding, ceilMode);
        foreach (int limit in (int[])[1, 1000])
        {
            // With a limit of 1 most windows have ties: the first of equals must win everywhere.
            Tensor input = TestData.Integers(new Shape(2, 3, height, width), 31, limit);
            Tensor gradOutput = TestData.Integers(parameters.OutputShape(input.Shape), 32, 9);
            using var reference = new ReferenceDevice();
            float[][] expected = Run(reference, parameters, input, gradOutput, null);
            CpuDevices.ForEach((device, poison) => Run(device, parameters, input, gradOutput, poison), (kernels, actual) =>
            {
                TensorAssert.Exact("output", gradOutput.Shape, expected[0], actual[0]);
                TensorAssert.Exact("argMax", gradOutput.Shape, expected[1], actual[1]);
                TensorAssert.Exact("gradInput", input.Shape, expected[2], actual[2]);
                TensorAssert.Exact("output without argMax", gradOutput.Shape, expected[0], actual[3]);
            });
        }
    }

    [Theory]
    [InlineData(2, 2, 0, true)]
    [InlineData(2, 2, 0, false)]
    [InlineData(3, 2, 0, true)]
    [InlineData(3, 2, 1, false)]
    [InlineData(3, 1, 1, false)]
    [InlineData(2, 1, 0, false)]
    [InlineData(4, 2, 3, true)]
    [InlineData(5, 1, 2, false)]
    [InlineData(1, 2, 0, false)]
    [InlineData(3, 3, 0, true)]
    public void Every_width_around_the_ends_of_vectors_gives_the_references_numbers(int kernelSize, int stride, int padding, bool ceilMode)
    {
        var parameters = new MaxPool2dParameters(kernelSize, stride, padding, ceilMode);
        for (int width = Math.Max(1, kernelSize - padding); width <= 70; width++)
        {
            // Negative numbers only: what lies beyond a row must not win as a zero.
            Tensor input = TestData.Integers(new Shape(1, 2, 5 + width % 3, width), 33, 3);
            foreach (ref float value in input.Span)
            {
                value -= 5;
            }

            Tensor gradOutput = TestData.Integers(parameters.OutputShape(input.Shape), 34, 9);
            using var reference = new ReferenceDevice();
            float[][] expected = Run(reference, parameters, input, gradOutput, null);
            ForEachKernelSet(device => Run(device, parameters, input, gradOutput, plan => CpuDevices.Poison(device, plan)), actual =>
            {
                TensorAssert.SameBits($"output, width {width}", expected[0], actual[0]);
                TensorAssert.SameBits($"argMax, width {width}", expected[1], actual[1]);
                TensorAssert.SameBits($"gradInput, width {width}", expected[2], actual[2]);
                TensorAssert.SameBits($"output without argMax, width {width}", expected[0], actual[3]);
            });
        }
    }

    [Theory]
    [InlineData(2, 2, 0)]
    [InlineData(3, 2, 1)]
    [InlineData(3, 1, 1)]
    [InlineData(3, 3, 0)]
    public void A_NaN_that_is_first_stays_and_any_other_loses(int kernelSize, int stride, int padding)
    {
        var parameters = new MaxPool2dParameters(kernelSize, stride, padding, CeilMode: true);
        Tensor input = TestData.Normal(new Shape(1, 2, 11, 53), 35);
        for (int i = 0; i < input.Span.Length; i += 5)
        {
            input.Span[i] = i % 3 == 0 ? float.NaN : i % 3 == 1 ? float.NegativeInfinity : float.PositiveInfinity;
        }

        Tensor gradOutput = TestData.Integers(parameters.OutputShape(input.Shape), 36, 9);
        using var reference = new ReferenceDevice();
        float[][] expected = Run(reference, parameters, input, gradOutput, null);
        Assert.Contains(expected[0], float.IsNaN);
        ForEachKernelSet(device => Run(device, parameters, input, gradOutput, null), actual =>
        {
            TensorAssert.SameBits("output", expected[0], actual[0]);
            TensorAssert.SameBits("argMax", expected[1], actual[1]);
            TensorAssert.SameBits("gradInput", expected[2], actual[2]);
            TensorAssert.SameBits("output without argMax", expected[0], actual[3]);
        });
    }

    [Fact]
    public void The_first_of_equals_wins_in_row_major_order()
    {
        var parameters = new MaxPool2dParameters(2, 2);
        var input = new Tensor(new Shape(1, 1, 2, 4), [1, 7, 3, 3, 7, 7, 3, 3]);
        var gradOutput = new Tensor(new Shape(1, 1, 1, 2), [5, 6]);
        CpuDevices.ForEach((device, poison) => Run(device, parameters, input, gradOutput, poison), (_, actual) =>
        {
            Assert.Equal([7, 3], actual[0]);
            Assert.Equal([1, 2], actual[1]);
            Assert.Equal([0, 5, 6, 0, 0, 0, 0, 0], actual[2]);
        });
    }

    [Fact]
    public void Padding_never_wins_even_among_negative_numbers()
    {
        var parameters = new MaxPool2dParameters(3, 2, 1, CeilMode: true);
        var input = new Tensor(new Shape(1, 1, 2, 2), [-4, -3, -2, -9]);
        var gradOutput = new Tensor(parameters.OutputShape(input.Shape));
        CpuDevices.ForEach((device, poison) => Run(device, parameters, input, gradOutput, poison), (_, actual) => Assert.Equal(-2, actual[0][0]));
    }

    [Theory]
    [InlineData(7, 2, 2, 0, true, 4)]
    [InlineData(7, 2, 2, 0, false, 3)]
    [InlineData(1, 2, 2, 0, true, 1)]
    [InlineData(2, 3, 2, 0, true, 1)]
    [InlineData(6, 2, 2, 1, true, 4)]
    [InlineData(5, 2, 2, 1, true, 3)]
    [InlineData(5, 2, 3, 1, true, 2)]
    [InlineData(8, 2, 3, 1, true, 3)]
    public void Output_sizes_follow_the_rounding_mode(int size, int kernelSize, int stride, int padding, bool ceilMode, int expected)
    {
        // One stride more of input is one more of output, so the width has a size of its own.
        Shape output = new MaxPool2dParameters(kernelSize, stride, padding, ceilMode).OutputShape(new Shape(2, 3, size, size + 4 * stride));
        Assert.Equal(2, output.N);
        Assert.Equal(3, output.C);
        Assert.Equal(expected, output.H);
        Assert.True(output.W > output.H);
    }

    [Fact]
    public void Impossible_windows_are_refused_with_a_line()
    {
        var input = new Shape(1, 1, 3, 3);
        Assert.Contains("larger image or ceil mode", Assert.Throws<FcnSharpException>(() => new MaxPool2dParameters(4, 1).OutputShape(input)).Message, StringComparison.Ordinal);
        Assert.Throws<FcnSharpException>(() => new MaxPool2dParameters(2, 1, 2).OutputShape(input));
        Assert.Throws<FcnSharpException>(() => new MaxPool2dParameters(0, 1).OutputShape(input));
        Assert.Throws<FcnSharpException>(() => new MaxPool2dParameters(2, 0).OutputShape(input));
        Assert.Throws<FcnSharpException>(() => new MaxPool2dParameters(2, 1, -1).OutputShape(input));
    }

    private static void ForEachKernelSet(Func<CpuDevice, float[][]> run, Action<float[][]> check)
    {
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            using CpuDevice device = CpuDevices.Create(kernels, threads: 1);
            check(run(device));
        }
    }

    private static float[][] Run(IDevice device, MaxPool2dParameters parameters, Tensor input, Tensor gradOutput, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue from = bench.Input(input);
        ProgramValue output = bench.Output(gradOutput.Shape);
        ProgramValue argMax = bench.Output(gradOutput.Shape, ElementType.Int32);
        ProgramValue gradInput = bench.Output(input.Shape);
        ProgramValue alone = bench.Output(gradOutput.Shape);
        bench.Add(new MaxPool2dForward("pool", parameters, from, output, argMax));
        bench.Add(new MaxPool2dBackward("pool", parameters, bench.Input(gradOutput), argMax, gradInput));
        bench.Add(new MaxPool2dForward("pool", parameters, from, alone, null));
        bench.Run(prepare: prepare);
        return [bench.Floats(output), [.. bench.Integers(argMax).Select(i => (float)i)], bench.Floats(gradInput), bench.Floats(alone)];
    }
}
