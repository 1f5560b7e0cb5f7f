using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Cpu.Blocked;
using FcnSharp.Tensors.Devices;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class PlaneWeightsTests
{
    [Theory]
    [InlineData(32, 16, 1)]
    [InlineData(47, 19, 1)]
    [InlineData(21, 70, 1)]
    [InlineData(260, 33, 1)]
    [InlineData(66, 17, 3)]
    public unsafe void Tiles_hold_outputs_side_by_side_and_zeros_behind_the_last(int outputs, int inputs, int groups)
    {
        using var workers = new WorkerPool(2);
        var shape = new Shape(outputs, inputs, 1, 1);
        float[] values = TestData.Normal(shape, 1).Span.ToArray();
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            foreach (bool backward in (bool[])[false, true])
            {
                var weights = new PlaneWeights(kernels.Blocked, shape, groups, backward);
                float[] packed = Filled(weights.Elements);
                float[] block = Filled(weights.OutputBlockElements);
                fixed (float* source = values, target = packed, own = block)
                {
                    weights.Pack(workers, source, target);
                    for (int group = 0; group < groups; group++)
                    {
                        for (int tile = 0; tile < weights.Sizes.Count; tile++)
                        {
                            float[] expected = Tile(values, outputs / groups, inputs, group, backward, weights.FirstOutputs[tile], weights.Width);
                            nint start = group * weights.GroupElements + tile * weights.OutputBlockElements;
                            TensorAssert.SameBits($"{kernels.Name} group {group} tile {tile}", expected, packed.AsSpan((int)start, (int)weights.OutputBlockElements));
                            weights.PackOutputBlock(source, group, tile, own);
                            TensorAssert.SameBits($"{kernels.Name} group {group} tile {tile} by itself", expected, block);
                        }
                    }
                }
            }
        }
    }

    private static float[] Filled(long count) => [.. Enumerable.Repeat(float.NaN, (int)count)];

    /// <summary>[input][outputs side by side] of one tile, from weights [group][output][input] that are read the other way for the data gradient.</summary>
    private static float[] Tile(float[] weights, int outputs, int inputs, int group, bool backward, int first, int width)
    {
        (int toCount, int fromCount) = backward ? (inputs, outputs) : (outputs, inputs);
        var tile = new float[fromCount * width];
        for (int from = 0; from < fromCount; from++)
        {
            for (int at = 0; at < width && first + at < toCount; at++)
            {
                (int output, int input) = backward ? (from, first + at) : (first + at, from);
                tile[from * width + at] = weights[(group * outputs + output) * inputs + input];
            }
        }

        return tile;
    }
}
