using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;

namespace FcnSharp.TestKit;

/// <summary>Small nets, seeded data and one-line executions for the tests of layers and graphs.</summary>
public static class NetFixtures
{
    /// <summary>Budget of the tests' devices: large enough for them, and not the machine's to change.</summary>
    private const long Budget = 2_000_000_000;

    /// <summary>The two devices that every layer must work on, by name.</summary>
    public static IReadOnlyList<string> DeviceNames { get; } = ["cpu", "reference"];

    /// <summary>
    /// A device by its name in <see cref="DeviceNames"/>. The processor computes sums as they are defined, so that bounds and
    /// receptive fields are the definition's; minimal filtering has tests of its own.
    /// </summary>
    public static IDevice Device(string name) => name == "cpu"
        ? new CpuDevice(precision: Precision.Exact, memoryBudget: Budget)
        : new ReferenceDevice(Budget);

    /// <summary>A graph written by a function, so that a test can hold it in one expression.</summary>
    public static NetGraph Graph(string name, Action<GraphBuilder> write)
    {
        var builder = new GraphBuilder(name);
        write(builder);
        return builder.Build();
    }

    /// <summary>Numbers in [-1, 1), a function of the seed and the name only.</summary>
    public static Tensor Random(Shape shape, string name, ulong seed = 1)
    {
        var tensor = new Tensor(shape);
        ulong stream = CounterRandom.StreamOf(name);
        for (int i = 0; i < tensor.Span.Length; i++)
        {
            tensor.Span[i] = (float)(2 * CounterRandom.Uniform(seed, stream, (ulong)i) - 1);
        }

        return tensor;
    }

    /// <summary>Labels in [0, classes), about one in five of them the void label.</summary>
    public static int[] Labels(Shape shape, int classes, int ignoreIndex = 255, ulong seed = 1)
    {
        int[] labels = new int[shape.ElementCount];
        for (int i = 0; i < labels.Length; i++)
        {
            bool isVoid = CounterRandom.Uniform(seed, 71, (ulong)i) < 0.2;
            labels[i] = isVoid ? ignoreIndex : (int)(classes * CounterRandom.Uniform(seed, 72, (ulong)i));
        }

        return labels;
    }

    /// <summary>Numbers that fill a tensor in order.</summary>
    public static Tensor Filled(Shape shape, params float[] values) => new(shape, values);

    /// <summary>Sets every trainable parameter to random numbers of a size that keeps activations near 1, biases too, which initialisers leave at 0; the frozen ones to their initial value.</summary>
    public static void Randomize(Network network, ulong seed = 1)
    {
        network.Initialize(seed);
        foreach (var parameter in network.Graph.Parameters.Where(p => p.IsTrainable))
        {
            Tensor tensor = Random(parameter.Shape, parameter.Name, seed);
            if (parameter.Shape.Rank == 4)
            {
                double scale = Math.Sqrt(3.0 * parameter.Shape[0] / parameter.Shape.ElementCount);
                foreach (ref float value in tensor.Span)
                {
                    value = (float)(value * scale);
                }
            }

            network.Value(parameter).Write(tensor.Span);
        }
    }

    /// <summary>Sets every parameter to random numbers as <see cref="Randomize"/> does, and the running estimates of batch norms too; variances around 1.</summary>
    public static void RandomizeAll(Network network)
    {
        Randomize(network);
        foreach (Parameter buffer in network.Graph.Parameters.Where(p => p.IsBuffer))
        {
            Tensor values = Random(buffer.Shape, buffer.Name);
            foreach (ref float value in values.Span)
            {
                value = buffer.Name.EndsWith("var", StringComparison.Ordinal) ? 1 + (0.5f * value) : value;
            }

            network.Value(buffer).Write(values.Span);
        }
    }

    /// <summary>Runs inference of one output for float inputs.</summary>
    public static Tensor Forward(Network network, string output, params (string Name, Tensor Value)[] inputs)
    {
        CompiledNet net = network.Compile(CompileTarget.Inference(output), inputs.ToDictionary(i => i.Name, i => i.Value.Shape));
        using IExecution execution = net.Plan.Begin();
        foreach ((string name, Tensor value) in inputs.Where(i => net.Inputs.ContainsKey(i.Name)))
        {
            execution.Write(net.Inputs[name], value.Span);
        }

        execution.Run();
        return Read(execution, net.Outputs[output]);
    }

    /// <summary>An output of an execution; integers come as floats, which hold class indices exactly.</summary>
    public static Tensor Read(IExecution execution, ProgramValue value)
    {
        var tensor = new Tensor(value.Shape);
        if (value.Type == ElementType.Int32)
        {
            int[] integers = new int[value.Shape.ElementCount];
            execution.Read(value, integers);
            for (int i = 0; i < integers.Length; i++)
            {
                tensor.Span[i] = integers[i];
            }
        }
        else
        {
            execution.Read(value, tensor.Span);
        }

        return tensor;
    }

    /// <summary>The gradient of every trainable parameter, by name.</summary>
    public static Dictionary<string, float[]> Gradients(Network network) => network.Graph.Parameters.Where(p => p.IsTrainable).ToDictionary(p => p.Name, p =>
    {
        float[] values = new float[p.Shape.ElementCount];
        network.Gradient(p).Read(values);
        return values;
    });

    /// <summary>Sets the gradient of every trainable parameter to 0, as a solver's step leaves it.</summary>
    public static void ClearGradients(Network network)
    {
        foreach (var parameter in network.Graph.Parameters.Where(p => p.IsTrainable))
        {
            network.Gradient(parameter).Fill(0);
        }
    }
}
