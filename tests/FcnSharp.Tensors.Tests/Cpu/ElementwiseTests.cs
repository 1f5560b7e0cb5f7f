using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>ReLU, sum and crop move or compare numbers: the reference's bits are the only right ones.</summary>
public sealed class ElementwiseTests
{
    /// <summary>Around a vector, around an item of work, and several items with a tail.</summary>
    public static TheoryData<int> Lengths => [1, 2, 7, 8, 9, 15, 17, 16_383, 16_384, 16_385, 50_003];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void ReLU_and_its_gradient_have_the_references_bits(int length)
    {
        Tensor input = WithSpecials(TestData.Normal(new Shape(1, 1, 1, length), 41));
        Tensor gradOutput = TestData.Normal(input.Shape, 42);
        using var reference = new ReferenceDevice();
        float[][] expected = Relu(reference, input, gradOutput, null);
        CpuDevices.ForEach((device, poison) => Relu(device, input, gradOutput, poison), (kernels, actual) =>
        {
            TensorAssert.SameBits("output", expected[0], actual[0]);
            TensorAssert.SameBits("gradInput", expected[1], actual[1]);
        });
    }

    [Fact]
    public void Results_that_are_stored_past_the_caches_have_the_same_bits()
    {
        // 32 MiB and an end that no vector fits.
        Tensor input = TestData.Normal(new Shape(1, 1, 1, (8 << 20) + 37), 44);
        using var reference = new ReferenceDevice();
        float[][] expected = Relu(reference, input, input, null);
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            using CpuDevice device = CpuDevices.Create(kernels, threads: 3);
            float[][] actual = Relu(device, input, input, plan => CpuDevices.Poison(device, plan));
            TensorAssert.SameBits("output", expected[0], actual[0]);
            TensorAssert.SameBits("gradInput", expected[1], actual[1]);
        }
    }

    [Fact]
    public void ReLU_passes_NaN_so_that_a_broken_activation_is_seen()
    {
        foreach (int length in (int[])[1, 8, 21])
        {
            var input = new Tensor(new Shape(1, 1, 1, length));
            input.Span.Fill(float.NaN);
            CpuDevices.ForEach(
                (device, poison) => Relu(device, input, TestData.Normal(input.Shape, 43), poison),
                (_, actual) => Assert.All(actual[0], v => Assert.True(float.IsNaN(v))));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Sums_add_in_order_also_when_a_value_is_used_twice(int length)
    {
        var shape = new Shape(1, 1, 1, length);
        Tensor[] terms = [TestData.Normal(shape, 51), TestData.Normal(shape, 52, scale: 1000), TestData.Normal(shape, 53, scale: 0.001)];
        foreach (int[] order in (int[][])[[0], [0, 1], [1, 1], [0, 1, 2], [2, 0, 2, 1, 0]])
        {
            using var reference = new ReferenceDevice();
            float[] expected = Sum(reference, terms, order, null)[0];
            for (int i = 0; i < length; i += 997)
            {
                float wanted = order.Aggregate(0f, (sum, t) => sum + terms[t].Span[i]);
                Assert.Equal(wanted, expected[i]);
            }

            CpuDevices.ForEach((device, poison) => Sum(device, terms, order, poison), (_, actual) => TensorAssert.SameBits("sum", expected, actual[0]));
        }
    }

    [Fact]
    public void A_sum_of_a_value_with_itself_may_run_in_place()
    {
        Tensor input = TestData.Integers(new Shape(1, 1, 3, 7), 54, 9);
        CpuDevices.ForEach(
            (device, poison) =>
            {
                using var bench = new OperationBench(device);
                ProgramValue positive = bench.Intermediate(input.Shape);
                ProgramValue output = bench.Output(input.Shape);
                bench.Add(new ReluForward("relu", bench.Input(input), positive));
                bench.Add(new SumForward("sum", [positive, positive, positive], output));
                bench.Run(prepare: poison);
                return [bench.Floats(output)];
            },
            (_, actual) => Assert.Equal(input.Span.ToArray().Select(v => 3 * Math.Max(v, 0)), actual[0]));
    }

    [Theory]
    [InlineData(9, 11, 5, 7, 2, 3)]
    [InlineData(9, 11, 9, 11, 0, 0)]
    [InlineData(9, 11, 1, 1, 8, 10)]
    [InlineData(32, 49, 31, 17, 1, 32)]
    [InlineData(1, 1, 1, 1, 0, 0)]
    public void Crop_cuts_the_window_out_and_puts_gradients_back_among_zeros(int height, int width, int toHeight, int toWidth, int offsetY, int offsetX)
    {
        Tensor input = TestData.Normal(new Shape(2, 3, height, width), 61);
        Tensor gradOutput = TestData.Normal(new Shape(2, 3, toHeight, toWidth), 62);
        using var reference = new ReferenceDevice();
        float[][] expected = Crop(reference, input, gradOutput, offsetY, offsetX, null);
        Assert.Equal(input[1, 2, offsetY, offsetX], new Tensor(gradOutput.Shape, expected[0])[1, 2, 0, 0]);
        Assert.Equal(input[0, 1, offsetY + toHeight - 1, offsetX + toWidth - 1], new Tensor(gradOutput.Shape, expected[0])[0, 1, toHeight - 1, toWidth - 1]);
        CpuDevices.ForEach((device, poison) => Crop(device, input, gradOutput, offsetY, offsetX, poison), (_, actual) =>
        {
            TensorAssert.SameBits("output", expected[0], actual[0]);
            TensorAssert.SameBits("gradInput", expected[1], actual[1]);
        });
    }

    private static Tensor WithSpecials(Tensor tensor)
    {
        float[] specials = [0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -float.Epsilon];
        for (int i = 0; i < tensor.Span.Length; i += 5)
        {
            tensor.Span[i] = specials[i / 5 % specials.Length];
        }

        return tensor;
    }

    private static float[][] Relu(IDevice device, Tensor input, Tensor gradOutput, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue output = bench.Output(input.Shape);
        ProgramValue gradInput = bench.Output(input.Shape);
        bench.Add(new ReluForward("relu", bench.Input(input), output));
        bench.Add(new ReluBackward("relu", bench.Input(gradOutput), output, gradInput));
        bench.Run(prepare: prepare);
        return [bench.Floats(output), bench.Floats(gradInput)];
    }

    private static float[][] Sum(IDevice device, Tensor[] terms, int[] order, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue[] values = [.. terms.Select(bench.Input)];
        ProgramValue output = bench.Output(terms[0].Shape);
        bench.Add(new SumForward("sum", [.. order.Select(i => values[i])], output));
        bench.Run(prepare: prepare);
        return [bench.Floats(output)];
    }

    private static float[][] Crop(IDevice device, Tensor input, Tensor gradOutput, int offsetY, int offsetX, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue output = bench.Output(gradOutput.Shape);
        ProgramValue gradInput = bench.Output(input.Shape);
        bench.Add(new CropForward("crop", offsetY, offsetX, bench.Input(input), output));
        bench.Add(new CropBackward("crop", offsetY, offsetX, bench.Input(gradOutput), gradInput));
        bench.Run(prepare: prepare);
        return [bench.Floats(output), bench.Floats(gradInput)];
    }
}
