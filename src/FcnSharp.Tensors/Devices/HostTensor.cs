using FcnSharp.Tensors.Memory;

namespace FcnSharp.Tensors.Devices;

/// <summary>A device tensor in the host's memory, row-major.</summary>
internal sealed unsafe class HostTensor : IDeviceTensor
{
    private readonly NativeBuffer _buffer;

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
            ObjectDisposedException.ThrowIf(_buffer.Pointer == null, this);
            return new Span<float>(_buffer.Pointer, (int)Shape.ElementCount);
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

    public void Dispose() => _buffer.Dispose();

    private void CheckLength(int length)
    {
        if (length != Shape.ElementCount)
        {
            throw new ArgumentException($"{Name} of shape {Shape} has {Shape.ElementCount} elements, the span {length}.");
        }
    }
}
