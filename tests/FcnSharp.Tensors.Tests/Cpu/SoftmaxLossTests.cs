using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class SoftmaxLossTests
{
    private const int Void = 255;

    [Theory]
    [InlineData(2, 21, 13, 9, LossReduction.Mean, 1f)]
    [InlineData(2, 21, 13, 9, LossReduction.Sum, 0.5f)]
    [InlineData(1, 2, 1, 1, LossReduction.Mean, 1f)]
    [InlineData(1, 1, 5, 7, LossReduction.Mean, 1f)]
    [InlineData(3, 5, 1, 17, LossReduction.Sum, 1f)]
    [InlineData(1, 3, 45, 46, LossReduction.Mean, 2f)]
    [InlineData(2, 4, 64, 65, LossReduction.Mean, 1f)]
    [InlineData(1, 6, 1, 31, LossReduction.Mean, 1f)]
    [InlineData(1, 6, 1, 67, LossReduction.Sum, 1f)]
    [InlineData(1, 3000, 9, 70, LossReduction.Sum, 1f)]
    public void Loss_and_gradient_are_the_references_within_the_bound(int n, int classes, int height, int width, LossReduction reduction, float weight)
    {
        Tensor logits = TestData.Normal(new Shape(n, classes, height, width), 81, scale: 3);
        int[] labels = TestData.Labels((long)n * height * width, classes, 82, Void, voidEvery: 4);
        if (labels.Length == 1)
        {
            labels[0] = 1;
        }

        using var reference = new ReferenceDevice();
        float[][] expected = Run(reference, logits, labels, Void, reduction, weight, null);
        double valid = labels.Count(l => l != Void);
        double spread = logits.Span.ToArray().Max() - logits.Span.ToArray().Min();
        CpuDevices.ForEach((device, poison) => Run(device, logits, labels, Void, reduction, weight, poison), (kernels, actual) =>
        {
            Assert.Equal(valid, actual[0][1]);
            double pixels = reduction == LossReduction.Sum ? valid : 1;
            TensorAssert.Within("loss", new Shape(2), expected[0], actual[0], _ => Tolerances.Loss(classes, spread, expected[0][0], pixels));
            double scale = reduction == LossReduction.Mean ? weight / valid : weight;
            TensorAssert.Within("gradLogits", logits.Shape, expected[1], actual[1], _ => Tolerances.Softmax(classes, spread, scale));
        });
    }

    [Fact]
    public void Void_pixels_have_gradient_zero_and_the_classes_of_a_pixel_sum_to_zero()
    {
        Tensor logits = TestData.Normal(new Shape(1, 5, 7, 9), 83);
        int[] labels = TestData.Labels(63, 5, 84, ignoreIndex: 3, voidEvery: 3);
        CpuDevices.ForEach((device, poison) => Run(device, logits, labels, 3, LossReduction.Sum, 1, poison), (_, actual) =>
        {
            for (int pixel = 0; pixel < 63; pixel++)
            {
                double sum = 0;
                for (int c = 0; c < 5; c++)
                {
                    float gradient = actual[1][c * 63 + pixel];
                    Assert.True(labels[pixel] == 3 ? gradient == 0 : gradient != 0);
                    sum += gradient;
                }

                Assert.True(Math.Abs(sum) <= 5 * Tolerances.Softmax(5, 10, 1));
            }
        });
    }

    [Theory]
    [InlineData(LossReduction.Mean)]
    [InlineData(LossReduction.Sum)]
    public void Without_a_valid_pixel_loss_and_gradient_are_zero(LossReduction reduction)
    {
        Tensor logits = TestData.Normal(new Shape(2, 3, 4, 5), 85);
        int[] labels = [.. Enumerable.Repeat(Void, 40)];
        foreach (float[][] results in Everywhere(logits, labels, reduction))
        {
            Assert.Equal([0, 0], results[0]);
            Assert.All(results[1], g => Assert.Equal(0, g));
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(254)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void A_label_out_of_range_makes_the_loss_NaN_and_writes_nowhere_else(int label)
    {
        Tensor logits = TestData.Normal(new Shape(1, 3, 4, 5), 86);
        int[] labels = TestData.Labels(20, 3, 87, Void);
        labels[11] = label;
        foreach (float[][] results in Everywhere(logits, labels, LossReduction.Mean))
        {
            Assert.True(float.IsNaN(results[0][0]));
            Assert.All(results[1], g => Assert.True(Math.Abs(g) <= 1));
        }
    }

    [Theory]
    [InlineData(1e4f)]
    [InlineData(-1e4f)]
    [InlineData(1e30f)]
    [InlineData(100f)]
    public void Extreme_logits_give_finite_results_and_no_denormal_numbers(float extreme)
    {
        var shape = new Shape(1, 4, 5, 7);
        Tensor logits = TestData.Normal(shape, 88);
        for (int i = 0; i < 35; i += 2)
        {
            logits.Span[i % 4 * 35 + i] = extreme;
        }

        int[] labels = TestData.Labels(35, 4, 89, Void);
        foreach (float[][] results in Everywhere(logits, labels, LossReduction.Mean))
        {
            Assert.True(float.IsFinite(results[0][0]));
            Assert.True(results[0][0] >= 0);
            Assert.All(results[1], g => Assert.True(float.IsFinite(g)));
        }

        CpuDevices.ForEach((device, poison) => Run(device, logits, labels, Void, LossReduction.Mean, 1, poison), (_, actual) => Assert.All(actual[1], g => Assert.False(float.IsSubnormal(g))));
    }

    [Fact]
    public void NaN_logits_give_a_NaN_loss()
    {
        foreach (int pixel in (int[])[0, 34])
        {
            Tensor logits = TestData.Normal(new Shape(1, 4, 5, 7), 90);
            logits.Span[2 * 35 + pixel] = float.NaN;
            foreach (float[][] results in Everywhere(logits, new int[35], LossReduction.Mean))
            {
                Assert.True(float.IsNaN(results[0][0]));
            }
        }
    }

    [Fact]
    public void The_gradient_may_be_written_over_the_logits()
    {
        Tensor logits = TestData.Normal(new Shape(2, 5, 50, 61), 91);
        int[] labels = TestData.Labels(2 * 50 * 61, 5, 92, Void);
        using var reference = new ReferenceDevice();
        float[] expected = Run(reference, logits, labels, Void, LossReduction.Sum, 1, null)[1];
        CpuDevices.ForEach(
            (device, poison) =>
            {
                using var bench = new OperationBench(device);
                ProgramValue copy = bench.Intermediate(logits.Shape);
                ProgramValue labelsValue = bench.Input(new Shape(2, 1, 50, 61), labels);
                ProgramValue loss = bench.Output(new Shape(2));
                ProgramValue gradLogits = bench.Output(logits.Shape);
                bench.Add(new SumForward("copy", [bench.Input(logits)], copy));
                bench.Add(new SoftmaxCrossEntropyForward("loss", Void, LossReduction.Sum, copy, labelsValue, loss));
                bench.Add(new SoftmaxCrossEntropyBackward("loss", Void, LossReduction.Sum, 1, copy, labelsValue, loss, gradLogits));
                bench.Run(prepare: poison);
                return [bench.Floats(gradLogits)];
            },
            (_, actual) => TensorAssert.Within("gradLogits", logits.Shape, expected, actual[0], _ => Tolerances.Softmax(5, 10, 1)));
    }

    private static List<float[][]> Everywhere(Tensor logits, int[] labels, LossReduction reduction)
    {
        using var reference = new ReferenceDevice();
        List<float[][]> all = [Run(reference, logits, labels, Void, reduction, 1, null)];
        CpuDevices.ForEach((device, poison) => Run(device, logits, labels, Void, reduction, 1, poison), (_, actual) => all.Add(actual));
        return all;
    }

    private static float[][] Run(IDevice device, Tensor logits, int[] labels, int ignoreIndex, LossReduction reduction, float weight, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue logitsValue = bench.Input(logits);
        ProgramValue labelsValue = bench.Input(new Shape(logits.Shape.N, 1, logits.Shape.H, logits.Shape.W), labels);
        ProgramValue loss = bench.Output(new Shape(2));
        ProgramValue gradLogits = bench.Output(logits.Shape);
        bench.Add(new SoftmaxCrossEntropyForward("loss", ignoreIndex, reduction, logitsValue, labelsValue, loss));
        bench.Add(new SoftmaxCrossEntropyBackward("loss", ignoreIndex, reduction, weight, logitsValue, labelsValue, loss, gradLogits));
        bench.Run(prepare: prepare);
        return [bench.Floats(loss), bench.Floats(gradLogits)];
    }
}
