using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Graph;

/// <summary>
/// Writes the program of a graph for given shapes: the forward pass in the graph's order and, for training, the backward
/// pass in the opposite order. A value that is used several times gets the sum of its gradients.
/// </summary>
internal sealed class GraphCompiler
{
    private readonly NetGraph _graph;
    private readonly ParameterStore _parameters;
    private readonly IReadOnlyDictionary<string, Shape> _inputShapes;
    private readonly CompileTarget _target;
    private readonly ProgramBuilder _builder;
    private readonly Dictionary<string, ProgramValue> _inputs = [];
    private readonly Dictionary<(GraphNode? Node, string Input, int Index), ProgramValue> _values = [];
    private readonly Dictionary<GraphNode, ForwardContext> _forwards = [];
    private readonly Dictionary<ProgramValue, List<ProgramValue>> _gradients = [];

    /// <summary>Values that something trainable lies before.</summary>
    private readonly HashSet<ProgramValue> _needGradient = [];

    private GraphCompiler(NetGraph graph, ParameterStore parameters, IReadOnlyDictionary<string, Shape> inputShapes, CompileTarget target, bool constantParameters)
    {
        (_graph, _parameters, _inputShapes, _target) = (graph, parameters, inputShapes, target);
        string sizes = string.Join(", ", graph.Inputs.Where(i => inputShapes.ContainsKey(i.Name)).Select(i => inputShapes[i.Name]));
        _builder = new ProgramBuilder($"{(target.Training ? "Training" : "Inference")} of {graph.Name} on {sizes}") { ConstantParameters = constantParameters };
    }

    /// <summary>The program and its inputs and outputs by name.</summary>
    public static (TensorProgram Program, Dictionary<string, ProgramValue> Inputs, Dictionary<string, ProgramValue> Outputs) Compile(
        NetGraph graph, ParameterStore parameters, IReadOnlyDictionary<string, Shape> inputShapes, CompileTarget target, bool constantParameters = false)
    {
        var compiler = new GraphCompiler(graph, parameters, inputShapes, target, constantParameters);
        IReadOnlyList<GraphNode> nodes = graph.NodesFor(target.Outputs);
        foreach (GraphNode node in nodes)
        {
            compiler.Forward(node);
        }

        var outputs = new Dictionary<string, ProgramValue>();
        foreach (string name in target.Outputs)
        {
            outputs[name] = compiler.ValueOf(graph.Outputs[name]);
            compiler._builder.MarkOutput(outputs[name]);
        }

        if (target.Training)
        {
            compiler.Backward(nodes);
        }

        return (compiler._builder.Build(), compiler._inputs, outputs);
    }

    private void Forward(GraphNode node)
    {
        ProgramValue[] inputs = [.. node.Inputs.Select(ValueOf)];
        var context = new ForwardContext(node.Layer, _builder, inputs, _target.Training, p => _builder.Persistent(_parameters.Value(p)), p => _builder.Persistent(_parameters.Next(p)));
        IReadOnlyList<ProgramValue> outputs;
        try
        {
            node.Layer.InferShapes([.. inputs.Select(i => i.Shape)]);
            outputs = node.Layer.Forward(context);
        }
        catch (FcnSharpException e)
        {
            throw new FcnSharpException($"{_graph.Name}, layer {node.Layer.Name}: {e.Message}", e);
        }

        _forwards[node] = context;
        bool needs = inputs.Any(_needGradient.Contains) || node.Layer.Parameters.Any(p => p.IsTrainable);
        for (int i = 0; i < outputs.Count; i++)
        {
            _values[(node, "", i)] = outputs[i];
            if (needs)
            {
                _needGradient.Add(outputs[i]);
            }
        }
    }

    private void Backward(IReadOnlyList<GraphNode> nodes)
    {
        if (!nodes.Any(n => n.Layer.IsLoss))
        {
            throw new InvalidOperationException($"{_graph.Name}: none of {string.Join(", ", _target.Outputs)} is a loss.");
        }

        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            GraphNode node = nodes[i];
            ForwardContext forward = _forwards[node];
            ProgramValue[] outputs = [.. OutputsOf(node)];
            ProgramValue?[] gradOutputs = [.. outputs.Select(o => IsPassedThrough(forward, o) ? null : TotalGradient(o))];
            bool[] needs = [.. forward.Inputs.Select(_needGradient.Contains)];

            // A layer that returned its input has left no operation to differentiate: the input's gradients are the output's.
            bool absent = outputs.All(o => IsPassedThrough(forward, o));
            if (absent || (!node.Layer.IsLoss && gradOutputs.All(g => g is null)))
            {
                continue;
            }

            var context = new BackwardContext(node.Layer, _builder, forward, outputs, gradOutputs, needs, GradientOf);
            node.Layer.Backward(context);
            for (int input = 0; input < needs.Length; input++)
            {
                if (needs[input] && context.GradInputs[input] is { } gradient)
                {
                    GradientsOf(forward.Inputs[input]).Add(gradient);
                }
            }
        }
    }

    private static bool IsPassedThrough(ForwardContext forward, ProgramValue output) => forward.Inputs.Contains(output);

    private ProgramValue? GradientOf(Parameter parameter) =>
        parameter.IsTrainable ? _builder.Persistent(_parameters.Gradient(parameter)) : null;

    /// <summary>The sum of the gradients that have arrived at a value; null when none has.</summary>
    private ProgramValue? TotalGradient(ProgramValue value)
    {
        List<ProgramValue> gradients = GradientsOf(value);
        if (gradients.Count > 1)
        {
            ProgramValue sum = _builder.Intermediate(value.Name + ".grad", value.Shape);
            _builder.Add(new SumForward(value.Name + ".grad", [.. gradients], sum));
            gradients.Clear();
            gradients.Add(sum);
        }

        return gradients.Count == 0 ? null : gradients[0];
    }

    private List<ProgramValue> GradientsOf(ProgramValue value)
    {
        if (!_gradients.TryGetValue(value, out List<ProgramValue>? list))
        {
            _gradients[value] = list = [];
        }

        return list;
    }

    private IEnumerable<ProgramValue> OutputsOf(GraphNode node)
    {
        for (int i = 0; _values.TryGetValue((node, "", i), out ProgramValue? value); i++)
        {
            yield return value;
        }
    }

    private ProgramValue ValueOf(GraphValue value)
    {
        (GraphNode?, string, int) key = value.Node is null ? (null, value.Name, 0) : (value.Node, "", value.OutputIndex);
        if (!_values.TryGetValue(key, out ProgramValue? known))
        {
            _values[key] = known = DefineInput(value);
        }

        return known;
    }

    private ProgramValue DefineInput(GraphValue input)
    {
        if (!_inputShapes.TryGetValue(input.Name, out Shape shape))
        {
            throw new FcnSharpException($"{_graph.Name} needs the input \"{input.Name}\" for {string.Join(", ", _target.Outputs)}.");
        }

        if (shape.Rank != 4 || shape.C != input.Channels)
        {
            throw new FcnSharpException($"{_graph.Name}: the input \"{input.Name}\" needs {input.Channels} channels [N, {input.Channels}, H, W], found {shape}.");
        }

        ProgramValue value = _builder.Input(input.Name, shape, input.Type);
        _inputs[input.Name] = value;
        return value;
    }
}
