using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>Concatenation, slices of channels, padding, scaling and weighted sums.</summary>
public sealed class MixingTests
{
    /// <summary>Around a vector, around an item of work, and several items with a tail.</summary>
    public static TheoryData<int> Lengths => [1, 7, 8, 15, 17, 16_383, 16_385, 50_003];

    [Theory]
    [InlineData(1, 1, 1, new[] { 1 })]
    [InlineData(2, 3, 5, new[] { 1, 1 })]
    [InlineData(3, 1, 17, new[] { 4, 1, 33 })]
    [InlineData(2, 131, 129, new[] { 2, 1, 3, 1 })]
    public void Concatenation_and_its_slices_move_the_bits(int n, int height, int width, int[] channels)
    {
        Tensor[] parts = [.. channels.Select((c, i) => TestData.Normal(new Shape(n, c, height, width), (ulong)(201 + i)))];
        using var reference = new ReferenceDevice();
        float[][] expected = Concat(reference, parts, null);
        var whole = new Tensor(new Shape(n, channels.Sum(), height, width), expected[0]);
        Assert.Equal(parts[^1][n - 1, channels[^1] - 1, height - 1, 0], whole[n - 1, channels.Sum() - 1, height - 1, 0]);
        CpuDevices.ForEach((device, poison) => Concat(device, parts, poison), (kernels, actual) =>
        {
            TensorAssert.SameBits($"{kernels} whole", expected[0], actual[0]);
            for (int i = 0; i < parts.Length; i++)
            {
                // Slicing what was concatenated gives the parts back.
                TensorAssert.SameBits($"{kernels} part {i}", parts[i].Span, actual[i + 1]);
                TensorAssert.SameBits($"reference part {i}", parts[i].Span, expected[i + 1]);
            }
        });
    }

    [Fact]
    public void One_value_may_be_concatenated_several_times()
    {
        Tensor input = TestData.Integers(new Shape(2, 2, 3, 1), 211, 99);
        CpuDevices.ForEach(
            (device, poison) =>
            {
                using var bench = new OperationBench(device);
                ProgramValue value = bench.Input(input);
                ProgramValue output = bench.Output(new Shape(2, 4, 3, 1));
                bench.Add(new ConcatForward("c", [value, value], output));
                bench.Run(prepare: poison);
                return [bench.Floats(output)];
            },
            (_, actual) => Assert.Equal([.. input.Span[..6], .. input.Span[..6], .. input.Span[6..], .. input.Span[6..]], actual[0]));
    }

    [Theory]
    [InlineData(1, 1, 0, 0, 0, 0, 0f)]
    [InlineData(1, 1, 100, 100, 100, 100, 0f)]
    [InlineData(5, 7, 1, 2, 3, 4, -1.5f)]
    [InlineData(3, 33, 0, 5, 17, 0, float.PositiveInfinity)]
    public void Padding_and_its_crop_are_exact(int height, int width, int top, int bottom, int left, int right, float value)
    {
        var pad = new Pad2dParameters(top, bottom, left, right) { Value = value };
        Tensor input = TestData.Normal(new Shape(2, 3, height, width), 221);
        using var reference = new ReferenceDevice();
        float[][] expected = Pad(reference, pad, input, null);
        Assert.Equal(input[1, 2, 0, 0], new Tensor(pad.OutputShape(input.Shape), expected[0])[1, 2, top, left]);
        Assert.Equal(6 * ((height + top + bottom) * (width + left + right) - (height * width)), expected[0].Count(v => v == value));
        CpuDevices.ForEach((device, poison) => Pad(device, pad, input, poison), (kernels, actual) =>
        {
            TensorAssert.SameBits($"{kernels} padded", expected[0], actual[0]);
            TensorAssert.SameBits($"{kernels} cropped", input.Span, actual[1]);
        });
    }

    [Theory]
    [InlineData(-1, 0, 0, 0, "Padding must be at least 0, found top -1, bottom 0, left 0, right 0")]
    [InlineData(0, 0, 0, -3, "Padding must be at least 0, found top 0, bottom 0, left 0, right -3")]
    [InlineData(int.MaxValue, int.MaxValue, 0, 0, "The padded image would have")]
    [InlineData(0, 0, 1, int.MaxValue, "The padded image would have")]
    public void Hostile_borders_are_one_line(int top, int bottom, int left, int right, string begins)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => new Pad2dParameters(top, bottom, left, right).OutputShape(new Shape(1, 1, 2, 2)));

        Assert.StartsWith(begins, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Scaling_is_one_rounding_and_may_run_in_place(int length)
    {
        Tensor input = TestData.Normal(new Shape(1, 1, 1, length), 231);
        foreach (float factor in (float[])[0.01f, 0.0001f, -2, 0])
        {
            float[] expected = [.. input.Span.ToArray().Select(v => v * factor)];
            using var reference = new ReferenceDevice();
            TensorAssert.SameBits("reference", expected, Scale(reference, input, factor, null)[0]);
            CpuDevices.ForEach((device, poison) => Scale(device, input, factor, poison), (kernels, actual) => TensorAssert.SameBits(kernels, expected, actual[0]));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Weighted_sums_of_whole_numbers_are_exact(int length)
    {
        var shape = new Shape(1, 1, 1, length);
        Tensor[] terms = [TestData.Integers(shape, 241, 999), TestData.Integers(shape, 242, 999)];
        using var reference = new ReferenceDevice();
        foreach ((int[] order, float[] coefficients) in ((int[], float[])[])[([0], [3]), ([0, 1], [0.5f, 0.5f]), ([1, 1, 0], [2, -1, 0.25f])])
        {
            float[] expected = WeightedSum(reference, terms, order, coefficients, null)[0];
            Assert.Equal(order.Select((t, i) => coefficients[i] * terms[t].Span[length - 1]).Sum(), expected[^1]);
            CpuDevices.ForEach((device, poison) => WeightedSum(device, terms, order, coefficients, poison), (kernels, actual) => TensorAssert.SameBits(kernels, expected, actual[0]));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Weighted_sums_are_the_references_within_the_bound(int length)
    {
        var shape = new Shape(1, 1, 1, length);
        Tensor[] terms = [TestData.Normal(shape, 251), TestData.Normal(shape, 252, scale: 1000), TestData.Normal(shape, 253, scale: 0.001)];
        float[] coefficients = [0.3f, -0.007f, 11];
        using var reference = new ReferenceDevice();
        float[] expected = WeightedSum(reference, terms, [0, 1, 2], coefficients, null)[0];
        CpuDevices.ForEach((device, poison) => WeightedSum(device, terms, [0, 1, 2], coefficients, poison), (kernels, actual) =>
            TensorAssert.Within(kernels, shape, expected, actual[0], i => Tolerances.SumOfProducts(3, Enumerable.Range(0, 3).Sum(t => Math.Abs((double)coefficients[t] * terms[t].Span[i])))));
    }

    private static float[][] Concat(IDevice device, Tensor[] parts, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        Shape first = parts[0].Shape;
        ProgramValue whole = bench.Output(new Shape(first.N, parts.Sum(p => p.Shape.C), first.H, first.W));
        bench.Add(new ConcatForward("concat", [.. parts.Select(bench.Input)], whole));
        List<ProgramValue> slices = [];
        int channel = 0;
        foreach (Tensor part in parts)
        {
            slices.Add(bench.Output(part.Shape));
            bench.Add(new SliceChannels("slice", channel, whole, slices[^1]));
            channel += part.Shape.C;
        }

        bench.Run(prepare: prepare);
        return [bench.Floats(whole), .. slices.Select(bench.Floats)];
    }

    private static float[][] Pad(IDevice device, Pad2dParameters pad, Tensor input, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue output = bench.Output(pad.OutputShape(input.Shape));
        ProgramValue back = bench.Output(input.Shape);
        bench.Add(new Pad2dForward("pad", pad, bench.Input(input), output));
        bench.Add(new CropForward("pad", pad.Top, pad.Left, output, back));
        bench.Run(prepare: prepare);
        return [bench.Floats(output), bench.Floats(back)];
    }

    private static float[][] Scale(IDevice device, Tensor input, float factor, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue copy = bench.Intermediate(input.Shape);
        ProgramValue output = bench.Output(input.Shape);
        bench.Add(new SumForward("copy", [bench.Input(input)], copy));
        bench.Add(new ScaleApply("scale", factor, copy, output));
        bench.Run(prepare: prepare);
        return [bench.Floats(output)];
    }

    private static float[][] WeightedSum(IDevice device, Tensor[] terms, int[] order, float[] coefficients, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue[] inputs = [.. terms.Select(bench.Input)];
        ProgramValue[] values = [.. inputs.Select(_ => bench.Intermediate(terms[0].Shape))];
        for (int i = 0; i < inputs.Length; i++)
        {
            // A copy is no input of the program: the sum may run in place of it.
            bench.Add(new SumForward("copy", [inputs[i]], values[i]));
        }

        ProgramValue output = bench.Output(terms[0].Shape);
        bench.Add(new WeightedSumForward("sum", [.. order.Select(i => values[i])], coefficients, output));
        bench.Run(prepare: prepare);
        return [bench.Floats(output)];
    }
}
