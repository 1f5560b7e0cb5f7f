using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Training;

/// <summary>
/// Stochastic gradient descent with momentum, in Caffe's form: velocity = momentum * velocity + rate * (gradient + decay * weight);
/// weight -= velocity. Rate and decay are multiplied by each parameter's own factors.
/// </summary>
public sealed class SgdSolver : IDisposable
{
    private readonly Network _network;
    private readonly List<(Parameter Parameter, IDeviceTensor Velocity)> _velocities = [];

    /// <summary>Creates the solver with zero velocities for all trainable parameters.</summary>
    public SgdSolver(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
        foreach (Parameter parameter in network.Graph.Parameters.Where(p => p.IsTrainable))
        {
            _velocities.Add((parameter, network.Device.Allocate(parameter.Name + ".velocity", parameter.Shape)));
        }
    }

    /// <summary>Applies the gradients that have been accumulated, and resets them.</summary>
    public void Step(float learningRate, float momentum, float weightDecay)
    {
        foreach ((Parameter parameter, IDeviceTensor velocity) in _velocities)
        {
            var coefficients = new SgdCoefficients(
                learningRate * parameter.LearningRateMultiplier,
                momentum,
                weightDecay * parameter.DecayMultiplier);
            _network.Device.SgdStep(_network.Value(parameter), _network.Gradient(parameter), velocity, coefficients);
        }
    }

    /// <summary>Copies the velocities to the host, by their parameters' names.</summary>
    public IReadOnlyDictionary<string, Tensor> Save()
    {
        var state = new Dictionary<string, Tensor>();
        foreach ((Parameter parameter, IDeviceTensor velocity) in _velocities)
        {
            var tensor = new Tensor(parameter.Shape);
            velocity.Read(tensor.Span);
            state.Add(parameter.Name, tensor);
        }

        return state;
    }

    /// <summary>Sets the velocities.</summary>
    /// <exception cref="FcnSharpException">One is missing or of another shape.</exception>
    public void Load(IReadOnlyDictionary<string, Tensor> state, string source)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach ((Parameter parameter, IDeviceTensor velocity) in _velocities)
        {
            if (!state.TryGetValue(parameter.Name, out Tensor? tensor) || tensor.Shape != parameter.Shape)
            {
                throw new FcnSharpException($"{source}: the solver's state of {parameter.Name} is missing or not of shape {parameter.Shape}; start a new run.");
            }

            velocity.Write(tensor.Span);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Parameter _, IDeviceTensor velocity) in _velocities)
        {
            velocity.Dispose();
        }
    }
}
