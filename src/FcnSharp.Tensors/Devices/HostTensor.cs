using FcnSharp.Tensors.Memory;

namespace FcnSharp.Tensors.Devices;

/// <summary>A device tensor in the host's memory, row-major.</summary>
internal sealed unsafe class HostTensor : IDeviceTensor
{
    private readonly NativeBuffer _buffer;
    private readonly Dictionary<string, NativeBuffer> _packed = [];
    private bool _released;

    public HostTensor(string name, Shape shape)
    {
        if (shape.ElementCount > int.MaxValue)
        {
            throw new FcnSharpException($"{name} of shape {shape} has {shape.ElementCount} elements; a parameter can have at most {int.MaxValue}.");
        }

        Name = name;
        Shape = shape;
        _buffer = new NativeBuffer(NativeBuffer.Align(checked(shape.ElementCount * sizeof(float))));
        _buffer.Clear();
    }

    public string Name { get; }

    public Shape Shape { get; }

    public float* Pointer => (float*)_buffer.Pointer;

    public Span<float> Span
    {
        get
        {
            if (_released)
            {
                throw new InvalidOperationException($"{Name} is kept for inference only, in a layout of the device: it can be neither read nor written.");
            }

            ObjectDisposedException.ThrowIf(_buffer.Pointer == null, this);
            return new Span<float>(_buffer.Pointer, (int)Shape.ElementCount);
        }
    }

    /// <summary>Frees the content; only what was packed from it is left.</summary>
    public void ReleaseContent()
    {
        lock (_packed)
        {
            _released = true;
            _buffer.Dispose();
        }
    }

    public void Read(Span<float> destination)
    {
        CheckLength(destination.Length);
        Span.CopyTo(destination);
    }

    public void Write(ReadOnlySpan<float> source)
    {
        CheckLength(source.Length);
        source.CopyTo(Span);
    }

    public void Fill(float value) => Span.Fill(value);

    /// <summary>The content in another layout, made when it is first asked for and kept.</summary>
    /// <param name="key">Names the layout.</param>
    /// <param name="elements">Floats of the result.</param>
    /// <param name="pack">Writes the result (second) from the content (first).</param>
    public NativeBuffer Packed(string key, long elements, Packing pack)
    {
        lock (_packed)
        {
            if (!_packed.TryGetValue(key, out NativeBuffer? packed))
            {
                ObjectDisposedException.ThrowIf(_buffer.Pointer == null, this);
                packed = new NativeBuffer(NativeBuffer.Align(checked(elements * sizeof(float))));
                pack(Pointer, (float*)packed.Pointer);
                _packed.Add(key, packed);
            }

            return packed;
        }
    }

    public void Dispose()
    {
        _buffer.Dispose();
        foreach (NativeBuffer packed in _packed.Values)
        {
            packed.Dispose();
        }

        _packed.Clear();
    }

    /// <summary>Lays weights out anew.</summary>
    internal delegate void Packing(float* source, float* target);

    private void CheckLength(int length)
    {
        if (length != Shape.ElementCount)
        {
            throw new ArgumentException($"{Name} of shape {Shape} has {Shape.ElementCount} elements, the span {length}.");
        }
    }
}
