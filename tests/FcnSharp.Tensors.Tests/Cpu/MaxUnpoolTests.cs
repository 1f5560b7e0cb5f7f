using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class MaxUnpoolTests
{
    public static TheoryData<int, int, int, bool, int, int> Cases => MaxPoolTests.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Values_return_to_the_winners_exactly_as_the_references(int kernelSize, int stride, int padding, bool ceilMode, int height, int width)
    {
        // Nothing is computed, so any data are exact. With a limit of 9 winners are often shared where windows overlap.
        var parameters = new MaxPool2dParameters(kernelSize, stride, padding, ceilMode);
        Tensor input = TestData.Integers(new Shape(2, 3, height, width), 51, 9);
        Tensor values = TestData.Normal(parameters.OutputShape(input.Shape), 52);
        Tensor gradOutput = TestData.Normal(input.Shape, 53);
        using var reference = new ReferenceDevice();
        float[][] expected = Run(reference, parameters, input, values, gradOutput, null);
        CpuDevices.ForEach((device, poison) => Run(device, parameters, input, values, gradOutput, poison), (kernels, actual) =>
        {
            TensorAssert.Exact($"{kernels}, output", input.Shape, expected[0], actual[0]);
            TensorAssert.Exact($"{kernels}, gradInput", values.Shape, expected[1], actual[1]);
        });
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Pooling_what_was_unpooled_gives_the_maxima_back(int kernelSize, int stride, int padding, bool ceilMode, int height, int width)
    {
        var parameters = new MaxPool2dParameters(kernelSize, stride, padding, ceilMode);
        Tensor input = TestData.Absolute(TestData.Normal(new Shape(1, 2, height, width), 54));
        Shape pooled = parameters.OutputShape(input.Shape);
        CpuDevices.ForEach(
            (device, poison) =>
            {
                using var bench = new OperationBench(device);
                ProgramValue maxima = bench.Output(pooled);
                ProgramValue argMax = bench.Intermediate(pooled, ElementType.Int32);
                ProgramValue unpooled = bench.Output(input.Shape);
                ProgramValue again = bench.Output(pooled);
                bench.Add(new MaxPool2dForward("pool", parameters, bench.Input(input), maxima, argMax));
                bench.Add(new MaxUnpool2dForward("unpool", parameters, maxima, argMax, unpooled));
                bench.Add(new MaxPool2dForward("again", parameters, unpooled, again, null));
                bench.Run(prepare: poison);
                return [bench.Floats(maxima), bench.Floats(again)];
            },
            (_, actual) => TensorAssert.Exact("maxima", pooled, actual[0], actual[1]));
    }

    [Fact]
    public void Of_windows_that_share_a_winner_the_last_stays_and_has_the_gradient()
    {
        var parameters = new MaxPool2dParameters(3, 1);
        var input = new Tensor(new Shape(1, 1, 4, 4), [0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        var values = new Tensor(new Shape(1, 1, 2, 2), [1, 2, 3, 4]);
        Tensor gradOutput = TestData.Integers(input.Shape, 55, 9);
        CpuDevices.ForEach((device, poison) => Run(device, parameters, input, values, gradOutput, poison), (_, actual) =>
        {
            Assert.Equal([0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0], actual[0]);
            Assert.Equal([0, 0, 0, gradOutput.Span[6]], actual[1]);
        });
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void An_index_outside_of_the_plane_is_NaN_and_writes_nowhere_else(int hostile)
    {
        var parameters = new MaxPool2dParameters(2, 2);
        var shape = new Shape(3, 1, 2, 2);
        var values = new Tensor(new Shape(3, 1, 1, 1), [5, 6, 7]);
        using var reference = new ReferenceDevice();
        var devices = new List<HostDevice> { reference };
        devices.AddRange(CpuDevices.KernelSets.Select(kernels => CpuDevices.Create(kernels, 2)));
        foreach (HostDevice device in devices)
        {
            using var bench = new OperationBench(device);
            ProgramValue indices = bench.Input(values.Shape, [1, hostile, 3]);
            ProgramValue output = bench.Output(shape);
            ProgramValue gradInput = bench.Output(values.Shape);
            bench.Add(new MaxUnpool2dForward("unpool", parameters, bench.Input(values), indices, output));
            bench.Add(new MaxUnpool2dBackward("unpool", parameters, bench.Input(new Tensor(shape, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])), indices, gradInput));
            bench.Run();
            Assert.Equal([0, 5, 0, 0, float.NaN, 0, 0, 0, 0, 0, 0, 7], bench.Floats(output));
            Assert.Equal([2, float.NaN, 12], bench.Floats(gradInput));
        }

        devices.ForEach(device => device.Dispose());
    }

    private static float[][] Run(IDevice device, MaxPool2dParameters parameters, Tensor input, Tensor values, Tensor gradOutput, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue pooled = bench.Intermediate(values.Shape);
        ProgramValue argMax = bench.Intermediate(values.Shape, ElementType.Int32);
        ProgramValue output = bench.Output(input.Shape);
        ProgramValue gradInput = bench.Output(values.Shape);
        bench.Add(new MaxPool2dForward("pool", parameters, bench.Input(input), pooled, argMax));
        bench.Add(new MaxUnpool2dForward("unpool", parameters, bench.Input(values), argMax, output));
        bench.Add(new MaxUnpool2dBackward("unpool", parameters, bench.Input(gradOutput), argMax, gradInput));
        bench.Run(prepare: prepare);
        return [bench.Floats(output), bench.Floats(gradInput)];
    }
}
