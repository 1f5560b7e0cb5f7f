using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Training;

/// <summary>The rule by which gradients change weights.</summary>
public enum SolverKind
{
    /// <summary>Stochastic gradient descent with momentum, in Caffe's form: what the papers use.</summary>
    Sgd,

    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019): small nets from scratch, without batch norm.</summary>
    AdamW,
}

/// <summary>The numbers of one parameter's step, its multipliers already in them.</summary>
/// <param name="Number">The step, from 1.</param>
/// <param name="LearningRate">Learning rate.</param>
/// <param name="WeightDecay">Weight decay.</param>
/// <param name="GradientScale">Factor of the gradient.</param>
public readonly record struct SolverStep(long Number, float LearningRate, float WeightDecay, float GradientScale);

/// <summary>
/// A solver and its state: one or two tensors for each trainable parameter. Learning rate and weight decay are multiplied by
/// each parameter's own factors.
/// </summary>
public abstract class Solver : IDisposable
{
    private readonly string[] _stateNames;
    private readonly List<(Parameter Parameter, IDeviceTensor[] State)> _parameters = [];
    private float[] _gradient = [];

    /// <summary>Allocates the state, zero at first, for all trainable parameters.</summary>
    /// <param name="network">The net to train.</param>
    /// <param name="stateNames">What each parameter's state tensors are called in checkpoints.</param>
    protected Solver(Network network, params string[] stateNames)
    {
        ArgumentNullException.ThrowIfNull(network);
        Network = network;
        _stateNames = stateNames;
        foreach (Parameter parameter in network.Graph.Parameters.Where(p => p.IsTrainable))
        {
            _parameters.Add((parameter, [.. stateNames.Select(n => network.Device.Allocate($"{n}/{parameter.Name}", parameter.Shape))]));
        }
    }

    /// <summary>The net that is trained.</summary>
    protected Network Network { get; }

    /// <summary>The solver that the options name.</summary>
    public static Solver Create(Network network, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Solver switch
        {
            SolverKind.Sgd => new SgdSolver(network, options.Momentum),
            SolverKind.AdamW => new AdamWSolver(network),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Solver, "Unknown solver."),
        };
    }

    /// <summary>Applies the gradients that have been accumulated, resets them, and gives buffers their next values.</summary>
    /// <param name="step">Number of the step, from 1.</param>
    /// <param name="learningRate">Learning rate of the step, before the parameters' multipliers.</param>
    /// <param name="weightDecay">Weight decay, before the parameters' multipliers.</param>
    /// <param name="gradientScale">Factor of the gradients, such as 1 / accumulated batches.</param>
    public void Step(long step, float learningRate, float weightDecay, float gradientScale = 1)
    {
        foreach ((Parameter parameter, IDeviceTensor[] state) in _parameters)
        {
            Step(parameter, state, new SolverStep(step, learningRate * parameter.LearningRateMultiplier, weightDecay * parameter.DecayMultiplier, gradientScale));
        }

        Network.CommitBuffers();
    }

    /// <summary>The length of the gradient that has been accumulated, all parameters together (L2).</summary>
    public double GradientNorm()
    {
        double sum = 0;
        foreach ((Parameter parameter, IDeviceTensor[] _) in _parameters)
        {
            int count = checked((int)parameter.Shape.ElementCount);
            if (_gradient.Length < count)
            {
                _gradient = new float[count];
            }

            Span<float> gradient = _gradient.AsSpan(0, count);
            Network.Gradient(parameter).Read(gradient);
            foreach (float g in gradient)
            {
                sum += (double)g * g;
            }
        }

        return Math.Sqrt(sum);
    }

    /// <summary>Forgets gradients, and next values of buffers, that no step will use.</summary>
    public void ClearGradients()
    {
        foreach ((Parameter parameter, IDeviceTensor[] _) in _parameters)
        {
            Network.Gradient(parameter).Fill(0);
        }

        Network.DiscardBuffers();
    }

    /// <summary>Copies the state to the host, named "state/parameter", such as "velocity/conv1_1.weight".</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Save()
    {
        var saved = new List<KeyValuePair<string, Tensor>>();
        foreach (IDeviceTensor state in _parameters.SelectMany(p => p.State))
        {
            var tensor = new Tensor(state.Shape);
            state.Read(tensor.Span);
            saved.Add(new(state.Name, tensor));
        }

        return saved;
    }

    /// <summary>Sets the state.</summary>
    /// <exception cref="FcnSharpException">A tensor is missing or of another shape; nothing was changed then.</exception>
    public void Load(IReadOnlyDictionary<string, Tensor> saved, string source)
    {
        ArgumentNullException.ThrowIfNull(saved);
        IDeviceTensor[] all = [.. _parameters.SelectMany(p => p.State)];
        foreach (IDeviceTensor state in all)
        {
            if (!saved.TryGetValue(state.Name, out Tensor? tensor) || tensor.Shape != state.Shape)
            {
                throw new FcnSharpException($"{source}: the solver's {state.Name} is missing or not of shape {state.Shape}; delete the file to start anew.");
            }
        }

        foreach (IDeviceTensor state in all)
        {
            state.Write(saved[state.Name].Span);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>One parameter's step.</summary>
    protected abstract void Step(Parameter parameter, IReadOnlyList<IDeviceTensor> state, SolverStep step);

    /// <summary>Frees the state.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (IDeviceTensor state in _parameters.SelectMany(p => p.State))
            {
                state.Dispose();
            }
        }
    }
}
