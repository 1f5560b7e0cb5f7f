using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Tests.Programs;
using Xunit;

namespace FcnSharp.Tensors.Tests.Memory;

public sealed class MemoryPlannerTests
{
    [Fact]
    public void Values_alive_at_once_never_overlap_and_all_are_aligned()
    {
        int inPlace = 0;
        int shared = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            TensorProgram program = RandomProgram.Create(seed);
            MemoryPlanner.Layout layout = MemoryPlanner.Plan(program);
            Check(program, layout, seed, ref inPlace);
            shared += layout.TotalBytes < layout.UnsharedBytes ? 1 : 0;
        }

        // The programs must exercise what is tested here.
        Assert.True(inPlace > 400, $"only {inPlace} operations ran in place");
        Assert.True(shared > 300, $"only {shared} programs shared memory");
    }

    [Fact]
    public void Planning_twice_gives_the_same_places()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Assert.Equal(MemoryPlanner.Plan(RandomProgram.Create(seed)).Offsets, MemoryPlanner.Plan(RandomProgram.Create(seed)).Offsets);
        }
    }

    [Fact]
    public void A_chain_of_elementwise_operations_takes_the_memory_of_one_value_beside_the_input()
    {
        var builder = new ProgramBuilder("chain");
        var shape = new Shape(1, 1, 1, 1024);
        ProgramValue value = builder.Input("input", shape);
        for (int i = 0; i < 10; i++)
        {
            ProgramValue next = builder.Intermediate($"value{i}", shape);
            builder.Add(new ReluForward("relu", value, next));
            value = next;
        }

        builder.MarkOutput(value);
        MemoryPlanner.Layout layout = MemoryPlanner.Plan(builder.Build());
        Assert.Equal(2 * 4096, layout.TotalBytes);
        Assert.Equal(11 * 4096, layout.UnsharedBytes);
    }

    [Fact]
    public void An_input_an_output_and_a_value_that_is_read_later_are_never_overwritten()
    {
        var builder = new ProgramBuilder("net");
        var shape = new Shape(1, 1, 1, 100);
        ProgramValue input = builder.Input("input", shape);
        ProgramValue a = builder.Intermediate("a", shape);
        ProgramValue b = builder.Intermediate("b", shape);
        ProgramValue c = builder.Intermediate("c", shape);
        ProgramValue d = builder.Intermediate("d", shape);
        builder.Add(new ReluForward("a", input, a));
        builder.Add(new ReluForward("b", a, b));
        builder.Add(new SumForward("c", [b, a], c));
        builder.Add(new ReluForward("d", c, d));
        builder.MarkOutput(c);
        builder.MarkOutput(d);
        long[] offsets = MemoryPlanner.Plan(builder.Build()).Offsets;
        Assert.NotEqual(offsets[input.Id], offsets[a.Id]);
        Assert.NotEqual(offsets[a.Id], offsets[b.Id]);
        Assert.Equal(offsets[b.Id], offsets[c.Id]);
        Assert.NotEqual(offsets[c.Id], offsets[d.Id]);
    }

    [Fact]
    public void A_value_nobody_reads_still_has_a_place_of_its_own_while_it_is_written()
    {
        var builder = new ProgramBuilder("net");
        var shape = new Shape(1, 1, 8, 8);
        ProgramValue input = builder.Input("input", shape);
        ProgramValue output = builder.Intermediate("output", new Shape(1, 1, 4, 4));
        ProgramValue argMax = builder.Intermediate("argMax", new Shape(1, 1, 4, 4), ElementType.Int32);
        builder.Add(new MaxPool2dForward("pool", new MaxPool2dParameters(2, 2), input, output, argMax));
        builder.MarkOutput(output);
        MemoryPlanner.Layout layout = MemoryPlanner.Plan(builder.Build());
        Assert.Equal(3, layout.Offsets.Distinct().Count());
        Assert.Equal(256 + 64 + 64, layout.TotalBytes);
    }

    [Fact]
    public void Sizes_whose_sum_overflows_are_refused_with_a_line()
    {
        var builder = new ProgramBuilder("giant");
        var shape = new Shape(1, 1, 1 << 30, (1 << 30) - 1);
        ProgramValue value = builder.Input("input", shape);
        for (int i = 0; i < 5; i++)
        {
            ProgramValue next = builder.Intermediate("next", shape);
            builder.Add(new CropForward("crop", 0, 0, value, next));
            value = next;
        }

        builder.MarkOutput(value);
        using var device = new CpuDevice();
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => device.Plan(builder.Build()));
        Assert.Contains("giant", error.Message, StringComparison.Ordinal);
        Assert.Contains("reduce", error.Message, StringComparison.Ordinal);
    }

    private static void Check(TensorProgram program, MemoryPlanner.Layout layout, int seed, ref int inPlace)
    {
        // When each value is alive, by the definition: from the operation that writes it (inputs: before all) to the last that
        // reads it (outputs: after all). At a step, what is read and what is written are alive together.
        int end = program.Operations.Count;
        int[] first = new int[program.Values.Count];
        int[] last = new int[program.Values.Count];
        Array.Fill(first, -1);
        Array.Fill(last, -1);
        for (int step = 0; step < end; step++)
        {
            foreach (ProgramValue output in program.Operations[step].Outputs)
            {
                first[output.Id] = step;
                last[output.Id] = Math.Max(last[output.Id], step);
            }

            foreach (ProgramValue input in program.Operations[step].Inputs)
            {
                last[input.Id] = step;
            }
        }

        long sum = 0;
        ProgramValue[] values = [.. program.Values.Where(v => v.Role != ValueRole.Persistent)];
        foreach (ProgramValue value in values)
        {
            last[value.Id] = value.IsOutput ? end : last[value.Id];
            long offset = layout.Offsets[value.Id];
            Assert.True(offset >= 0 && offset % NativeBuffer.Alignment == 0, $"seed {seed}: {value} lies at {offset}");
            Assert.True(offset + Bytes(value) <= layout.TotalBytes, $"seed {seed}: {value} ends beyond the arena");
            sum += NativeBuffer.Align(Bytes(value));
        }

        Assert.Equal(sum, layout.UnsharedBytes);
        Assert.InRange(layout.TotalBytes, 0, sum);
        foreach (ProgramValue a in values)
        {
            foreach (ProgramValue b in values.Where(v => v.Id > a.Id))
            {
                bool overlap = layout.Offsets[a.Id] < layout.Offsets[b.Id] + Bytes(b) && layout.Offsets[b.Id] < layout.Offsets[a.Id] + Bytes(a);
                if (overlap && first[a.Id] <= last[b.Id] && first[b.Id] <= last[a.Id])
                {
                    Assert.True(IsLegalInPlace(program, a, b, first, last, layout) || IsLegalInPlace(program, b, a, first, last, layout), $"seed {seed}: {a} and {b} share memory while both are alive");
                    inPlace++;
                }
            }
        }
    }

    /// <summary>Whether one operation writes its first output exactly over its first input, an intermediate value that dies there.</summary>
    private static bool IsLegalInPlace(TensorProgram program, ProgramValue input, ProgramValue output, int[] first, int[] last, MemoryPlanner.Layout layout)
    {
        int step = first[output.Id];
        return step >= 0
            && last[input.Id] == step
            && input.Role == ValueRole.Intermediate
            && program.Operations[step].CanRunInPlace
            && ReferenceEquals(program.Operations[step].Inputs[0], input)
            && ReferenceEquals(program.Operations[step].Outputs[0], output)
            && input.Shape == output.Shape
            && layout.Offsets[input.Id] == layout.Offsets[output.Id];
    }

    private static long Bytes(ProgramValue value) => value.Shape.ElementCount * sizeof(float);
}
