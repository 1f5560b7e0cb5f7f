namespace FcnSharp.Tensors.Programs;

/// <summary>Puts operations together that a device computes in one pass: what is written once need not be read again.</summary>
internal static class OperationFusion
{
    /// <summary>The same program in which each convolution takes over the ReLU behind it, where nothing else reads what lies between.</summary>
    public static TensorProgram Fuse(TensorProgram program)
    {
        int[] readers = new int[program.Values.Count];
        foreach (ProgramValue input in program.Operations.SelectMany(o => o.Inputs))
        {
            readers[input.Id]++;
        }

        var relus = program.Operations.OfType<ReluForward>()
            .Where(r => readers[r.Input.Id] == 1 && !r.Input.IsOutput)
            .ToDictionary(r => r.Input.Id);
        var operations = new List<Operation>(program.Operations.Count);
        var fused = new HashSet<Operation>(ReferenceEqualityComparer.Instance);
        foreach (Operation operation in program.Operations)
        {
            if (operation is Conv2dForward { Relu: false } c && relus.TryGetValue(c.Output.Id, out ReluForward? relu))
            {
                operations.Add(new Conv2dForward(c.Name, c.Parameters, c.Input, c.Weight, c.Bias, relu.Output) { Relu = true });
                fused.Add(relu);
            }
            else if (!fused.Contains(operation))
            {
                operations.Add(operation);
            }
        }

        return new TensorProgram(program.Name, program.Values, operations, program.ConstantParameters);
    }
}
