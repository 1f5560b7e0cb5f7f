using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class SgdStepTests
{
    private static readonly SgdCoefficients Coefficients = new(LearningRate: 0.01f, Momentum: 0.9f, WeightDecay: 0.0005f, GradientScale: 0.25f);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(17)]
    [InlineData(16_385)]
    [InlineData(40_001)]
    public void Three_steps_agree_with_the_reference_and_clear_the_gradient(int length)
    {
        using var reference = new ReferenceDevice();
        float[][] expected = Steps(reference, length);
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            float[][]? first = null;
            foreach (int threads in CpuDevices.ThreadCounts)
            {
                using CpuDevice device = CpuDevices.Create(kernels, threads);
                float[][] actual = Steps(device, length);
                first ??= actual;
                for (int i = 0; i < 3; i++)
                {
                    TensorAssert.SameBits($"{threads} threads", first[i], actual[i]);

                    // Three steps of at most six roundings each, of numbers that stay below 10.
                    TensorAssert.Within($"{kernels.Name} {i}", new Shape(length), expected[i], actual[i], _ => Tolerances.Roundings(18, 10));
                }
            }
        }
    }

    [Fact]
    public void One_step_is_the_documented_formula()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2);
        using IDeviceTensor weight = Tensor(device, [2]);
        using IDeviceTensor gradient = Tensor(device, [8]);
        using IDeviceTensor velocity = Tensor(device, [4]);
        device.SgdStep(weight, gradient, velocity, new SgdCoefficients(0.5f, 0.25f, 2, 0.125f));

        // velocity = 0.25 * 4 + 0.5 * (0.125 * 8 + 2 * 2) = 3.5; weight = 2 - 3.5.
        Assert.Equal([3.5f], Read(velocity));
        Assert.Equal([-1.5f], Read(weight));
        Assert.Equal([0f], Read(gradient));
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
            Assert.Throws<ArgumentException>(() => each.SgdStep(five, four, five, Coefficients));
            Assert.Throws<ArgumentException>(() => each.SgdStep(five, five, four, Coefficients));
            Assert.Equal([1, 2, 3, 4, 5], Read(five));
        }
    }

    private static float[][] Steps(IDevice device, int length)
    {
        using IDeviceTensor weight = Tensor(device, TestData.Normal(new Shape(length), 111).Span);
        using IDeviceTensor gradient = Tensor(device, TestData.Normal(new Shape(length), 112).Span);
        using IDeviceTensor velocity = Tensor(device, TestData.Normal(new Shape(length), 113, scale: 0.1).Span);
        for (int step = 0; step < 3; step++)
        {
            gradient.Write(TestData.Normal(new Shape(length), 114 + (ulong)step).Span);
            device.SgdStep(weight, gradient, velocity, Coefficients);
        }

        return [Read(weight), Read(velocity), Read(gradient)];
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
