using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.TestKit;

/// <summary>
/// One program of few operations on one device: name its operands with their data, add the operations, run, read. Parameters
/// and their gradients become device tensors, everything else values of the program.
/// </summary>
/// <param name="device">What computes.</param>
/// <param name="constantParameters">Whether parameters never change again.</param>
public sealed class OperationBench(IDevice device, bool constantParameters = false) : IDisposable
{
    private readonly ProgramBuilder _builder = new("bench") { ConstantParameters = constantParameters };
    private readonly List<(ProgramValue Value, float[] Data)> _floats = [];
    private readonly List<(ProgramValue Value, int[] Data)> _integers = [];
    private readonly Dictionary<ProgramValue, float[]> _floatResults = [];
    private readonly Dictionary<ProgramValue, int[]> _integerResults = [];
    private readonly List<ProgramValue> _outputs = [];
    private readonly List<IDeviceTensor> _parameters = [];

    /// <summary>An input with its data.</summary>
    public ProgramValue Input(Tensor tensor)
    {
        ProgramValue value = _builder.Input($"input{_floats.Count}", tensor.Shape);
        _floats.Add((value, tensor.Span.ToArray()));
        return value;
    }

    /// <summary>An input of class indices.</summary>
    public ProgramValue Input(Shape shape, int[] data)
    {
        ProgramValue value = _builder.Input($"labels{_integers.Count}", shape, ElementType.Int32);
        _integers.Add((value, data));
        return value;
    }

    /// <summary>A parameter: a tensor that lives on the device.</summary>
    public ProgramValue Parameter(Tensor tensor)
    {
        IDeviceTensor stored = device.Allocate($"parameter{_parameters.Count}", tensor.Shape);
        stored.Write(tensor.Span);
        _parameters.Add(stored);
        return _builder.Persistent(stored);
    }

    /// <summary>The gradient of a parameter, zero at first.</summary>
    public ProgramValue Gradient(Shape shape) => Parameter(new Tensor(shape));

    /// <summary>A value that an operation writes and the host reads.</summary>
    public ProgramValue Output(Shape shape, ElementType type = ElementType.Float32)
    {
        ProgramValue value = _builder.Intermediate($"output{_outputs.Count}", shape, type);
        _builder.MarkOutput(value);
        _outputs.Add(value);
        return value;
    }

    /// <summary>A value between two operations, whose memory may be reused.</summary>
    public ProgramValue Intermediate(Shape shape, ElementType type = ElementType.Float32) => _builder.Intermediate("intermediate", shape, type);

    /// <summary>Appends an operation.</summary>
    public void Add(Operation operation) => _builder.Add(operation);

    /// <summary>Plans the program and runs it a number of times, each time with the inputs written anew.</summary>
    /// <param name="times">How often; gradients of parameters add up.</param>
    /// <param name="seed">Seed of the dropout masks.</param>
    /// <param name="step">Step of the dropout masks.</param>
    /// <param name="prepare">Called with the plan before it runs.</param>
    public void Run(int times = 1, ulong seed = 0, ulong step = 0, Action<IDevicePlan>? prepare = null)
    {
        using IDevicePlan plan = device.Plan(_builder.Build());
        prepare?.Invoke(plan);
        using IExecution execution = plan.Begin();
        (execution.Seed, execution.Step) = (seed, step);
        for (int i = 0; i < times; i++)
        {
            _floats.ForEach(input => execution.Write(input.Value, input.Data));
            _integers.ForEach(input => execution.Write(input.Value, input.Data));
            execution.Run();
        }

        foreach (ProgramValue output in _outputs)
        {
            if (output.Type == ElementType.Float32)
            {
                execution.Read(output, _floatResults[output] = new float[output.Shape.ElementCount]);
            }
            else
            {
                execution.Read(output, _integerResults[output] = new int[output.Shape.ElementCount]);
            }
        }
    }

    /// <summary>What a run left in a float output, or in a parameter.</summary>
    public float[] Floats(ProgramValue value)
    {
        if (value.Storage is { } stored)
        {
            var data = new float[stored.Shape.ElementCount];
            stored.Read(data);
            return data;
        }

        return _floatResults[value];
    }

    /// <summary>What a run left in an integer output.</summary>
    public int[] Integers(ProgramValue value) => _integerResults[value];

    /// <inheritdoc/>
    public void Dispose() => _parameters.ForEach(p => p.Dispose());
}
