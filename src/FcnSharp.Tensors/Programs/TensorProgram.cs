namespace FcnSharp.Tensors.Programs;

/// <summary>
/// A straight line of operations on values of known shapes: what a net does for one input size, in one mode. Built by the
/// layers, planned by a device. It names no device and no memory.
/// </summary>
public sealed class TensorProgram
{
    internal TensorProgram(string name, IReadOnlyList<ProgramValue> values, IReadOnlyList<Operation> operations, bool constantParameters)
    {
        ConstantParameters = constantParameters;
        Name = name;
        Values = values;
        Operations = operations;
    }

    /// <summary>What the program is, for messages: the net and its mode.</summary>
    public string Name { get; }

    /// <summary>
    /// Whether the parameters never change again: a device may then keep them in a layout of its own alone, and free what it
    /// was made from.
    /// </summary>
    public bool ConstantParameters { get; }

    /// <summary>All values; a value's <see cref="ProgramValue.Id"/> is its position.</summary>
    public IReadOnlyList<ProgramValue> Values { get; }

    /// <summary>The operations in the order of their execution.</summary>
    public IReadOnlyList<Operation> Operations { get; }
}
