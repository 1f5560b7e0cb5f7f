using FcnSharp.Tensors.Memory;

namespace FcnSharp.Tensors.Devices;

/// <summary>A device tensor in the host's memory, row-major. It takes its memory when its content is first needed.</summary>
internal sealed unsafe class HostTensor : IDeviceTensor
{
    private readonly Action<string, Shape>? _beforeAllocation;
    private readonly Dictionary<string, NativeBuffer> _packed = [];
    private readonly Lock _gate = new();
    private NativeBuffer? _buffer;
    private TensorSource? _source;
    private bool _released;
    private bool _disposed;

    /// <summary>Creates a tensor of zeros.</summary>
    /// <param name="name">What it holds, for messages.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="beforeAllocation">Refuses, by throwing, a tensor that does not fit into memory.</param>
    public HostTensor(string name, Shape shape, Action<string, Shape>? beforeAllocation = null)
    {
        if (shape.ElementCount > int.MaxValue)
        {
            throw new FcnSharpException($"{name} of shape {shape} has {shape.ElementCount} elements; a parameter can have at most {int.MaxValue}.");
        }

        Name = name;
        Shape = shape;
        _beforeAllocation = beforeAllocation;
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
                float* content = Pointer;
                packed = new NativeBuffer(NativeBuffer.Align(checked(elements * sizeof(float))));
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

            NativeBuffer buffer = Allocate();
            try
            {
                if (_source is { } source)
                {
                    WorkerPool.Shared.Run(new Reading(source, (float*)buffer.Pointer, Shape.ElementCount), Reading.Parts(Shape.ElementCount));
                }
                else
                {
                    buffer.Clear();
                }
            }
            catch
            {
                buffer.Dispose();
                throw;
            }

            _source = null;
            Volatile.Write(ref _buffer, buffer);
            return buffer;
        }
    }

    private NativeBuffer Allocate()
    {
        ObjectDisposedException.ThrowIf(_disposed || _released, this);
        _beforeAllocation?.Invoke(Name, Shape);
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
