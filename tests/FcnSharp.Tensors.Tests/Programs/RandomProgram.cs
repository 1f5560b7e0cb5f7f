using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Tests.Programs;

/// <summary>
/// Programs of random structure from a seed: values used several times, dead values, outputs in the middle, operations that
/// may run in place and ones that may not. All values are small, so the programs can also be run.
/// </summary>
internal static class RandomProgram
{
    public static TensorProgram Create(int seed)
    {
        ulong position = 0;
        int Draw(int limit) => (int)(CounterRandom.Bits((ulong)seed, 88, position++) % (ulong)limit);
        var builder = new ProgramBuilder($"random {seed}");
        var live = new List<ProgramValue>();
        int inputs = 1 + Draw(3);
        for (int i = 0; i < inputs; i++)
        {
            live.Add(builder.Input($"input{i}", new Shape(1, 2, 4 + 4 * Draw(2), 4 + 4 * Draw(3))));
        }

        int operations = 3 + Draw(25);
        for (int i = 0; i < operations; i++)
        {
            // Mostly recent values, so that many die; sometimes an old one.
            ProgramValue input = Draw(4) == 0 ? live[Draw(live.Count)] : live[^(1 + Draw(Math.Min(3, live.Count)))];
            ProgramValue same = builder.Intermediate($"value{i}", input.Shape);
            switch (Draw(7))
            {
                case 0 or 1:
                    builder.Add(new ReluForward($"relu{i}", input, same));
                    break;
                case 2:
                    builder.Add(new DropoutApply($"dropout{i}", 0.5f, (ulong)i, input, same));
                    break;
                case 3:
                    ProgramValue[] others = [.. live.Where(v => v.Shape == input.Shape)];
                    builder.Add(new SumForward($"sum{i}", [input, others[Draw(others.Length)], others[Draw(others.Length)]], same));
                    break;
                case 4:
                    ProgramValue[] outputs = [.. live.Where(v => v.Shape == input.Shape)];
                    builder.Add(new ReluBackward($"back{i}", input, outputs[Draw(outputs.Length)], same));
                    break;
                case 5 when input.Shape.H > 2 && input.Shape.W > 2:
                    var parameters = new MaxPool2dParameters(2, 2, 0, CeilMode: true);
                    ProgramValue pooled = builder.Intermediate($"pooled{i}", parameters.OutputShape(input.Shape));
                    ProgramValue argMax = builder.Intermediate($"argMax{i}", pooled.Shape, ElementType.Int32);
                    builder.Add(new MaxPool2dForward($"pool{i}", parameters, input, pooled, argMax));
                    builder.Add(new MaxPool2dBackward($"pool{i}", parameters, pooled, argMax, same));
                    live.Add(pooled);
                    break;
                default:
                    builder.Add(new CropForward($"crop{i}", 0, 0, input, same));
                    break;
            }

            live.Add(same);
            if (Draw(8) == 0)
            {
                builder.MarkOutput(same);
            }
        }

        builder.MarkOutput(live[^1]);
        return builder.Build();
    }
}
