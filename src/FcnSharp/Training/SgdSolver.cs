using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Training;

/// <summary>
/// Stochastic gradient descent with momentum, in Caffe's form: velocity = momentum * velocity + rate * (gradient + decay * weight);
/// weight -= velocity.
/// </summary>
public sealed class SgdSolver(Network network, float momentum) : Solver(network, "velocity")
{
    /// <inheritdoc/>
    protected override void Step(Parameter parameter, IReadOnlyList<IDeviceTensor> state, SolverStep step)
    {
        ArgumentNullException.ThrowIfNull(state);
        Network.Device.SgdStep(Network.Value(parameter), Network.Gradient(parameter), state[0], new SgdCoefficients(step.LearningRate, momentum, step.WeightDecay, step.GradientScale));
    }
}
