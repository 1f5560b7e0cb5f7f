using System.Globalization;
using System.Runtime.InteropServices;
using FcnSharp.Tensors;
using Google.Protobuf;

namespace FcnSharp.Formats.Caffe;

/// <summary>
/// Reads one blob of a .caffemodel: first its shape, passing over its elements, then the elements straight into the array of
/// its tensor. Elements may come packed or one by one, as floats or as doubles, and the shape before or after them; memory is
/// taken only for elements whose bytes the file has.
/// </summary>
internal sealed class CaffeBlobReader
{
    private const int LegacyAxes = 4;

    /// <summary>Read, converted and checked while it is in the cache.</summary>
    private const int PieceElements = 1 << 17;

    private readonly List<long> _shape = [];
    private readonly long[] _legacy = new long[LegacyAxes];
    private readonly float[]? _target;
    private long _count;
    private bool _hasShape;
    private bool _hasLegacy;
    private bool _hasDoubles;

    /// <summary>A reader for the shape alone.</summary>
    public CaffeBlobReader()
    {
    }

    /// <summary>A reader for the elements of a blob whose shape is known.</summary>
    public CaffeBlobReader(Shape shape) => _target = GC.AllocateUninitializedArray<float>((int)shape.ElementCount);

    /// <summary>Where the first NaN, infinity or number beyond 32-bit floats is; -1 if there is none. Only where elements are read.</summary>
    public long NonFinite { get; private set; } = -1;

    /// <summary>Takes in one field of the blob.</summary>
    public void Read(uint tag, CaffeWire wire)
    {
        int field = WireFormat.GetTagFieldNumber(tag);
        WireFormat.WireType type = WireFormat.GetTagWireType(tag);
        switch (field)
        {
            case CaffeFields.BlobData when type is WireFormat.WireType.LengthDelimited or WireFormat.WireType.Fixed32:
                ReadElements(wire, sizeof(float), packed: type == WireFormat.WireType.LengthDelimited);
                break;
            case CaffeFields.BlobDoubleData when type is WireFormat.WireType.LengthDelimited or WireFormat.WireType.Fixed64:
                _hasDoubles = true;
                ReadElements(wire, sizeof(double), packed: type == WireFormat.WireType.LengthDelimited);
                break;
            case CaffeFields.BlobShape when type == WireFormat.WireType.LengthDelimited:
                _hasShape = true;
                wire.Message(ReadShape);
                break;
            case >= CaffeFields.BlobFirstSize and <= CaffeFields.BlobLastSize when type == WireFormat.WireType.Varint:
                _hasLegacy = true;
                _legacy[field - CaffeFields.BlobFirstSize] = (int)wire.ReadVarint();
                break;
            default:
                wire.SkipField(tag);
                break;
        }
    }

    /// <summary>The shape and how the elements are stored, once all fields are read.</summary>
    /// <exception cref="FcnSharpException">Shape and elements do not fit.</exception>
    public (Shape Shape, ElementType Type) FinishShape(CaffeWire wire)
    {
        Shape shape = ShapeOf(wire);
        return shape.ElementCount == _count
            ? (shape, _hasDoubles ? ElementType.F64 : ElementType.F32)
            : throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has a blob of shape {shape} with {_count} elements, expected {shape.ElementCount}"));
    }

    /// <summary>The elements, once all fields are read again.</summary>
    /// <exception cref="FcnSharpException">There are fewer than there were.</exception>
    public float[] FinishElements(CaffeWire wire) => _target is { } target && _count == target.Length ? target : throw Changed(wire);

    private Shape ShapeOf(CaffeWire wire)
    {
        // A blob without either form is one of the older kind whose sizes are all 0, or not said: its elements are all there is.
        IEnumerable<long> sizes = _hasShape ? _shape : _hasLegacy ? _legacy : [_count];
        int[] dimensions = [.. sizes.Select(size => size is >= 1 and <= int.MaxValue
            ? (int)size
            : throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has a blob with {size} elements along an axis, expected at least 1")))];
        try
        {
            return new Shape(dimensions);
        }
        catch (FcnSharpException e)
        {
            throw wire.Error($"has a blob that is no tensor ({e.Message.TrimEnd('.')})", e);
        }
    }

    private void ReadShape(uint tag, CaffeWire wire)
    {
        if (tag == CaffeFields.Bytes(CaffeFields.ShapeDimension))
        {
            long end = wire.LengthToEnd();
            while (wire.Position < end)
            {
                AddDimension(wire);
            }
        }
        else if (tag == CaffeFields.Varint(CaffeFields.ShapeDimension))
        {
            AddDimension(wire);
        }
        else
        {
            wire.SkipField(tag);
        }
    }

    private void AddDimension(CaffeWire wire)
    {
        _shape.Add(wire.ReadVarint());
        if (_shape.Count > Shape.MaxRank)
        {
            throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has a blob of more than {Shape.MaxRank} axes"));
        }
    }

    private void ReadElements(CaffeWire wire, int elementSize, bool packed)
    {
        long end = packed ? wire.LengthToEnd() : wire.Position + elementSize;
        long bytes = end - wire.Position;
        if (bytes % elementSize != 0)
        {
            throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has a blob of {bytes} bytes at byte {wire.Position}, expected a multiple of {elementSize}"));
        }

        long added = bytes / elementSize;
        if (_target is null)
        {
            wire.SkipTo(end);
        }
        else if (added > _target.Length - _count)
        {
            throw Changed(wire);
        }
        else
        {
            Fill(wire, elementSize, _target.AsSpan((int)_count, (int)added));
        }

        _count += added;
    }

    private void Fill(CaffeWire wire, int elementSize, Span<float> target)
    {
        byte[] doubles = elementSize == sizeof(double) ? new byte[Math.Min(target.Length, PieceElements) * sizeof(double)] : [];
        for (int start = 0; start < target.Length; start += PieceElements)
        {
            Span<float> piece = target.Slice(start, Math.Min(PieceElements, target.Length - start));
            if (elementSize == sizeof(float))
            {
                wire.ReadExactly(MemoryMarshal.AsBytes(piece));
            }
            else
            {
                Span<byte> raw = doubles.AsSpan(0, piece.Length * sizeof(double));
                wire.ReadExactly(raw);
                FloatConversion.DoubleToSingle(MemoryMarshal.Cast<byte, double>(raw), piece);
            }

            int wrong = NonFinite < 0 ? FloatConversion.IndexOfNonFinite(piece) : -1;
            NonFinite = wrong < 0 ? NonFinite : _count + start + wrong;
        }
    }

    private static FcnSharpException Changed(CaffeWire wire) => wire.Error("has a blob that changed while it was read");
}
