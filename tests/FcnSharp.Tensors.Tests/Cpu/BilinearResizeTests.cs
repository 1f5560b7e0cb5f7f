using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class BilinearResizeTests
{
    public static TheoryData<int, int, int, int, bool> Cases
    {
        get
        {
            var cases = new TheoryData<int, int, int, int, bool>();
            foreach (bool align in (bool[])[false, true])
            {
                foreach ((int h, int w, int toH, int toW) in (ReadOnlySpan<(int, int, int, int)>)
                    [(1, 1, 1, 1), (1, 1, 5, 3), (4, 7, 1, 1), (3, 5, 3, 5), (5, 7, 10, 14), (9, 4, 17, 33), (17, 33, 9, 4), (13, 49, 3, 100), (2, 3, 64, 95), (40, 31, 7, 5), (1, 6, 9, 1), (19, 2, 20, 3)])
                {
                    cases.Add(h, w, toH, toW, align);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_kernel_set_agrees_with_the_reference(int h, int w, int toH, int toW, bool align)
    {
        var from = new Shape(2, 3, h, w);
        var to = new Shape(2, 3, toH, toW);
        Tensor input = TestData.Normal(from, 41);
        Tensor gradOutput = TestData.Normal(to, 42);
        using var reference = new ReferenceDevice();
        float[][] expected = Run(reference, align, input, gradOutput, null);

        // The operation is linear and its weights are positive: on absolute values it gives the sum of the products' absolute values.
        float[][] size = Run(reference, align, TestData.Absolute(input), TestData.Absolute(gradOutput), null);

        // Two roundings of the weights, and in the backward pass a sum over the rows after one over the columns.
        long shares = 2 + 2 + (2 * ((toH / h) + 2)) + (2 * ((toW / w) + 2));
        CpuDevices.ForEach((device, poison) => Run(device, align, input, gradOutput, poison), (kernels, actual) =>
        {
            TensorAssert.Within(kernels + " output", to, expected[0], actual[0], i => Tolerances.SumOfProducts(6, size[0][i]));
            TensorAssert.Within(kernels + " gradInput", from, expected[1], actual[1], i => Tolerances.SumOfProducts(shares, size[1][i]));
        });
    }

    [Theory]
    [InlineData(false, 5, 9, 10, 18)]
    [InlineData(false, 3, 5, 12, 20)]
    [InlineData(true, 3, 5, 5, 9)]
    [InlineData(true, 2, 3, 9, 17)]
    public void Integers_are_mixed_exactly_where_the_fractions_are_binary(bool align, int h, int w, int toH, int toW)
    {
        Tensor input = TestData.Integers(new Shape(1, 2, h, w), 43, 100);
        Tensor gradOutput = TestData.Integers(new Shape(1, 2, toH, toW), 44, 100);
        using var reference = new ReferenceDevice();
        float[][] expected = Run(reference, align, input, gradOutput, null);
        CpuDevices.ForEach((device, poison) => Run(device, align, input, gradOutput, poison), (_, actual) =>
        {
            TensorAssert.Exact("output", gradOutput.Shape, expected[0], actual[0]);
            TensorAssert.Exact("gradInput", input.Shape, expected[1], actual[1]);
        });
    }

    [Fact]
    public void Known_rows()
    {
        // torch.nn.functional.interpolate's definitions, by hand: two pixels to four.
        var input = new Tensor(new Shape(1, 1, 1, 2), [0, 12]);
        var gradOutput = new Tensor(new Shape(1, 1, 1, 4), [12, 12, 12, 24]);
        CpuDevices.ForEach((device, poison) => Run(device, align: false, input, gradOutput, poison), (_, actual) =>
        {
            Assert.Equal([0, 3, 9, 12], actual[0]);
            Assert.Equal([12 + 9 + 3, 3 + 9 + 24], actual[1]);
        });
        CpuDevices.ForEach((device, poison) => Run(device, align: true, input, gradOutput, poison), (_, actual) =>
            TensorAssert.Within("aligned", gradOutput.Shape, [0, 4, 8, 12], actual[0], _ => Tolerances.Roundings(4, 12)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Backward_is_the_adjoint_of_forward(int h, int w, int toH, int toW, bool align)
    {
        Tensor x = TestData.Normal(new Shape(1, 2, h, w), 45);
        Tensor y = TestData.Normal(new Shape(1, 2, toH, toW), 46);
        using Tensors.Cpu.CpuDevice device = CpuDevices.Create(CpuDevices.KernelSets.First(), 2);
        float[][] mapped = Run(device, align, x, y, null);
        (double left, double right, double size) = (0, 0, 0);
        for (int i = 0; i < mapped[0].Length; i++)
        {
            left += (double)mapped[0][i] * y.Span[i];
            size += Math.Abs((double)mapped[0][i] * y.Span[i]);
        }

        for (int i = 0; i < mapped[1].Length; i++)
        {
            right += (double)mapped[1][i] * x.Span[i];
            size += Math.Abs((double)mapped[1][i] * x.Span[i]);
        }

        // Absolute sums of the parts are at most a few times those of the mixed values for data of mean near 0: 8.
        Assert.True(Math.Abs(left - right) <= Tolerances.BilinearForm((toH / h) + (toW / w) + 8, 8 * (size + 1)), $"{left} and {right}");
    }

    [Fact]
    public void Impossible_sizes_are_refused_with_a_line()
    {
        var input = new Shape(1, 1, 3, 3);
        Assert.Equal(new Shape(1, 1, 12, 12), BilinearResize2dParameters.ByFactor(4).OutputShape(input));
        Assert.Equal(new Shape(1, 1, 7, 2), BilinearResize2dParameters.ToSize(7, 2).OutputShape(input));
        Assert.Equal(new Shape(1, 1, 5, 6), BilinearResize2dParameters.LikeSecondInput().OutputShape(input, new Shape(2, 4, 5, 6)));
        Assert.Throws<FcnSharpException>(() => BilinearResize2dParameters.ByFactor(0));
        Assert.Throws<FcnSharpException>(() => BilinearResize2dParameters.ToSize(0, 3));
        Assert.Throws<FcnSharpException>(() => BilinearResize2dParameters.LikeSecondInput().OutputShape(input));
        Assert.Throws<FcnSharpException>(() => new BilinearResize2dParameters { Height = 3 }.OutputShape(input));
        Assert.Throws<FcnSharpException>(() => new BilinearResize2dParameters { Factor = 2, Height = 3, Width = 3 }.OutputShape(input));
        Assert.Throws<FcnSharpException>(() => BilinearResize2dParameters.ByFactor(int.MaxValue).OutputShape(input));
    }

    private static float[][] Run(IDevice device, bool align, Tensor input, Tensor gradOutput, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue output = bench.Output(gradOutput.Shape);
        ProgramValue gradInput = bench.Output(input.Shape);
        bench.Add(new BilinearResize2dForward("resize", align, bench.Input(input), output));
        bench.Add(new BilinearResize2dBackward("resize", align, bench.Input(gradOutput), gradInput));
        bench.Run(prepare: prepare);
        return [bench.Floats(output), bench.Floats(gradInput)];
    }
}
