using FcnSharp.Tensors.Memory;

namespace FcnSharp.Tensors.Devices;

/// <summary>A device tensor in the host's memory, row-major.</summary>
internal sealed unsafe class HostTensor : IDeviceTensor
{
    private readonly NativeBuffer _buffer;
    private readonly Dictionary<string, NativeBuffer> _packed = [];
    private readonly HostDevice _device;
    private bool _released;

    public HostTensor(HostDevice device, string name, Shape shape)
    {
        _device = device;
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

    /// <summary>The content.</summary>
    /// <exception cref="InvalidOperationException">It was freed.</exception>
    public float* Pointer
    {
        get
        {
            CheckThere();
            return (float*)_buffer.Pointer;
        }
    }

    public Span<float> Span => new(Pointer, (int)Shape.ElementCount);

    /// <summary>Bytes of the content, unless it was freed, and of what was packed from it.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_packed)
            {
                return ContentBytes + PackedBytes;
            }
        }
    }

    /// <summary>The same once <see cref="ReleaseContent"/> was called.</summary>
    public long PackedBytes
    {
        get
        {
            lock (_packed)
            {
                return _packed.Values.Sum(b => b.Bytes);
            }
        }
    }

    private long ContentBytes => _released ? 0 : Shape.ElementCount * sizeof(float);

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
                long bytes = NativeBuffer.Align(checked(elements * sizeof(float)));
                _device.CheckFits($"{Name}, laid out for the kernels,", bytes);
                packed = new NativeBuffer(bytes);
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

    private void CheckThere()
    {
        if (_released)
        {
            throw new InvalidOperationException($"{Name} is kept for inference only, in a layout of the device: it can be neither read nor written.");
        }

        ObjectDisposedException.ThrowIf(_buffer.Pointer == null, this);
    }

    private void CheckLength(int length)
    {
        if (length != Shape.ElementCount)
        {
            throw new ArgumentException($"{Name} of shape {Shape} has {Shape.ElementCount} elements, the span {length}.");
        }
    }
}
