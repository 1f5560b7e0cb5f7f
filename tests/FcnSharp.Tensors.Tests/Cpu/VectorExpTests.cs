using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Memory;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class VectorExpTests
{
    [Fact]
    public void Exp_is_within_two_ulp_over_its_whole_range()
    {
        float[] x = [.. Enumerable.Range(0, 1_000_000).Select(i => (float)(-80 + i * 1.68e-4))];
        ForEachKernelSet(x, (name, y) =>
        {
            for (int i = 0; i < x.Length; i++)
            {
                double exact = Math.Exp(x[i]);
                double ulp = MathF.BitIncrement((float)exact) - (float)exact;
                Assert.True(Math.Abs(y[i] - exact) <= 2 * ulp, $"{name}: exp({x[i]:R}) = {y[i]:R}, exactly {exact:R}");
            }
        });
    }

    [Fact]
    public void Near_zero_exp_neither_passes_one_nor_misses_it()
    {
        float[] x = [0, -0f, -float.Epsilon, -1e-30f, -1e-10f, -3e-8f, -6e-8f, -1e-7f, -1e-6f, -1e-3f, -0.34657f, -0.34658f, -0.7f, 1e-10f];
        ForEachKernelSet(x, (_, y) =>
        {
            Assert.Equal(1, y[0]);
            Assert.Equal(1, y[1]);
            Assert.All(y[..^1], v => Assert.True(v <= 1));
            Assert.All(y[2..5], v => Assert.Equal(1, v));
        });
    }

    [Fact]
    public void Hopeless_exponents_give_no_denormal_number_and_NaN_stays()
    {
        float[] x = [float.NegativeInfinity, float.MinValue, -1e6f, -103.5f, -88, -80.5f, float.NaN, BitConverter.Int32BitsToSingle(-1), BitConverter.Int32BitsToSingle(0x7F800001)];
        ForEachKernelSet(x, (_, y) =>
        {
            Assert.All(y[..6], v => Assert.True(v > 1e-35f && v < 2e-35f));
            Assert.All(y[6..], v => Assert.True(float.IsNaN(v)));
        });
    }

    private static unsafe void ForEachKernelSet(float[] x, Action<string, float[]> check)
    {
        using var buffer = new NativeBuffer(2L * x.Length * sizeof(float));
        float* from = (float*)buffer.Pointer;
        float* to = from + x.Length;
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            x.CopyTo(new Span<float>(from, x.Length));
            kernels.Planes.Exp(from, to, x.Length);
            check(kernels.Name, new Span<float>(to, x.Length).ToArray());
        }
    }
}
