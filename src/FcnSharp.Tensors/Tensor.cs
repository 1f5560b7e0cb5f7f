namespace FcnSharp.Tensors;

/// <summary>
/// A dense array of 32-bit floats with a shape, in the memory of the host, row-major with the last axis fastest.
/// It carries weights and results between files, code and devices; what a device computes on is its own affair.
/// </summary>
public sealed class Tensor
{
    private readonly float[] _data;

    /// <summary>Creates a tensor of zeros.</summary>
    /// <exception cref="FcnSharpException">The shape has more elements than one array can hold.</exception>
    public Tensor(Shape shape)
        : this(shape, new float[CheckedLength(shape)])
    {
    }

    /// <summary>Wraps an array, which the tensor then owns: it is not copied.</summary>
    /// <exception cref="ArgumentException">The array's length is not the shape's element count.</exception>
    public Tensor(Shape shape, float[] data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Length != shape.ElementCount)
        {
            throw new ArgumentException($"The shape {shape} has {shape.ElementCount} elements, the array {data.Length}.", nameof(data));
        }

        Shape = shape;
        _data = data;
    }

    /// <summary>The size along each axis.</summary>
    public Shape Shape { get; }

    /// <summary>The elements in row-major order.</summary>
    public Span<float> Span => _data;

    /// <summary>The elements in row-major order, as memory that may outlive the call.</summary>
    public Memory<float> Memory => _data;

    /// <summary>One element of a four-axis tensor.</summary>
    public float this[int n, int c, int h, int w]
    {
        get => _data[Offset(n, c, h, w)];
        set => _data[Offset(n, c, h, w)] = value;
    }

    /// <summary>A copy with data of its own.</summary>
    public Tensor Clone() => new(Shape, (float[])_data.Clone());

    /// <summary>The same elements, flat, under another shape; the data is shared.</summary>
    /// <exception cref="ArgumentException">The other shape has another number of elements.</exception>
    public Tensor Reshape(Shape shape) => new(shape, _data);

    private static int CheckedLength(Shape shape) => shape.ElementCount <= Array.MaxLength
        ? (int)shape.ElementCount
        : throw new FcnSharpException($"A tensor of shape {shape} has {shape.ElementCount} elements; at most {Array.MaxLength} fit into one.");

    private int Offset(int n, int c, int h, int w)
    {
        if ((uint)n >= (uint)Shape.N || (uint)c >= (uint)Shape.C || (uint)h >= (uint)Shape.H || (uint)w >= (uint)Shape.W)
        {
            throw new ArgumentOutOfRangeException(nameof(n), $"({n}, {c}, {h}, {w}) lies outside of {Shape}.");
        }

        return (((n * Shape.C) + c) * Shape.H + h) * Shape.W + w;
    }
}
