namespace FcnSharp.Tensors.Programs;

/// <summary>Puts operations together that a device computes in one pass: what is never written need not be read again.</summary>
/// <param name="program">What is to be computed.</param>
internal sealed class OperationFusion(TensorProgram program)
{
    private readonly int[] _readers = CountReaders(program);
    private readonly HashSet<Operation> _taken = new(ReferenceEqualityComparer.Instance);

    /// <summary>
    /// The same program in which each convolution takes over the ReLU behind it and, where the device can, the pooling behind
    /// that, as long as nothing else reads what lies between.
    /// </summary>
    /// <param name="program">What is to be computed.</param>
    /// <param name="canPool">Whether the device computes a convolution together with a pooling of 2x2.</param>
    public static TensorProgram Fuse(TensorProgram program, Func<Conv2dForward, bool> canPool) => new OperationFusion(program).Fuse(canPool);

    private TensorProgram Fuse(Func<Conv2dForward, bool> canPool)
    {
        var readers = program.Operations
            .SelectMany(o => o.Inputs.Select(i => (i.Id, Operation: o)))
            .GroupBy(r => r.Id)
            .ToDictionary(g => g.Key, g => g.First().Operation);
        var operations = new List<Operation>(program.Operations.Count);
        foreach (Operation operation in program.Operations)
        {
            if (_taken.Contains(operation))
            {
                continue;
            }

            Operation result = operation;
            if (operation is Conv2dForward { Relu: false } c)
            {
                if (OnlyReader<ReluForward>(c.Output, readers) is { } relu)
                {
                    _taken.Add(relu);
                    result = c = new Conv2dForward(c.Name, c.Parameters, c.Input, c.Weight, c.Bias, relu.Output) { Relu = true };
                }

                if (OnlyReader<MaxPool2dForward>(c.Output, readers) is { ArgMax: null, Parameters: { KernelSize: 2, Stride: 2, Padding: 0 } } pool && canPool(c))
                {
                    _taken.Add(pool);
                    result = new Conv2dMaxPoolForward(c.Name, c.Parameters, c.Output.Shape, c.Input, c.Weight, c.Bias, c.Relu, pool.Output);
                }
            }

            operations.Add(result);
        }

        return new TensorProgram(program.Name, program.Values, operations, program.ConstantParameters);
    }

    private TOperation? OnlyReader<TOperation>(ProgramValue value, Dictionary<int, Operation> readers)
        where TOperation : Operation =>
        !value.IsOutput && _readers[value.Id] == 1 ? readers[value.Id] as TOperation : null;

    private static int[] CountReaders(TensorProgram program)
    {
        int[] readers = new int[program.Values.Count];
        foreach (ProgramValue input in program.Operations.SelectMany(o => o.Inputs))
        {
            readers[input.Id]++;
        }

        return readers;
    }
}
