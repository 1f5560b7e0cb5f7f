using System.Globalization;
using FcnSharp.Tensors;
using Google.Protobuf;

namespace FcnSharp.Formats.Caffe;

/// <summary>A blob's place in a .caffemodel.</summary>
/// <param name="Offset">Where its message begins, in bytes.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Shape">Its shape in the file's form.</param>
/// <param name="Type">F64 where elements are doubles, else F32.</param>
internal sealed record CaffeBlobPlace(long Offset, long Length, Shape Shape, ElementType Type);

/// <summary>A layer whose blobs are not read yet.</summary>
/// <param name="Layer">The layer, without blobs.</param>
/// <param name="Blobs">Where its blobs lie.</param>
internal sealed record CaffeLayerPlace(CaffeLayer Layer, IReadOnlyList<CaffeBlobPlace> Blobs);

/// <summary>
/// What a .caffemodel holds and where: a binary protobuf message of layers, in the older or the newer format, of which only the
/// fields in <see cref="CaffeFields"/> matter. The elements are passed over.
/// </summary>
internal sealed class CaffeIndex
{
    /// <summary>Far more than any net has. Without a bound, two bytes a layer would make a hundred times the file's size of objects.</summary>
    private const int MaxLayers = 1 << 13;

    /// <summary>Likewise; the layers that Caffe knows have at most 5.</summary>
    private const int MaxBlobs = 16;

    private readonly List<CaffeLayerPlace> _layers = [];

    private CaffeIndex()
    {
    }

    /// <summary>The net's name; may be empty.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The layers in the order of the file; at least one.</summary>
    public IReadOnlyList<CaffeLayerPlace> Layers => _layers;

    /// <summary>Reads the structure of a file.</summary>
    /// <exception cref="FcnSharpException">It is no .caffemodel, or damaged.</exception>
    public static CaffeIndex Read(CaffeWire wire)
    {
        var index = new CaffeIndex();
        wire.Fields(index.ReadNetField);
        return index._layers.Count > 0 ? index : throw wire.Error("has no layers");
    }

    /// <summary>Reads the elements of a blob.</summary>
    /// <param name="wire">The file.</param>
    /// <param name="layer">The layer's name, for messages.</param>
    /// <param name="blob">The blob's place.</param>
    /// <param name="nonFinite">Where the first NaN, infinity or number beyond 32-bit floats is; -1 if there is none.</param>
    /// <exception cref="FcnSharpException">The file was cut short or has changed.</exception>
    public static Tensor ReadBlob(CaffeWire wire, string layer, CaffeBlobPlace blob, out long nonFinite)
    {
        wire.Place = $"layer {ErrorText.Quote(layer)}";
        var reader = new CaffeBlobReader(blob.Shape);
        wire.MessageAt(blob.Offset, blob.Length, reader.Read);
        nonFinite = reader.NonFinite;
        return new Tensor(blob.Shape, reader.FinishElements(wire));
    }

    private void ReadNetField(uint tag, CaffeWire wire)
    {
        if (tag == CaffeFields.Bytes(CaffeFields.NetName))
        {
            Name = wire.ReadText();
        }
        else if (tag == CaffeFields.Bytes(CaffeFields.NetLayer))
        {
            AddLayer(wire, CaffeFields.Layer);
        }
        else if (tag == CaffeFields.Bytes(CaffeFields.NetV1Layer))
        {
            AddLayer(wire, CaffeFields.V1Layer);
        }
        else
        {
            wire.SkipField(tag);
        }
    }

    private void AddLayer(CaffeWire wire, CaffeLayerFields fields)
    {
        wire.Place = string.Create(CultureInfo.InvariantCulture, $"layer {_layers.Count}");
        if (_layers.Count == MaxLayers)
        {
            throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"is one more than the {MaxLayers} that a net may have"));
        }

        var layer = new LayerReader(fields);
        wire.Message(layer.ReadField);
        _layers.Add(layer.Finish());
        wire.Place = "";
    }

    /// <summary>Collects the fields of one layer.</summary>
    private sealed class LayerReader(CaffeLayerFields fields)
    {
        private readonly List<string> _bottoms = [];
        private readonly List<string> _tops = [];
        private readonly List<CaffeBlobPlace> _blobs = [];
        private string _layerName = "";
        private string _type = "";

        public CaffeLayerPlace Finish() => new(new CaffeLayer(_layerName, _type, _bottoms, _tops, []), _blobs);

        public void ReadField(uint tag, CaffeWire wire)
        {
            if (tag == CaffeFields.Bytes(fields.Name))
            {
                _layerName = wire.ReadText();
                wire.Place = $"layer {ErrorText.Quote(_layerName)}";
            }
            else if (tag == CaffeFields.Bytes(fields.Type))
            {
                _type = wire.ReadText();
            }
            else if (tag == CaffeFields.Varint(fields.Type))
            {
                int number = (int)wire.ReadVarint();
                _type = CaffeLayerTypes.Find(number) ?? string.Create(CultureInfo.InvariantCulture, $"V1:{number}");
            }
            else if (tag == CaffeFields.Bytes(fields.Bottom))
            {
                _bottoms.Add(wire.ReadText());
            }
            else if (tag == CaffeFields.Bytes(fields.Top))
            {
                _tops.Add(wire.ReadText());
            }
            else if (tag == CaffeFields.Bytes(fields.Blob))
            {
                _blobs.Add(FindBlob(wire));
            }
            else
            {
                wire.SkipField(tag);
            }
        }

        private CaffeBlobPlace FindBlob(CaffeWire wire)
        {
            if (_blobs.Count == MaxBlobs)
            {
                throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has more than {MaxBlobs} blobs"));
            }

            var blob = new CaffeBlobReader();
            wire.Message(blob.Read, out long start);
            (Shape shape, ElementType type) = blob.FinishShape(wire);
            return new CaffeBlobPlace(start, wire.Position - start, shape, type);
        }
    }
}
