using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Training;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019): weight -= rate * (m / (sqrt(v) + epsilon) + decay * weight),
/// with m and v the bias-corrected running means of the gradient and of its square.
/// </summary>
public sealed class AdamWSolver(Network network) : Solver(network, "first", "second")
{
    /// <inheritdoc/>
    protected override void Step(Parameter parameter, IReadOnlyList<IDeviceTensor> state, SolverStep step)
    {
        ArgumentNullException.ThrowIfNull(state);
        Network.Device.AdamWStep(Network.Value(parameter), Network.Gradient(parameter), state[0], state[1], new AdamWCoefficients(step.LearningRate, step.WeightDecay, step.Number, GradientScale: step.GradientScale));
    }
}
