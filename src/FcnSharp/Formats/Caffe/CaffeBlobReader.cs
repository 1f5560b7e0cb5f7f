using System.Globalization;
using FcnSharp.Tensors;
using Google.Protobuf;

namespace FcnSharp.Formats.Caffe;

/// <summary>
/// Reads one blob of a .caffemodel straight into the array of its tensor. Elements may come packed or one by one, as floats
/// or as doubles, and the shape before or after them; memory is taken only for elements whose bytes the file has.
/// </summary>
internal sealed class CaffeBlobReader
{
    private const int LegacyAxes = 4;

    private readonly List<long> _shape = [];
    private readonly long[] _legacy = new long[LegacyAxes];
    private float[] _data = [];
    private int _count;
    private bool _hasShape;
    private bool _hasLegacy;

    /// <summary>Takes in one field of the blob.</summary>
    /// <returns>False where it is none that matters: the caller skips it.</returns>
    public bool Read(uint tag, CaffeWire wire)
    {
        int field = WireFormat.GetTagFieldNumber(tag);
        WireFormat.WireType type = WireFormat.GetTagWireType(tag);
        switch (field)
        {
            case CaffeFields.BlobData when type == WireFormat.WireType.LengthDelimited:
                ReadPacked(wire, sizeof(float));
                return true;
            case CaffeFields.BlobData when type == WireFormat.WireType.Fixed32:
                Append(wire.Input.ReadFloat());
                return true;
            case CaffeFields.BlobDoubleData when type == WireFormat.WireType.LengthDelimited:
                ReadPacked(wire, sizeof(double));
                return true;
            case CaffeFields.BlobDoubleData when type == WireFormat.WireType.Fixed64:
                Append((float)wire.Input.ReadDouble());
                return true;
            case CaffeFields.BlobShape when type == WireFormat.WireType.LengthDelimited:
                _hasShape = true;
                wire.Message(ReadShape);
                return true;
            case >= CaffeFields.BlobFirstSize and <= CaffeFields.BlobLastSize when type == WireFormat.WireType.Varint:
                _hasLegacy = true;
                _legacy[field - CaffeFields.BlobFirstSize] = wire.Input.ReadInt32();
                return true;
            default:
                return false;
        }
    }

    /// <summary>The tensor, once all fields are read.</summary>
    /// <exception cref="FcnSharpException">Shape and elements do not fit, or an element is no finite number.</exception>
    public Tensor Finish(CaffeWire wire)
    {
        Shape shape = FinishShape(wire);
        if (shape.ElementCount != _count)
        {
            throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has a blob of shape {shape} with {_count} elements, expected {shape.ElementCount}"));
        }

        Array.Resize(ref _data, _count);
        int wrong = FloatConversion.IndexOfNonFinite(_data);
        return wrong < 0
            ? new Tensor(shape, _data)
            : throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has a NaN, an infinity or a number beyond 32-bit floats at element {wrong} of a blob of shape {shape}"));
    }

    private Shape FinishShape(CaffeWire wire)
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
            while (wire.Input.Position < end)
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
            wire.Input.SkipLastField();
        }
    }

    private void AddDimension(CaffeWire wire)
    {
        _shape.Add(wire.Input.ReadInt64());
        if (_shape.Count > Shape.MaxRank)
        {
            throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has a blob of more than {Shape.MaxRank} axes"));
        }
    }

    private void ReadPacked(CaffeWire wire, int elementSize)
    {
        long start = wire.Input.Position;
        long end = wire.LengthToEnd();
        long length = end - wire.Input.Position;
        if (length % elementSize != 0)
        {
            throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has a blob of {length} bytes at byte {start}, expected a multiple of {elementSize}"));
        }

        int added = (int)(length / elementSize);
        Reserve(added);
        Span<float> target = _data.AsSpan(_count, added);
        CodedInputStream input = wire.Input;
        if (elementSize == sizeof(float))
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = input.ReadFloat();
            }
        }
        else
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = (float)input.ReadDouble();
            }
        }

        _count += added;
    }

    private void Append(float value)
    {
        Reserve(1);
        _data[_count++] = value;
    }

    // One packed field gets exactly its size; elements that come in pieces double what is there.
    private void Reserve(int added)
    {
        int needed = _count + added;
        if (needed > _data.Length)
        {
            float[] larger = GC.AllocateUninitializedArray<float>(_count == 0 ? needed : (int)Math.Max(needed, Math.Min(2L * _count, Array.MaxLength)));
            _data.AsSpan(0, _count).CopyTo(larger);
            _data = larger;
        }
    }
}
