using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Cli.Bench;

/// <summary>A program in the making, with what its inputs and tensors hold: kernels that look at values need sensible ones.</summary>
/// <param name="name">For messages.</param>
/// <param name="device">Where it will run.</param>
/// <param name="constantWeights">Whether weights never change, as in a net that only predicts.</param>
internal sealed class BenchProgram(string name, IDevice device, bool constantWeights = false) : IDisposable
{
    private readonly ProgramBuilder _builder = new(name) { ConstantParameters = constantWeights };
    private readonly List<IDeviceTensor> _owned = [];
    private readonly List<Action<IExecution>> _writes = [];

    /// <summary>An input of random numbers, roughly normal with deviation 1.</summary>
    public ProgramValue Input(string valueName, Shape shape)
    {
        ProgramValue value = _builder.Input(valueName, shape);
        _writes.Add(execution =>
        {
            var numbers = new Tensor(shape);
            BenchData.Fill(numbers.Span, 100 + (ulong)value.Id, scale: 1);
            execution.Write(value, numbers.Span);
        });
        return value;
    }

    /// <summary>An input of whole numbers, each a function of its position.</summary>
    public ProgramValue Integers(string valueName, Shape shape, Func<long, int> at)
    {
        ProgramValue value = _builder.Input(valueName, shape, ElementType.Int32);
        _writes.Add(execution =>
        {
            int[] numbers = new int[shape.ElementCount];
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = at(i);
            }

            execution.Write(value, numbers);
        });
        return value;
    }

    /// <summary>A weight or its gradient: small random numbers that stay on the device.</summary>
    public ProgramValue Weight(string valueName, Shape shape)
    {
        IDeviceTensor tensor = Allocate(valueName, shape);
        ulong stream = (ulong)_owned.Count;
        if (constantWeights)
        {
            // The plan takes them as they are when it is made.
            Write();
        }
        else
        {
            _writes.Add(_ => Write());
        }

        return _builder.Persistent(tensor);

        void Write()
        {
            var numbers = new Tensor(shape);
            BenchData.Fill(numbers.Span, stream, scale: 0.02f);
            tensor.Write(numbers.Span);
        }
    }

    /// <summary>A tensor of one value that stays on the device.</summary>
    public ProgramValue Constant(string valueName, Shape shape, float value)
    {
        IDeviceTensor tensor = Allocate(valueName, shape);
        tensor.Fill(value);
        return _builder.Persistent(tensor);
    }

    /// <summary>A value that operations exchange.</summary>
    public ProgramValue Intermediate(string valueName, Shape shape) => _builder.Intermediate(valueName, shape);

    /// <summary>A result.</summary>
    public ProgramValue Output(string valueName, Shape shape, ElementType type = ElementType.Float32)
    {
        ProgramValue value = _builder.Intermediate(valueName, shape, type);
        _builder.MarkOutput(value);
        return value;
    }

    /// <summary>Appends an operation.</summary>
    public void Add(Operation operation) => _builder.Add(operation);

    /// <summary>The program as written so far.</summary>
    public TensorProgram Build() => _builder.Build();

    /// <summary>Writes every input and weight.</summary>
    public void WriteData(IExecution execution) => _writes.ForEach(write => write(execution));

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(tensor => tensor.Dispose());

    private IDeviceTensor Allocate(string valueName, Shape shape)
    {
        IDeviceTensor tensor = device.Allocate(valueName, shape);
        _owned.Add(tensor);
        return tensor;
    }
}
