using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class ArgMaxTests
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 21, 13, 9)]
    [InlineData(3, 5, 1, 17)]
    [InlineData(2, 3, 129, 131)]
    public void Classes_are_exactly_the_references_with_many_ties(int n, int classes, int height, int width)
    {
        foreach (int limit in (int[])[1, 100])
        {
            Tensor scores = TestData.Integers(new Shape(n, classes, height, width), 101, limit);
            using var reference = new ReferenceDevice();
            float[] expected = Run(reference, scores, null);
            CpuDevices.ForEach((device, poison) => [Run(device, scores, poison)], (_, actual) => Assert.Equal(expected, actual[0]));
        }
    }

    [Fact]
    public void The_first_of_equals_wins_also_beyond_the_last_vector()
    {
        var scores = new Tensor(new Shape(1, 4, 1, 19));
        for (int i = 0; i < 19; i++)
        {
            // Class 0 is low; classes 1 and 3 tie above class 2.
            (scores.Span[i], scores.Span[19 + i], scores.Span[38 + i], scores.Span[57 + i]) = (-3, 2, 1, 2);
        }

        CpuDevices.ForEach((device, poison) => [Run(device, scores, poison)], (_, actual) => Assert.All(actual[0], c => Assert.Equal(1, c)));
    }

    private static float[] Run(IDevice device, Tensor scores, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue classes = bench.Output(new Shape(scores.Shape.N, 1, scores.Shape.H, scores.Shape.W), ElementType.Int32);
        bench.Add(new ArgMaxForward("argmax", bench.Input(scores), classes));
        bench.Run(prepare: prepare);
        return [.. bench.Integers(classes).Select(c => (float)c)];
    }
}
