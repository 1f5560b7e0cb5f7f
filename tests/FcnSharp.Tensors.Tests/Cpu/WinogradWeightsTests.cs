using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Cpu.Blocked;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class WinogradWeightsTests
{
    [Theory]
    [InlineData(128, 16)]
    [InlineData(112, 0)]
    public void Points_a_page_apart_are_moved_off_each_other_by_a_line(int inputs, int gap)
    {
        foreach (KernelSet kernels in KernelSet.All)
        {
            var weights = new WinogradWeights(kernels.Blocked, WinogradScheme.Conv3x3Small, new Shape(32, inputs, 3, 3), 1, backward: false);
            Assert.Equal((inputs * 2 * kernels.Lanes) + gap, weights.PointElements);
        }
    }
}
