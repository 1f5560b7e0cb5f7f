using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>The softmax loss with a weight for each class.</summary>
public sealed class WeightedLossTests
{
    private const int Void = 255;

    [Theory]
    [InlineData(2, 21, 13, 9, LossReduction.Mean)]
    [InlineData(3, 5, 1, 17, LossReduction.Sum)]
    [InlineData(1, 1, 5, 7, LossReduction.Mean)]
    [InlineData(2, 4, 64, 65, LossReduction.Mean)]
    public void Loss_and_gradient_are_the_references_within_the_bound(int n, int classes, int height, int width, LossReduction reduction)
    {
        Tensor logits = TestData.Normal(new Shape(n, classes, height, width), 401, scale: 3);
        int[] labels = TestData.Labels((long)n * height * width, classes, 402, Void, voidEvery: 4);
        float[] weights = [.. Enumerable.Range(0, classes).Select(c => c % 3 * 0.75f + (c == 0 ? 1 : 0))];
        using var reference = new ReferenceDevice();
        float[][] expected = Run(reference, logits, labels, reduction, weights, null);
        double total = labels.Where(l => l != Void).Sum(l => (double)weights[l]);
        double spread = logits.Span.ToArray().Max() - logits.Span.ToArray().Min();
        double scale = reduction == LossReduction.Mean ? 1 / total : 1;
        CpuDevices.ForEach((device, poison) => Run(device, logits, labels, reduction, weights, poison), (kernels, actual) =>
        {
            // Multiples of a quarter add up exactly.
            Assert.Equal([labels.Count(l => l != Void), (float)total], actual[0][1..]);
            TensorAssert.Within($"{kernels} loss", new Shape(3), expected[0], actual[0], _ => Tolerances.Loss(classes, spread, expected[0][0], reduction == LossReduction.Sum ? total : 1));
            TensorAssert.Within($"{kernels} gradient", logits.Shape, expected[1], actual[1], _ => weights.Max() * Tolerances.Softmax(classes, spread, scale));
        });
    }

    [Theory]
    [InlineData(LossReduction.Mean)]
    [InlineData(LossReduction.Sum)]
    public void Weights_of_1_change_no_bit_of_what_a_loss_without_weights_gives(LossReduction reduction)
    {
        Tensor logits = TestData.Normal(new Shape(2, 4, 45, 47), 411, scale: 3);
        int[] labels = TestData.Labels(2 * 45 * 47, 4, 412, Void);
        CpuDevices.ForEach(
            (device, poison) => [.. Run(device, logits, labels, reduction, null, poison), .. Run(device, logits, labels, reduction, [1, 1, 1, 1], poison)],
            (kernels, actual) =>
            {
                Assert.Equal(2, actual[0].Length);
                TensorAssert.SameBits($"{kernels} loss", actual[0], actual[2].AsSpan(0, 2));
                TensorAssert.SameBits($"{kernels} gradient", actual[1], actual[3]);
            });
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void A_label_out_of_range_makes_the_loss_NaN_and_reads_no_weight(int label)
    {
        Tensor logits = TestData.Normal(new Shape(1, 3, 4, 5), 421);
        int[] labels = TestData.Labels(20, 3, 422, Void);
        labels[11] = label;
        CpuDevices.ForEach((device, poison) => Run(device, logits, labels, LossReduction.Mean, [1, 2, 3], poison), (_, actual) =>
        {
            Assert.True(float.IsNaN(actual[0][0]));
            Assert.All(actual[1], g => Assert.True(Math.Abs(g) <= 3));
        });
    }

    [Fact]
    public void Without_any_weight_loss_and_gradient_are_zero()
    {
        Tensor logits = TestData.Normal(new Shape(1, 3, 4, 5), 431);
        CpuDevices.ForEach((device, poison) => Run(device, logits, new int[20], LossReduction.Mean, [0, 1, 1], poison), (_, actual) =>
        {
            Assert.Equal([0, 20, 0], actual[0]);
            Assert.All(actual[1], g => Assert.Equal(0, g));
        });
    }

    private static float[][] Run(IDevice device, Tensor logits, int[] labels, LossReduction reduction, float[]? weights, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue logitsValue = bench.Input(logits);
        ProgramValue labelsValue = bench.Input(new Shape(logits.Shape.N, 1, logits.Shape.H, logits.Shape.W), labels);
        ProgramValue loss = bench.Output(new Shape(weights is null ? 2 : 3));
        ProgramValue gradLogits = bench.Output(logits.Shape);
        bench.Add(new SoftmaxCrossEntropyForward("loss", Void, reduction, logitsValue, labelsValue, loss) { ClassWeights = weights });
        bench.Add(new SoftmaxCrossEntropyBackward("loss", Void, reduction, 1, logitsValue, labelsValue, loss, gradLogits) { ClassWeights = weights });
        bench.Run(prepare: prepare);
        return [bench.Floats(loss), bench.Floats(gradLogits)];
    }
}
