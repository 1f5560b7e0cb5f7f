using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using Xunit;

namespace FcnSharp.Tensors.Tests.Programs;

public sealed class ProgramBuilderTests
{
    private static readonly Shape Small = new(1, 1, 2, 2);

    [Fact]
    public void A_value_is_written_once_before_it_is_read()
    {
        var builder = new ProgramBuilder("net");
        ProgramValue input = builder.Input("input", Small);
        ProgramValue a = builder.Intermediate("a", Small);
        ProgramValue b = builder.Intermediate("b", Small);
        Assert.Throws<InvalidOperationException>(() => builder.Add(new ReluForward("relu", a, b)));
        builder.Add(new ReluForward("relu", input, a));
        Assert.Throws<InvalidOperationException>(() => builder.Add(new ReluForward("relu", input, a)));
        Assert.Throws<InvalidOperationException>(() => builder.Add(new ReluForward("relu", a, input)));
        Assert.Single(builder.Build().Operations);
    }

    [Fact]
    public void Channels_that_would_go_beyond_their_memory_are_refused()
    {
        var builder = new ProgramBuilder("net");
        ProgramValue two = builder.Input("two", new Shape(1, 2, 2, 2));
        ProgramValue three = builder.Input("three", new Shape(1, 3, 2, 2));
        ProgramValue taller = builder.Input("taller", new Shape(1, 3, 4, 2));

        Assert.Throws<InvalidOperationException>(() => builder.Add(new ConcatForward("cat", [two, three], builder.Intermediate("four", new Shape(1, 4, 2, 2)))));
        Assert.Throws<InvalidOperationException>(() => builder.Add(new ConcatForward("cat", [two, taller], builder.Intermediate("five", new Shape(1, 5, 2, 2)))));
        Assert.Throws<InvalidOperationException>(() => builder.Add(new SliceChannels("slice", 1, three, builder.Intermediate("all", new Shape(1, 3, 2, 2)))));
        Assert.Throws<InvalidOperationException>(() => builder.Add(new SliceChannels("slice", -1, three, builder.Intermediate("one", new Shape(1, 1, 2, 2)))));
        builder.Add(new ConcatForward("cat", [two, three], builder.Intermediate("sum", new Shape(1, 5, 2, 2))));
        builder.Add(new SliceChannels("slice", 1, three, builder.Intermediate("last", new Shape(1, 2, 2, 2))));
        Assert.Equal(2, builder.Build().Operations.Count);
    }

    [Fact]
    public void Values_of_another_program_are_refused()
    {
        var builder = new ProgramBuilder("net");
        var other = new ProgramBuilder("other");
        ProgramValue input = builder.Input("input", Small);
        ProgramValue foreign = other.Intermediate("foreign", Small);
        Assert.Throws<InvalidOperationException>(() => builder.Add(new ReluForward("relu", input, foreign)));
        Assert.Throws<InvalidOperationException>(() => builder.Add(new ReluForward("relu", other.Input("input", Small), builder.Intermediate("a", Small))));
        Assert.Throws<InvalidOperationException>(() => builder.MarkOutput(foreign));
    }

    [Fact]
    public void Only_operations_that_accumulate_write_to_device_tensors()
    {
        using var device = new ReferenceDevice();
        using IDeviceTensor stored = device.Allocate("weight", Small);
        var builder = new ProgramBuilder("net");
        ProgramValue weight = builder.Persistent(stored);
        Assert.Same(weight, builder.Persistent(stored));
        Assert.Throws<InvalidOperationException>(() => builder.Add(new ReluForward("relu", builder.Input("input", Small), weight)));
    }

    [Fact]
    public void An_output_that_nothing_writes_is_refused()
    {
        var builder = new ProgramBuilder("net");
        builder.MarkOutput(builder.Intermediate("missing", Small));
        Assert.Contains("missing", Assert.Throws<InvalidOperationException>(builder.Build).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_input_and_a_device_tensor_may_be_outputs()
    {
        using var device = new ReferenceDevice();
        using IDeviceTensor stored = device.Allocate("weight", new Shape(2));
        stored.Write([3, 4]);
        var builder = new ProgramBuilder("net");
        ProgramValue input = builder.Input("input", new Shape(2));
        ProgramValue weight = builder.Persistent(stored);
        builder.MarkOutput(input);
        builder.MarkOutput(weight);
        using IDevicePlan plan = device.Plan(builder.Build());
        using IExecution execution = plan.Begin();
        execution.Write(input, [1f, 2]);
        execution.Run(TestContext.Current.CancellationToken);
        var read = new float[2];
        execution.Read(input, read);
        Assert.Equal([1, 2], read);
        execution.Read(weight, read);
        Assert.Equal([3, 4], read);
    }
}
