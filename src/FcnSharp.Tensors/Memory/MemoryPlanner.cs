using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Memory;

/// <summary>
/// Gives every value of a program a place in one arena. Values whose lives do not overlap share memory, and an operation
/// that can run in place writes over its first input when nothing else needs it. Largest values are placed first, each in
/// the lowest gap that is free during its whole life: simple, deterministic, and within a few per cent of the lower bound on
/// nets of this kind.
/// </summary>
internal static class MemoryPlanner
{
    /// <summary>Byte offsets per value id (-1 for persistent values), and the arena's size.</summary>
    public sealed record Layout(long[] Offsets, long TotalBytes, long UnsharedBytes);

    private sealed class Block(long bytes, int first)
    {
        public long Bytes { get; } = bytes;

        public int First { get; } = first;

        public int Last { get; set; }

        public long Offset { get; set; } = -1;
    }

    public static Layout Plan(TensorProgram program)
    {
        long unshared = UnsharedBytes(program);
        Block?[] blockOf = AssignBlocks(program);
        var blocks = blockOf.OfType<Block>().Distinct().ToList();
        long total = Place(blocks);
        return new Layout([.. blockOf.Select(b => b?.Offset ?? -1)], total, unshared);
    }

    /// <summary>The sum of all values: it bounds every offset, so what follows cannot overflow.</summary>
    private static long UnsharedBytes(TensorProgram program)
    {
        long sum = 0;
        foreach (ProgramValue value in program.Values.Where(v => v.Role != ValueRole.Persistent))
        {
            long bytes = NativeBuffer.Align(value.Shape.ElementCount * sizeof(float));
            if (sum > long.MaxValue - bytes)
            {
                throw new FcnSharpException($"{program.Name} needs more memory than any machine can address ({value.Name} alone is {value.Shape}): reduce the image size or the batch size.");
            }

            sum += bytes;
        }

        return sum;
    }

    private static Block?[] AssignBlocks(TensorProgram program)
    {
        int end = program.Operations.Count;
        int[] lastUse = LastUses(program);
        var blockOf = new Block?[program.Values.Count];
        foreach (ProgramValue input in program.Values.Where(v => v.Role == ValueRole.Input))
        {
            // The host writes inputs before the first operation.
            blockOf[input.Id] = NewBlock(input, first: -1, lastUse[input.Id]);
        }

        for (int step = 0; step < end; step++)
        {
            Operation operation = program.Operations[step];
            for (int i = 0; i < operation.Outputs.Count; i++)
            {
                ProgramValue output = operation.Outputs[i];
                if (output.Role == ValueRole.Persistent)
                {
                    continue;
                }

                int last = Math.Max(step, lastUse[output.Id]);
                if (i == 0 && operation.CanRunInPlace && MayOverwrite(operation.Inputs[0], output, step, lastUse))
                {
                    Block shared = blockOf[operation.Inputs[0].Id]!;
                    shared.Last = last;
                    blockOf[output.Id] = shared;
                }
                else
                {
                    blockOf[output.Id] = NewBlock(output, step, last);
                }
            }
        }

        return blockOf;
    }

    private static bool MayOverwrite(ProgramValue input, ProgramValue output, int step, int[] lastUse) =>
        input.Role == ValueRole.Intermediate && lastUse[input.Id] == step && input.Shape == output.Shape && input.Type == output.Type;

    private static int[] LastUses(TensorProgram program)
    {
        var lastUse = new int[program.Values.Count];
        Array.Fill(lastUse, -1);
        for (int step = 0; step < program.Operations.Count; step++)
        {
            foreach (ProgramValue input in program.Operations[step].Inputs)
            {
                lastUse[input.Id] = step;
            }
        }

        foreach (ProgramValue output in program.Values.Where(v => v.IsOutput))
        {
            lastUse[output.Id] = int.MaxValue;
        }

        return lastUse;
    }

    private static Block NewBlock(ProgramValue value, int first, int last) =>
        new(NativeBuffer.Align(value.Shape.ElementCount * sizeof(float)), first) { Last = last };

    private static long Place(List<Block> blocks)
    {
        var placed = new List<Block>(blocks.Count);
        long total = 0;
        foreach (Block block in blocks.OrderByDescending(b => b.Bytes).ThenBy(b => b.First))
        {
            long offset = 0;
            foreach (Block other in placed.Where(o => o.First <= block.Last && block.First <= o.Last).OrderBy(o => o.Offset))
            {
                if (offset + block.Bytes <= other.Offset)
                {
                    break;
                }

                offset = Math.Max(offset, other.Offset + other.Bytes);
            }

            block.Offset = offset;
            placed.Add(block);
            total = Math.Max(total, offset + block.Bytes);
        }

        return total;
    }
}
