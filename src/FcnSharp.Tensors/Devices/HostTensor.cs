using FcnSharp.Tensors.Memory;

namespace FcnSharp.Tensors.Devices;

/// <summary>A device tensor in the host's memory, row-major. It takes its memory when its content is first needed.</summary>
internal sealed unsafe class HostTensor : IDeviceTensor
{
    private readonly HostDevice _device;
    private readonly Dictionary<string, NativeBuffer> _packed = [];
    private readonly Lock _gate = new();
    private NativeBuffer? _buffer;
    private TensorSource? _source;
    private bool _released;
    private bool _disposed;

    /// <summary>Creates a tensor of zeros.</summary>
    /// <param name="device">Whose memory budget it counts against.</param>
    /// <param name="name">What it holds, for messages.</param>
    /// <param name="shape">Its shape.</param>
    public HostTensor(HostDevice device, string name, Shape shape)
    {
        if (shape.ElementCount > int.MaxValue)
        {
            throw new FcnSharpException($"{name} of shape {shape} has {shape.ElementCount} elements; a parameter can have at most {int.MaxValue}.");
        }

        Name = name;
        Shape = shape;
        _device = device;
    }

    public string Name { get; }

    public Shape Shape { get; }

    public float* Pointer => (float*)(Volatile.Read(ref _buffer) ?? TakeContent()).Pointer;

    public Span<float> Span
    {
        get
        {
            CheckNotReleased();
            return new Span<float>(Pointer, (int)Shape.ElementCount);
        }
    }

    /// <summary>Bytes of the content, unless it was freed, and of what was packed from it.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_gate)
            {
                return (_released ? 0 : Shape.ElementCount * sizeof(float)) + PackedBytes;
            }
        }
    }

    /// <summary>The same once <see cref="ReleaseContent"/> was called.</summary>
    public long PackedBytes
    {
        get
        {
            lock (_gate)
            {
                return _packed.Values.Sum(b => b.Bytes);
            }
        }
    }

    /// <summary>Frees the content; only what was packed from it is left.</summary>
    public void ReleaseContent()
    {
        lock (_gate)
        {
            _released = true;
            DropContent();
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
        CheckNotReleased();
        NativeBuffer buffer;
        lock (_gate)
        {
            _source = null;
            buffer = _buffer ?? Allocate();
            Volatile.Write(ref _buffer, buffer);
        }

        source.CopyTo(new Span<float>(buffer.Pointer, source.Length));
    }

    public void WriteFrom(TensorSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        CheckNotReleased();
        lock (_gate)
        {
            DropContent();
            _source = source;
        }
    }

    public void Fill(float value) => Span.Fill(value);

    /// <summary>The content in another layout, made when it is first asked for and kept.</summary>
    /// <param name="key">Names the layout.</param>
    /// <param name="elements">Floats of the result.</param>
    /// <param name="pack">Writes the result (second) from the content (first).</param>
    public NativeBuffer Packed(string key, long elements, Packing pack)
    {
        lock (_gate)
        {
            if (!_packed.TryGetValue(key, out NativeBuffer? packed))
            {
                long bytes = NativeBuffer.Align(checked(elements * sizeof(float)));
                _device.CheckFits($"{Name}, laid out for the kernels,", bytes);

                // What a source can give again is not kept, so that weights are never in memory twice.
                using NativeBuffer? passing = _buffer is null && _source is { } source ? ReadFrom(source) : null;
                float* content = passing is null ? Pointer : (float*)passing.Pointer;
                packed = new NativeBuffer(bytes);
                pack(content, (float*)packed.Pointer);
                _packed.Add(key, packed);
            }

            return packed;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            DropContent();
            foreach (NativeBuffer packed in _packed.Values)
            {
                packed.Dispose();
            }

            _packed.Clear();
        }
    }

    /// <summary>Lays weights out anew.</summary>
    internal delegate void Packing(float* source, float* target);

    private NativeBuffer TakeContent()
    {
        lock (_gate)
        {
            if (_buffer is { } there)
            {
                return there;
            }

            NativeBuffer buffer;
            if (_source is { } source)
            {
                buffer = ReadFrom(source);
            }
            else
            {
                buffer = Allocate();
                buffer.Clear();
            }

            _source = null;
            Volatile.Write(ref _buffer, buffer);
            return buffer;
        }
    }

    private NativeBuffer ReadFrom(TensorSource source)
    {
        NativeBuffer buffer = Allocate();
        try
        {
            WorkerPool.Shared.Run(new Reading(source, (float*)buffer.Pointer, Shape.ElementCount), Reading.Parts(Shape.ElementCount));
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private NativeBuffer Allocate()
    {
        CheckNotReleased();
        _device.CheckFits($"{Name} of shape {Shape}", Shape.ElementCount * sizeof(float));
        return new NativeBuffer(NativeBuffer.Align(checked(Shape.ElementCount * sizeof(float))));
    }

    private void DropContent()
    {
        _source = null;
        _buffer?.Dispose();
        _buffer = null;
    }

    private void CheckNotReleased()
    {
        if (_released)
        {
            throw new InvalidOperationException($"{Name} is kept for inference only, in a layout of the device: it can be neither read nor written.");
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
    }

    private void CheckLength(int length)
    {
        if (length != Shape.ElementCount)
        {
            throw new ArgumentException($"{Name} of shape {Shape} has {Shape.ElementCount} elements, the span {length}.");
        }
    }

    /// <summary>Fills memory from a source, several parts at once: reading a large tensor takes longer than all else of a start.</summary>
    private sealed class Reading(TensorSource source, float* target, long count) : IParallelJob
    {
        /// <summary>Two large pages.</summary>
        private const int PartElements = 1 << 20;

        public static int Parts(long count) => (int)((count + PartElements - 1) / PartElements);

        public void Run(int item, int worker)
        {
            long first = (long)item * PartElements;
            source(first, new Span<float>(target + first, (int)Math.Min(PartElements, count - first)));
        }
    }
}
