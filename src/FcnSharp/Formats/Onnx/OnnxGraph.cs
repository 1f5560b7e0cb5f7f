namespace FcnSharp.Formats.Onnx;

/// <summary>An attribute of a node: a long, a float, a string or whole numbers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value: <see cref="long"/>, <see cref="float"/>, <see cref="string"/> or a list of longs.</param>
internal readonly record struct OnnxAttribute(string Name, object Value);

/// <summary>An operator applied to named values.</summary>
/// <param name="Operator">Its type in the standard domain, such as "Conv".</param>
/// <param name="Name">Unique in the graph.</param>
/// <param name="Inputs">Names of values; "" where an optional one is left out.</param>
/// <param name="Outputs">Names of values.</param>
/// <param name="Attributes">Its attributes.</param>
internal sealed record OnnxNode(string Operator, string Name, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyList<OnnxAttribute> Attributes);

/// <summary>A constant.</summary>
/// <param name="Name">The value's name.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Sizes">Its shape; empty for a single number.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Write">Writes the elements, little-endian and without gaps: weights of hundreds of megabytes are not copied first.</param>
internal sealed record OnnxConstant(string Name, OnnxElementType Type, IReadOnlyList<long> Sizes, long Bytes, Action<Stream> Write);

/// <summary>An input or output of the graph.</summary>
/// <param name="Name">The value's name.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Sizes">Each a whole number, or a name where it is known per run only.</param>
internal sealed record OnnxValue(string Name, OnnxElementType Type, IReadOnlyList<object> Sizes);

/// <summary>A model that is being put together.</summary>
internal sealed class OnnxGraph
{
    private readonly Dictionary<string, OnnxConstant> _constants = new(StringComparer.Ordinal);

    /// <summary>Operators, each after those it depends on.</summary>
    public List<OnnxNode> Nodes { get; } = [];

    /// <summary>Constants.</summary>
    public IReadOnlyCollection<OnnxConstant> Constants => _constants.Values;

    /// <summary>What must be given.</summary>
    public List<OnnxValue> Inputs { get; } = [];

    /// <summary>What is computed.</summary>
    public List<OnnxValue> Outputs { get; } = [];

    /// <summary>Adds an operator of one output, which gets the operator's name, and returns it.</summary>
    public string Add(string op, string name, IReadOnlyList<string> inputs, params OnnxAttribute[] attributes)
    {
        Nodes.Add(new OnnxNode(op, name, inputs, [name], attributes));
        return name;
    }

    /// <summary>Adds a constant once and returns its name.</summary>
    public string Add(OnnxConstant constant)
    {
        _constants.TryAdd(constant.Name, constant);
        return constant.Name;
    }

    /// <summary>Adds whole numbers as a constant and returns its name.</summary>
    public string Integers(string name, params long[] values) => Add(new OnnxConstant(
        name,
        OnnxElementType.Int64,
        [values.Length],
        values.Length * sizeof(long),
        stream => stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<long>(values))));
}
