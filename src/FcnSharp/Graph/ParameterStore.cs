using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Graph;

/// <summary>The values and gradients of a net's parameters in a device's memory.</summary>
internal sealed class ParameterStore : IDisposable
{
    private readonly IDevice _device;
    private readonly Dictionary<Parameter, IDeviceTensor> _values = [];
    private readonly Dictionary<Parameter, IDeviceTensor> _gradients = [];
    private readonly Lock _gate = new();

    public ParameterStore(NetGraph graph, IDevice device)
    {
        _device = device;
        foreach (Parameter parameter in graph.Parameters)
        {
            _values.Add(parameter, device.Allocate(parameter.Name, parameter.Shape));
        }
    }

    public IDeviceTensor Value(Parameter parameter) => _values[parameter];

    /// <summary>The accumulator of the parameter's gradient; it starts at 0, and a solver's step resets it.</summary>
    public IDeviceTensor Gradient(Parameter parameter)
    {
        lock (_gate)
        {
            if (!_gradients.TryGetValue(parameter, out IDeviceTensor? gradient))
            {
                gradient = _device.Allocate(parameter.Name + ".grad", parameter.Shape);
                _gradients.Add(parameter, gradient);
            }

            return gradient;
        }
    }

    public void Dispose()
    {
        foreach (IDeviceTensor tensor in _values.Values.Concat(_gradients.Values))
        {
            tensor.Dispose();
        }
    }
}
