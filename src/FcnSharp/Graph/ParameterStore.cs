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
    private readonly Dictionary<Parameter, (IDeviceTensor Tensor, float[] New, float[] Old)> _next = [];
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

    /// <summary>The next value of a buffer; NaN where no training execution has written one.</summary>
    public IDeviceTensor Next(Parameter buffer)
    {
        lock (_gate)
        {
            if (!_next.TryGetValue(buffer, out var next))
            {
                int count = checked((int)buffer.Shape.ElementCount);
                next = (_device.Allocate(buffer.Name + ".next", buffer.Shape), new float[count], new float[count]);
                next.Tensor.Fill(float.NaN);
                _next.Add(buffer, next);
            }

            return next.Tensor;
        }
    }

    /// <summary>Buffers take the values that were written for them, once.</summary>
    public void CommitBuffers()
    {
        lock (_gate)
        {
            foreach ((Parameter buffer, (IDeviceTensor next, float[] values, float[] old)) in _next)
            {
                next.Read(values);
                _values[buffer].Read(old);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = float.IsNaN(values[i]) ? old[i] : values[i];
                }

                _values[buffer].Write(values);
                next.Fill(float.NaN);
            }
        }
    }

    /// <summary>Forgets what was written for buffers.</summary>
    public void DiscardBuffers()
    {
        lock (_gate)
        {
            foreach ((IDeviceTensor next, float[] _, float[] _) in _next.Values)
            {
                next.Fill(float.NaN);
            }
        }
    }

    public void Dispose()
    {
        foreach (IDeviceTensor tensor in _values.Values.Concat(_gradients.Values).Concat(_next.Values.Select(n => n.Tensor)))
        {
            tensor.Dispose();
        }
    }
}
