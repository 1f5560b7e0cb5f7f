using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Graph;

/// <summary>
/// A graph with weights on a device. It compiles itself for each input size it meets and remembers the last few. Compiling
/// and inference are safe from several threads. Training executions add to the same gradients, so they run one at a time,
/// and weights must not change while executions are in flight.
/// </summary>
public sealed class Network : IDisposable
{
    private const int CachedPlans = 8;
    private readonly ParameterStore _parameters;
    private readonly LinkedList<CompiledNet> _recent = new();
    private readonly Lock _gate = new();
    private bool _frozen;

    /// <summary>Gives a graph memory on a device; the weights are zero until <see cref="Initialize"/> or <see cref="Load"/>.</summary>
    public Network(NetGraph graph, IDevice device)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(device);
        Graph = graph;
        Device = device;
        _parameters = new ParameterStore(graph, device);
    }

    /// <summary>The net's structure.</summary>
    public NetGraph Graph { get; }

    /// <summary>Where it computes.</summary>
    public IDevice Device { get; }

    /// <summary>Number of weights, all layers together; buffers are none.</summary>
    public long ParameterCount => Graph.Parameters.Where(p => !p.IsBuffer).Sum(p => p.Shape.ElementCount);

    /// <summary>How many compiled sizes are remembered now; never more than 8.</summary>
    public int CachedPlanCount
    {
        get
        {
            lock (_gate)
            {
                return _recent.Count;
            }
        }
    }

    /// <summary>The tensor of a parameter's value.</summary>
    public IDeviceTensor Value(Parameter parameter) => _parameters.Value(parameter);

    /// <summary>The tensor that a parameter's gradient is added to by each training execution, until a solver's step resets it.</summary>
    public IDeviceTensor Gradient(Parameter parameter) => _parameters.Gradient(parameter);

    /// <summary>
    /// Buffers take the values that the last training execution has left for them; a solver's step does it. Until then inference and
    /// checkpoints see the old ones, so a step that is given up changes nothing.
    /// </summary>
    public void CommitBuffers() => _parameters.CommitBuffers();

    /// <summary>Forgets the values that training executions have left for buffers.</summary>
    public void DiscardBuffers() => _parameters.DiscardBuffers();

    /// <summary>
    /// From now on for inference only: the parameters never change again, so the device lays them out once for its kernels and
    /// frees what they were made from. Training, loading and saving are then refused.
    /// </summary>
    public void FreezeParameters()
    {
        lock (_gate)
        {
            _frozen = true;
            _recent.Clear();
        }
    }

    /// <summary>Fills all parameters by their initialisers. Each depends on the seed and on its own name only.</summary>
    public void Initialize(ulong seed)
    {
        CheckNotFrozen();
        foreach (Parameter parameter in Graph.Parameters)
        {
            var tensor = new Tensor(parameter.Shape);
            try
            {
                parameter.Initializer.Fill(tensor, seed, CounterRandom.StreamOf(parameter.Name));
            }
            catch (FcnSharpException e)
            {
                throw new FcnSharpException($"{Graph.Name}, {parameter.Name}: {e.Message}", e);
            }

            Value(parameter).Write(tensor.Span);
        }
    }

    /// <summary>Copies all parameters to the host, by name.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Save()
    {
        CheckNotFrozen();
        var tensors = new List<KeyValuePair<string, Tensor>>();
        foreach (Parameter parameter in Graph.Parameters)
        {
            var tensor = new Tensor(parameter.Shape);
            Value(parameter).Read(tensor.Span);
            tensors.Add(new(parameter.Name, tensor));
        }

        return tensors;
    }

    /// <summary>Sets all parameters by name.</summary>
    /// <param name="tensors">A tensor for each parameter, no more and no fewer.</param>
    /// <param name="source">Where they are from, for the message.</param>
    /// <exception cref="FcnSharpException">One is missing, unexpected or of another shape; nothing was changed then.</exception>
    public void Load(IReadOnlyDictionary<string, Tensor> tensors, string source)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        CheckNotFrozen();
        CheckFits(tensors.ToDictionary(t => t.Key, t => t.Value.Shape), source);
        foreach (Parameter parameter in Graph.Parameters)
        {
            Value(parameter).Write(tensors[parameter.Name].Span);
        }
    }

    /// <summary>Sets all parameters by name, from sources that the device asks when it needs them.</summary>
    /// <param name="tensors">A source and its shape for each parameter, no more and no fewer.</param>
    /// <param name="source">Where they are from, for the message.</param>
    /// <exception cref="FcnSharpException">One is missing, unexpected or of another shape; nothing was changed then.</exception>
    internal void LoadFrom(IReadOnlyDictionary<string, (Shape Shape, TensorSource Elements)> tensors, string source)
    {
        CheckNotFrozen();
        CheckFits(tensors.ToDictionary(t => t.Key, t => t.Value.Shape), source);
        foreach (Parameter parameter in Graph.Parameters)
        {
            Value(parameter).WriteFrom(tensors[parameter.Name].Elements);
        }
    }

    /// <summary>The net compiled for these shapes, from the cache or new.</summary>
    /// <param name="target">Inference or training, and the outputs.</param>
    /// <param name="inputShapes">Shape [N, C, H, W] per input that the outputs need.</param>
    /// <exception cref="FcnSharpException">An input is missing or does not fit, or the plan does not fit into memory.</exception>
    public CompiledNet Compile(CompileTarget target, IReadOnlyDictionary<string, Shape> inputShapes)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(inputShapes);
        if (target.Training)
        {
            CheckNotFrozen();
        }

        lock (_gate)
        {
            for (LinkedListNode<CompiledNet>? node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.IsFor(target, inputShapes))
                {
                    _recent.Remove(node);
                    _recent.AddFirst(node);
                    return node.Value;
                }
            }

            var (program, inputs, outputs) = GraphCompiler.Compile(Graph, _parameters, inputShapes, target, _frozen);
            var compiled = new CompiledNet(target, inputShapes, program, inputs, outputs, Device.Plan(program));
            _recent.AddFirst(compiled);
            if (_recent.Count > CachedPlans)
            {
                // Dropped, not disposed: an execution of it may still be in flight, and it holds no memory of its own.
                _recent.RemoveLast();
            }

            return compiled;
        }
    }

    /// <summary>A plan of this net's weights that gives the output of every layer, for finding out where something went wrong. It is the caller's to dispose.</summary>
    /// <param name="output">An output whose layers are wanted.</param>
    /// <param name="inputShapes">Shape per input that the output needs.</param>
    internal CompiledNet CompileAllLayers(string output, IReadOnlyDictionary<string, Shape> inputShapes)
    {
        CheckNotFrozen();
        IReadOnlyList<GraphNode> nodes = Graph.NodesFor([output]);
        var outputs = nodes.ToDictionary(n => n.Layer.Name, n => new GraphValue(n.Layer.Name, 0, n, 0, ElementType.Float32));
        var graph = new NetGraph(Graph.Name, Graph.Inputs, Graph.Nodes, outputs);
        CompileTarget target = CompileTarget.Inference([.. outputs.Keys]);
        var (program, inputs, values) = GraphCompiler.Compile(graph, _parameters, inputShapes, target);
        return new CompiledNet(target, inputShapes, program, inputs, values, Device.Plan(program));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (CompiledNet net in _recent)
            {
                net.Dispose();
            }

            _recent.Clear();
        }

        _parameters.Dispose();
    }

    private void CheckFits(Dictionary<string, Shape> tensors, string source)
    {
        string[] missing = [.. Graph.Parameters.Where(p => !tensors.ContainsKey(p.Name)).Select(p => p.Name)];
        string[] unexpected = [.. tensors.Keys.Except(Graph.Parameters.Select(p => p.Name))];
        if (missing.Length + unexpected.Length > 0)
        {
            throw new FcnSharpException($"{source} does not fit {Graph.Name}: {Names("missing", missing)}{Names("unexpected", unexpected)}use a file of the same net.");
        }

        foreach (Parameter parameter in Graph.Parameters)
        {
            Shape found = tensors[parameter.Name];
            if (found != parameter.Shape)
            {
                throw new FcnSharpException($"{source}: {parameter.Name} has the shape {found}, {Graph.Name} needs {parameter.Shape}; is it a file of another number of classes?");
            }
        }
    }

    private void CheckNotFrozen()
    {
        if (_frozen)
        {
            throw new InvalidOperationException($"{Graph.Name} is frozen for inference: its parameters can be neither trained nor read nor written.");
        }
    }

    private static string Names(string what, string[] names) =>
        names.Length == 0 ? "" : $"{names.Length} {what} ({string.Join(", ", names.Take(3))}{(names.Length > 3 ? ", ..." : "")}), ";
}
