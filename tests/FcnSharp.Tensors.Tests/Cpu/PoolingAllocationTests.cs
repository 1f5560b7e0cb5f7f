using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class PoolingAllocationTests
{
    [Fact]
    public void Pooling_unpooling_and_normalising_allocate_nothing_after_the_first_run()
    {
        var shape = new Shape(2, 6, 9, 70);
        var average = new AvgPool2dParameters(3, 1, 1);
        var pair = new MaxPool2dParameters(2, 2, CeilMode: true);
        var norm = new LocalResponseNormParameters(Beta: 0.6f);
        Shape pooled = pair.OutputShape(shape);
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 3);
        var builder = new ProgramBuilder("allocations");
        ProgramValue input = builder.Input("x", shape);
        ProgramValue Value(Shape of, ElementType type = ElementType.Float32) => builder.Intermediate("value", of, type);
        ProgramValue averaged = Value(shape), normed = Value(shape), scale = Value(shape), maxima = Value(pooled), argMax = Value(pooled, ElementType.Int32);
        ProgramValue unpooled = Value(shape), gradMaxima = Value(pooled), gradNormed = Value(shape), gradAveraged = Value(shape), gradInput = Value(shape);
        builder.Add(new AvgPool2dForward("average", average, input, averaged));
        builder.Add(new LocalResponseNormForward("norm", norm, averaged, normed, scale));
        builder.Add(new MaxPool2dForward("pool", pair, normed, maxima, argMax));
        builder.Add(new MaxUnpool2dForward("unpool", pair, maxima, argMax, unpooled));
        builder.Add(new MaxUnpool2dBackward("unpool", pair, unpooled, argMax, gradMaxima));
        builder.Add(new MaxPool2dBackward("pool", pair, gradMaxima, argMax, gradNormed));
        builder.Add(new LocalResponseNormBackward("norm", norm, gradNormed, averaged, normed, scale, gradAveraged));
        builder.Add(new AvgPool2dBackward("average", average, gradAveraged, gradInput));
        builder.MarkOutput(gradInput);
        using IDevicePlan plan = device.Plan(builder.Build());
        float[] data = TestData.Normal(shape, 71).Span.ToArray();

        Allocations.AssertNone(() =>
        {
            using IExecution execution = plan.Begin();
            execution.Write(input, data);
            execution.Run();
        });
    }
}
