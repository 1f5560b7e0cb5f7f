using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class AdamWStepTests
{
    private const int StepsDone = 3;
    private static readonly AdamWCoefficients Coefficients = new(LearningRate: 0.01f, WeightDecay: 0.05f, Step: 1, GradientScale: 0.25f);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(17, 1)]
    [InlineData(16_385, 1)]
    [InlineData(40_001, 1)]
    [InlineData(40_001, 1_000_000)]
    public void Three_steps_agree_with_the_reference_and_clear_the_gradient(int length, long firstStep)
    {
        using var reference = new ReferenceDevice();
        float[][] expected = Steps(reference, length, firstStep);
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            float[][]? first = null;
            foreach (int threads in CpuDevices.ThreadCounts)
            {
                using CpuDevice device = CpuDevices.Create(kernels, threads);
                float[][] actual = Steps(device, length, firstStep);
                first ??= actual;
                for (int i = 0; i < actual.Length; i++)
                {
                    TensorAssert.SameBits($"{threads} threads", first[i], actual[i]);
                }

                // From moments of zero a direction has a size of at most about 1 / sqrt(1 - beta2) = 32 (a gradient that was
                // tiny once and then large). Its error, of a dozen roundings, comes down by the learning rate; the weights
                // stay below 10 and see six roundings a step. The moments see four a step.
                Assert.All(expected[0], w => Assert.InRange(w, -10, 10));
                Assert.All(expected[1], m => Assert.InRange(m, -1, 1));
                Assert.All(expected[2], v => Assert.InRange(v, 0, 0.01));
                TensorAssert.Within($"{kernels.Name} weight", new Shape(length), expected[0], actual[0], _ => Tolerances.Roundings(6 * StepsDone, 10) + Tolerances.Roundings(12 * StepsDone, 32 * Coefficients.LearningRate));
                TensorAssert.Within($"{kernels.Name} first", new Shape(length), expected[1], actual[1], _ => Tolerances.Roundings(4 * StepsDone, 1));
                TensorAssert.Within($"{kernels.Name} second", new Shape(length), expected[2], actual[2], _ => Tolerances.Roundings(5 * StepsDone, 0.01));
                Assert.All(actual[3], g => Assert.Equal(0, g));
            }
        }
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void One_step_is_the_documented_formula(string deviceName)
    {
        using HostDevice device = deviceName == "cpu" ? CpuDevices.Create(KernelSet.Best, 2) : new ReferenceDevice();
        using IDeviceTensor weight = Tensor(device, [2]);
        using IDeviceTensor gradient = Tensor(device, [8]);
        using IDeviceTensor first = Tensor(device, [2]);
        using IDeviceTensor second = Tensor(device, [0]);
        device.AdamWStep(weight, gradient, first, second, new AdamWCoefficients(LearningRate: 0.5f, WeightDecay: 0.25f, Step: 1, Beta1: 0.5f, Beta2: 0.75f, Epsilon: 2, GradientScale: 0.5f));

        // g = 4; first = 0.5 * 2 + 0.5 * 4 = 3, corrected by 1 / (1 - 0.5) to 6; second = 0.25 * 16 = 4, corrected by
        // 1 / (1 - 0.75) to 16; direction = 6 / (sqrt(16) + 2) = 1; weight = 2 - 0.5 * (1 + 0.25 * 2).
        Assert.Equal([3f], Read(first));
        Assert.Equal([4f], Read(second));
        Assert.Equal([1.25f], Read(weight));
        Assert.Equal([0f], Read(gradient));
    }

    [Fact]
    public void The_bias_corrections_follow_the_step()
    {
        var k = new AdamWCoefficients(LearningRate: 1, WeightDecay: 0, Step: 2, Beta1: 0.5f, Beta2: 0.75f);

        Assert.Equal(1 / (1 - 0.25f), k.Correction1);
        Assert.Equal(1 / (1 - 0.5625f), k.Correction2);
        Assert.Equal(1, (k with { Step = 1_000_000 }).Correction1);
        Assert.Equal(1, (k with { Step = 1_000_000 }).Correction2);
    }

    [Theory]
    [InlineData(0.001f)]
    [InlineData(1000f)]
    public void The_first_step_has_the_size_of_the_learning_rate_whatever_the_gradient(float gradientValue)
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2);
        using IDeviceTensor weight = Tensor(device, [0, 0]);
        using IDeviceTensor gradient = Tensor(device, [gradientValue, -gradientValue]);
        using IDeviceTensor first = Tensor(device, [0, 0]);
        using IDeviceTensor second = Tensor(device, [0, 0]);
        device.AdamWStep(weight, gradient, first, second, new AdamWCoefficients(LearningRate: 0.01f, WeightDecay: 0, Step: 1));

        // Up to epsilon beside a root of at least 0.001.
        Assert.All(Read(weight), w => Assert.Equal(0.01, Math.Abs(w), 2e-7));
        Assert.True(Read(weight)[0] < 0);
    }

    [Fact]
    public void A_gradient_of_zero_moves_a_weight_by_its_decay_alone()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2);
        using IDeviceTensor weight = Tensor(device, [4]);
        using IDeviceTensor gradient = Tensor(device, [0]);
        using IDeviceTensor first = Tensor(device, [0]);
        using IDeviceTensor second = Tensor(device, [0]);
        device.AdamWStep(weight, gradient, first, second, new AdamWCoefficients(LearningRate: 0.5f, WeightDecay: 0.25f, Step: 1));

        Assert.Equal([3.5f], Read(weight));
    }

    [Fact]
    public void The_end_of_a_tensor_is_treated_as_its_vectors()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 1);
        float[][] together = Steps(device, 33, firstStep: 1);
        for (int i = 0; i < 33; i++)
        {
            float[][] alone = Steps(device, 33, firstStep: 1, only: i);
            TensorAssert.SameBits($"element {i}", [together[0][i], together[1][i], together[2][i]], [alone[0][0], alone[1][0], alone[2][0]]);
        }
    }

    [Fact]
    public void Tensors_of_different_shapes_are_refused()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2);
        using var reference = new ReferenceDevice();
        foreach (IDevice each in (IDevice[])[device, reference])
        {
            using IDeviceTensor four = Tensor(each, [1, 2, 3, 4]);
            using IDeviceTensor five = Tensor(each, [1, 2, 3, 4, 5]);
            Assert.Throws<ArgumentException>(() => each.AdamWStep(five, four, five, five, Coefficients));
            Assert.Throws<ArgumentException>(() => each.AdamWStep(five, five, four, five, Coefficients));
            Assert.Throws<ArgumentException>(() => each.AdamWStep(five, five, five, four, Coefficients));
            Assert.Equal([1, 2, 3, 4, 5], Read(five));
        }
    }

    /// <summary>Weight, first and second moment, and gradient after some steps; of all elements or of one alone.</summary>
    private static float[][] Steps(IDevice device, int length, long firstStep, int? only = null)
    {
        float[] Data(ulong seed)
        {
            float[] all = TestData.Normal(new Shape(length), seed).Span.ToArray();
            return only is { } i ? [all[i]] : all;
        }

        using IDeviceTensor weight = Tensor(device, Data(211));
        using IDeviceTensor gradient = Tensor(device, new float[weight.Shape.ElementCount]);
        using IDeviceTensor first = Tensor(device, new float[weight.Shape.ElementCount]);
        using IDeviceTensor second = Tensor(device, new float[weight.Shape.ElementCount]);
        for (int step = 0; step < StepsDone; step++)
        {
            gradient.Write(Data(212 + (ulong)step));
            device.AdamWStep(weight, gradient, first, second, Coefficients with { Step = firstStep + step });
        }

        return [Read(weight), Read(first), Read(second), Read(gradient)];
    }

    private static IDeviceTensor Tensor(IDevice device, ReadOnlySpan<float> data)
    {
        IDeviceTensor tensor = device.Allocate("tensor", new Shape(data.Length));
        tensor.Write(data);
        return tensor;
    }

    private static float[] Read(IDeviceTensor tensor)
    {
        var data = new float[tensor.Shape.ElementCount];
        tensor.Read(data);
        return data;
    }
}
