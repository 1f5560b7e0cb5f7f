using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class AvgPoolTests
{
    public static TheoryData<int, int, int, bool, int, int> Cases => new()
    {
        { 2, 2, 0, true, 13, 9 },
        { 2, 2, 0, false, 13, 9 },
        { 3, 2, 1, true, 32, 31 },
        { 3, 2, 1, false, 32, 31 },
        { 3, 1, 1, true, 5, 70 },
        { 3, 1, 0, false, 5, 37 },
        { 5, 1, 2, false, 6, 33 },
        { 2, 3, 1, true, 8, 11 },
        { 5, 3, 4, true, 6, 7 },
        { 1, 1, 0, false, 1, 1 },
        { 2, 2, 0, true, 1, 1 },
        { 3, 2, 2, true, 1, 1 },
        { 5, 2, 0, true, 1, 2 },
        { 4, 1, 3, false, 1, 49 },
        { 20, 1, 0, false, 20, 20 },
        { 20, 20, 3, false, 30, 37 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Integers_are_exactly_the_references(int kernelSize, int stride, int padding, bool ceilMode, int height, int width)
    {
        foreach (AvgPoolDivisor divisor in Enum.GetValues<AvgPoolDivisor>())
        {
            // A sum of integers is exact, and one division rounds alike in float and by way of double. Backward the shares are
            // integers, too, if each gradient is a multiple of every divisor: of the squares of 1 to 5, or, in the largest
            // windows, of the only ones there are, 20 and 17.
            var parameters = new AvgPool2dParameters(kernelSize, stride, padding, ceilMode, divisor);
            Tensor input = TestData.Integers(new Shape(2, 3, height, width), 41, 1000);
            Tensor gradOutput = TestData.Integers(parameters.OutputShape(input.Shape), 42, 9);
            foreach (ref float gradient in gradOutput.Span)
            {
                gradient *= kernelSize == 20 ? 20 * 20 * 17 * 17 : 60 * 60;
            }

            Compare(parameters, input, gradOutput, _ => 0, _ => 0);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Random_data_is_the_references_up_to_rounding(int kernelSize, int stride, int padding, bool ceilMode, int height, int width)
    {
        foreach (AvgPoolDivisor divisor in Enum.GetValues<AvgPoolDivisor>())
        {
            var parameters = new AvgPool2dParameters(kernelSize, stride, padding, ceilMode, divisor);
            Tensor input = TestData.Normal(new Shape(2, 3, height, width), 43);
            Tensor gradOutput = TestData.Normal(parameters.OutputShape(input.Shape), 44);
            using var reference = new ReferenceDevice();
            float[][] size = Run(reference, parameters, TestData.Absolute(input), TestData.Absolute(gradOutput), null);

            // Both are sums of a window's, or of as many windows', numbers times 1 / divisor.
            long count = (long)kernelSize * kernelSize;
            Compare(parameters, input, gradOutput, i => Tolerances.SumOfProducts(count, size[0][i]), i => Tolerances.SumOfProducts(count, size[1][i]));
        }
    }

    [Fact]
    public void The_divisors_differ_where_the_window_leaves_the_image()
    {
        // Windows of 2x2 begin at -1, 1 and 3 of 4; the padded image ends at 5.
        var input = new Tensor(new Shape(1, 1, 4, 4), [12, 24, 36, 48, 12, 24, 36, 48, 12, 24, 36, 48, 12, 24, 36, 48]);
        using var device = new ReferenceDevice();
        float[] Output(int kernelSize, AvgPoolDivisor divisor)
        {
            var parameters = new AvgPool2dParameters(kernelSize, 2, 1, CeilMode: true, divisor);
            return Run(device, parameters, input, new Tensor(parameters.OutputShape(input.Shape)), null)[0];
        }

        Assert.Equal([3, 15, 12, 6, 30, 24, 3, 15, 12], Output(2, AvgPoolDivisor.PaddedWindow));
        Assert.Equal([12, 30, 48, 12, 30, 48, 12, 30, 48], Output(2, AvgPoolDivisor.ValidPixels));

        // Windows of 3x3 begin at -1, 1 and 3: the last is clipped to the two pixels that the padded image has left.
        Assert.Equal([8, 24, 16, 12, 36, 24, 6, 18, 12], Output(3, AvgPoolDivisor.PaddedWindow));
    }

    [Fact]
    public void Impossible_windows_are_refused_with_a_line()
    {
        var input = new Shape(1, 1, 3, 3);
        Assert.Contains("larger image or ceil mode", Assert.Throws<FcnSharpException>(() => new AvgPool2dParameters(4, 1).OutputShape(input)).Message, StringComparison.Ordinal);
        Assert.Throws<FcnSharpException>(() => new AvgPool2dParameters(2, 1, 2).OutputShape(input));
        Assert.Throws<FcnSharpException>(() => new AvgPool2dParameters(0, 1).OutputShape(input));
        Assert.Throws<FcnSharpException>(() => new AvgPool2dParameters(2, 0).OutputShape(input));
        Assert.Throws<FcnSharpException>(() => new AvgPool2dParameters(2, 1, -1).OutputShape(input));
        Assert.Throws<FcnSharpException>(() => new AvgPool2dParameters(int.MaxValue, 1, CeilMode: true).OutputShape(input));
        Assert.Contains("no average-pooling divisor 7", Assert.Throws<FcnSharpException>(() => new AvgPool2dParameters(2, 1, Divisor: (AvgPoolDivisor)7).OutputShape(input)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_stride_is_one_window()
    {
        var parameters = new AvgPool2dParameters(2, int.MaxValue);
        Compare(parameters, TestData.Integers(new Shape(1, 2, 3, 3), 45, 9), TestData.Integers(new Shape(1, 2, 1, 1), 46, 9), _ => 0, _ => 0);
    }

    private static void Compare(AvgPool2dParameters parameters, Tensor input, Tensor gradOutput, Func<int, double> output, Func<int, double> gradInput)
    {
        using var reference = new ReferenceDevice();
        float[][] expected = Run(reference, parameters, input, gradOutput, null);
        CpuDevices.ForEach((device, poison) => Run(device, parameters, input, gradOutput, poison), (kernels, actual) =>
        {
            TensorAssert.Within($"{kernels}, output", gradOutput.Shape, expected[0], actual[0], output);
            TensorAssert.Within($"{kernels}, gradInput", input.Shape, expected[1], actual[1], gradInput);
        });
    }

    private static float[][] Run(IDevice device, AvgPool2dParameters parameters, Tensor input, Tensor gradOutput, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue output = bench.Output(gradOutput.Shape);
        ProgramValue gradInput = bench.Output(input.Shape);
        bench.Add(new AvgPool2dForward("pool", parameters, bench.Input(input), output));
        bench.Add(new AvgPool2dBackward("pool", parameters, bench.Input(gradOutput), gradInput));
        bench.Run(prepare: prepare);
        return [bench.Floats(output), bench.Floats(gradInput)];
    }
}
