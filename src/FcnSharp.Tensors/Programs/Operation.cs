namespace FcnSharp.Tensors.Programs;

/// <summary>
/// One step of a <see cref="TensorProgram"/>: a primitive with its operands. It says what is computed; how is the device's
/// affair. Operations are pure: they read their inputs and define their outputs, except that gradients of parameters
/// (<see cref="Accumulates"/>) are added to and running estimates (<see cref="Updates"/>) are left for the next execution.
/// </summary>
/// <param name="Name">The layer the step belongs to, for messages and profiles.</param>
/// <param name="Inputs">The values read.</param>
/// <param name="Outputs">The values written.</param>
public abstract record Operation(string Name, IReadOnlyList<ProgramValue> Inputs, IReadOnlyList<ProgramValue> Outputs)
{
    /// <summary>The primitive's name and pass, such as "Conv2d backward weight".</summary>
    public abstract string Kind { get; }

    /// <summary>Whether the outputs are persistent and added to instead of overwritten.</summary>
    public virtual bool Accumulates => false;

    /// <summary>Those of the outputs that are persistent and overwritten. Each is written once in a program, and nothing reads it after that.</summary>
    public virtual IReadOnlyList<ProgramValue> Updates => [];

    /// <summary>Whether the first output may use the first input's memory when nothing else reads that input afterwards.</summary>
    public virtual bool CanRunInPlace => false;

    /// <summary>What is wrong with the operands' shapes, as a clause; null when nothing is. Kernels trust them: a wrong one would write beyond its memory.</summary>
    public virtual string? ShapeProblem => null;

    /// <summary>
    /// Multiply-adds of the primitive, 0 where memory is what it costs. Used for <c>fcn info</c> and rates.
    /// </summary>
    public virtual long MultiplyAdds => 0;
}
