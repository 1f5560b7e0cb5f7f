using System.Globalization;

namespace FcnSharp.Tensors;

/// <summary>
/// The size of a tensor along each of its axes, outermost first. Images and activations have the four axes N, C, H, W;
/// a bias has one. Immutable, compared by value.
/// </summary>
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The largest rank a shape can have: no tensor of a convolution net needs more than N, C, H, W.</summary>
    public const int MaxRank = 4;

    private readonly int _d0;
    private readonly int _d1;
    private readonly int _d2;
    private readonly int _d3;
    private readonly long _count;

    /// <summary>Creates a shape from its dimensions, outermost first.</summary>
    /// <exception cref="FcnSharpException">More than four dimensions, a dimension below 1, or more elements than a 64-bit count of bytes holds.</exception>
    public Shape(params ReadOnlySpan<int> dimensions)
    {
        if (dimensions.Length > MaxRank)
        {
            throw new FcnSharpException($"A tensor has at most {MaxRank} axes, found {dimensions.Length}.");
        }

        Rank = dimensions.Length;
        long count = 1;
        for (int i = 0; i < dimensions.Length; i++)
        {
            if (dimensions[i] < 1)
            {
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"Every axis of a tensor needs at least 1 element, found {dimensions[i]} on axis {i}."));
            }

            // Four factors below 2^31 overflow a long only beyond 2^63; bytes need two bits more.
            if (count > (long.MaxValue >> 3) / dimensions[i])
            {
                throw new FcnSharpException($"The shape {string.Join('x', dimensions.ToArray())} has more elements than any machine can address.");
            }

            count *= dimensions[i];
        }

        _count = count;

        // Absent axes hold 0, as in default(Shape), which is a scalar like any other.
        _d0 = Rank > 0 ? dimensions[0] : 0;
        _d1 = Rank > 1 ? dimensions[1] : 0;
        _d2 = Rank > 2 ? dimensions[2] : 0;
        _d3 = Rank > 3 ? dimensions[3] : 0;
    }

    /// <summary>The number of axes, 0 for a scalar.</summary>
    public int Rank { get; }

    /// <summary>The number of elements: the product of all dimensions, 1 for a scalar.</summary>
    public long ElementCount => Rank == 0 ? 1 : _count;

    /// <summary>Batch size: axis 0 of a four-axis shape.</summary>
    public int N => Axis4(_d0);

    /// <summary>Channels: axis 1 of a four-axis shape.</summary>
    public int C => Axis4(_d1);

    /// <summary>Height in pixels: axis 2 of a four-axis shape.</summary>
    public int H => Axis4(_d2);

    /// <summary>Width in pixels: axis 3 of a four-axis shape.</summary>
    public int W => Axis4(_d3);

    /// <summary>The size along one axis, 0 being the outermost.</summary>
    public int this[int axis] => (uint)axis < (uint)Rank
        ? axis switch { 0 => _d0, 1 => _d1, 2 => _d2, _ => _d3 }
        : throw new ArgumentOutOfRangeException(nameof(axis), axis, $"The shape {this} has {Rank} axes.");

    /// <summary>Whether both shapes have the same dimensions.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether the shapes differ in rank or in a dimension.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The dimensions as an array, outermost first.</summary>
    public int[] ToArray()
    {
        int[] all = [_d0, _d1, _d2, _d3];
        return all[..Rank];
    }

    /// <inheritdoc/>
    public bool Equals(Shape other) =>
        Rank == other.Rank && _d0 == other._d0 && _d1 == other._d1 && _d2 == other._d2 && _d3 == other._d3;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, _d0, _d1, _d2, _d3);

    /// <summary>The dimensions joined by x, such as 1x3x500x500; "scalar" for rank 0.</summary>
    public override string ToString() =>
        Rank == 0 ? "scalar" : string.Join('x', ToArray().Select(d => d.ToString(CultureInfo.InvariantCulture)));

    private int Axis4(int dimension) => Rank == 4
        ? dimension
        : throw new InvalidOperationException($"The shape {this} has {Rank} axes; N, C, H and W need four.");
}
