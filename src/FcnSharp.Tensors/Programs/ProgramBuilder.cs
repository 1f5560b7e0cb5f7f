using FcnSharp.Tensors.Devices;

namespace FcnSharp.Tensors.Programs;

/// <summary>Collects the values and operations of a <see cref="TensorProgram"/>. Each value is defined once, before it is read.</summary>
public sealed class ProgramBuilder(string name)
{
    private readonly List<ProgramValue> _values = [];
    private readonly List<Operation> _operations = [];
    private readonly HashSet<ProgramValue> _defined = [];
    private readonly HashSet<ProgramValue> _updated = [];
    private readonly Dictionary<IDeviceTensor, ProgramValue> _persistent = [];

    /// <summary>Whether the parameters never change again, see <see cref="TensorProgram.ConstantParameters"/>.</summary>
    public bool ConstantParameters { get; init; }

    /// <summary>A value that the host writes before each execution.</summary>
    public ProgramValue Input(string valueName, Shape shape, ElementType type = ElementType.Float32)
    {
        ProgramValue value = Create(valueName, shape, type, ValueRole.Input, null);
        _defined.Add(value);
        return value;
    }

    /// <summary>A value that an operation will define.</summary>
    public ProgramValue Intermediate(string valueName, Shape shape, ElementType type = ElementType.Float32) =>
        Create(valueName, shape, type, ValueRole.Intermediate, null);

    /// <summary>A value that lives in a device tensor; the same tensor gives the same value.</summary>
    public ProgramValue Persistent(IDeviceTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!_persistent.TryGetValue(tensor, out ProgramValue? value))
        {
            value = Create(tensor.Name, tensor.Shape, ElementType.Float32, ValueRole.Persistent, tensor);
            _persistent.Add(tensor, value);
            _defined.Add(value);
        }

        return value;
    }

    /// <summary>Appends an operation.</summary>
    /// <exception cref="InvalidOperationException">An input is not defined yet, an output was defined before, or their shapes do not fit each other.</exception>
    public void Add(Operation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (operation.ShapeProblem is { } problem)
        {
            throw new InvalidOperationException($"{operation.Kind} of {operation.Name}: {problem}.");
        }

        foreach (ProgramValue input in operation.Inputs)
        {
            if (!_defined.Contains(input) || _updated.Contains(input))
            {
                throw new InvalidOperationException($"{operation.Kind} of {operation.Name} reads {input}, which {(_updated.Contains(input) ? "is for the next execution" : "nothing has written")}.");
            }
        }

        foreach (ProgramValue output in operation.Outputs)
        {
            bool persistent = output.Role == ValueRole.Persistent;
            bool update = operation.Updates.Contains(output);
            if (!Owns(output) || persistent != (operation.Accumulates || update) || (update && !_updated.Add(output)) || (!persistent && !_defined.Add(output)))
            {
                throw new InvalidOperationException($"{operation.Kind} of {operation.Name} cannot write {output}.");
            }
        }

        _operations.Add(operation);
    }

    /// <summary>Marks a value for the host to read after an execution.</summary>
    public void MarkOutput(ProgramValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!Owns(value))
        {
            throw new InvalidOperationException($"{value} belongs to another program.");
        }

        value.IsOutput = true;
    }

    /// <summary>The finished program.</summary>
    /// <exception cref="InvalidOperationException">An output is written by no operation: it would have no memory to be read from.</exception>
    public TensorProgram Build() =>
        _values.Find(v => v.IsOutput && !_defined.Contains(v)) is { } missing
            ? throw new InvalidOperationException($"{missing} is an output of {name}, but nothing writes it.")
            : new TensorProgram(name, [.. _values], [.. _operations], ConstantParameters);

    private bool Owns(ProgramValue value) => value.Id < _values.Count && ReferenceEquals(_values[value.Id], value);

    private ProgramValue Create(string valueName, Shape shape, ElementType type, ValueRole role, IDeviceTensor? storage)
    {
        var value = new ProgramValue(_values.Count, valueName, shape, type, role, storage);
        _values.Add(value);
        return value;
    }
}
