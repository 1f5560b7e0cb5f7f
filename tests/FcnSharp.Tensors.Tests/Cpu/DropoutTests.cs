using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class DropoutTests
{
    private static readonly Shape Large = new(2, 4, 100, 125);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(31)]
    [InlineData(70)]
    [InlineData(16_383)]
    [InlineData(16_385)]
    [InlineData(49_999)]
    public void Masks_are_the_references_for_any_thread_count(int length)
    {
        Tensor input = TestData.Normal(new Shape(1, 1, 1, length), 71);
        using var reference = new ReferenceDevice();
        float[] expected = Apply(reference, input, 0.4f, stream: 5, seed: 6, step: 7);
        CpuDevices.ForEach((device, poison) => [Apply(device, input, 0.4f, 5, 6, 7, poison)], (_, actual) => TensorAssert.SameBits("output", expected, actual[0]));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.1f)]
    [InlineData(0.5f)]
    [InlineData(0.9f)]
    public void The_share_of_zeros_is_the_ratio_and_the_rest_is_scaled_to_keep_the_mean(float ratio)
    {
        var ones = new Tensor(Large);
        ones.Span.Fill(1);
        using var device = CpuDevices.Create(CpuDevices.KernelSets.First(), 2);
        float[] output = Apply(device, ones, ratio, 1, 2, 3);
        double n = output.Length;
        double zeros = output.Count(v => v == 0);

        // Five standard deviations of a binomial count; with a fixed seed this is not a matter of luck.
        Assert.True(Math.Abs(zeros - n * ratio) <= 5 * Math.Sqrt(n * ratio * (1 - ratio)));
        Assert.All(output.Where(v => v != 0), v => Assert.Equal(1 / (1 - ratio), v));

        // Neighbours are independent, within a draw of two and across draws.
        foreach (int distance in (int[])[1, 2, 125])
        {
            double both = Enumerable.Range(0, output.Length - distance).Count(i => output[i] == 0 && output[i + distance] == 0);
            double p = (double)ratio * ratio;
            Assert.True(Math.Abs(both - n * p) <= 5 * Math.Sqrt(n * p * (1 - p)) * 1.5 + distance);
        }
    }

    [Fact]
    public void The_backward_pass_draws_the_forward_pass_mask_again()
    {
        Tensor input = TestData.Normal(Large, 72, mean: 5, scale: 0.1);
        Tensor gradOutput = TestData.Normal(Large, 73, mean: 5, scale: 0.1);
        CpuDevices.ForEach(
            (device, poison) =>
            {
                using var bench = new OperationBench(device);
                ProgramValue output = bench.Output(Large);
                ProgramValue gradInput = bench.Output(Large);
                bench.Add(new DropoutApply("dropout", 0.5f, 9, bench.Input(input), output));
                bench.Add(new DropoutApply("dropout", 0.5f, 9, bench.Input(gradOutput), gradInput));
                bench.Run(seed: 4, step: 100, prepare: poison);
                return [bench.Floats(output), bench.Floats(gradInput)];
            },
            (_, actual) =>
            {
                Assert.Equal(actual[0].Select(v => v == 0), actual[1].Select(v => v == 0));
                Assert.Equal(input.Span.ToArray().Zip(actual[0], (x, y) => y == 0 ? 0 : 2 * x), actual[0]);
            });
    }

    [Fact]
    public void Another_seed_step_or_stream_gives_an_independent_mask()
    {
        var ones = new Tensor(Large);
        ones.Span.Fill(1);
        using var device = CpuDevices.Create(CpuDevices.KernelSets.First(), 2);
        float[][] masks =
        [
            Apply(device, ones, 0.5f, 1, 1, 1),
            Apply(device, ones, 0.5f, 2, 1, 1),
            Apply(device, ones, 0.5f, 1, 2, 1),
            Apply(device, ones, 0.5f, 1, 1, 2),
            Apply(device, ones, 0.5f, 2, 2, 1),
            Apply(device, ones, 0.5f, 1, 0, 0),
        ];
        double n = ones.Span.Length;
        for (int i = 0; i < masks.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double same = masks[i].Zip(masks[j]).Count(pair => pair.First == pair.Second);
                Assert.True(Math.Abs(same - n / 2) <= 5 * Math.Sqrt(n / 4), $"masks {i} and {j} agree in {same} of {n}");
            }
        }

        TensorAssert.SameBits("again", masks[0], Apply(device, ones, 0.5f, 1, 1, 1));
    }

    private static float[] Apply(IDevice device, Tensor input, float ratio, ulong stream, ulong seed, ulong step, Action<IDevicePlan>? prepare = null)
    {
        using var bench = new OperationBench(device);
        ProgramValue output = bench.Output(input.Shape);
        bench.Add(new DropoutApply("dropout", ratio, stream, bench.Input(input), output));
        bench.Run(seed: seed, step: step, prepare: prepare);
        return bench.Floats(output);
    }
}
