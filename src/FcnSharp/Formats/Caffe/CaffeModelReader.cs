using System.Globalization;
using FcnSharp.Tensors;
using Google.Protobuf;

namespace FcnSharp.Formats.Caffe;

/// <summary>Reads a .caffemodel: a binary protobuf message of layers, in the older or the newer format, of which only the fields in <see cref="CaffeFields"/> matter.</summary>
internal sealed class CaffeModelReader
{
    /// <summary>Far more than any net has. Without a bound, two bytes a layer would make a hundred times the file's size of objects.</summary>
    private const int MaxLayers = 1 << 13;

    /// <summary>Likewise; the layers that Caffe knows have at most 5.</summary>
    private const int MaxBlobs = 16;

    /// <summary>Protobuf's own buffer is small; what lies before it is read in pieces of this size.</summary>
    private const int BufferSize = 1 << 16;

    private readonly List<CaffeLayer> _layers = [];
    private string _name = "";

    /// <summary>Reads a file.</summary>
    public static CaffeModel Read(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferSize, FileOptions.SequentialScan);
            return Read(stream, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} was not found; check the path.", e);
        }
        catch (Exception e) when ((e is IOException && e is not InvalidProtocolBufferException) || e is UnauthorizedAccessException or NotSupportedException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} cannot be read ({ErrorText.OneLine(e.Message).TrimEnd('.')}); check that it is a file and that you may read it.", e);
        }
    }

    private static CaffeModel Read(Stream stream, string path)
    {
        long length = stream.Length;
        if (length > int.MaxValue)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} has {length} bytes, a .caffemodel at most {int.MaxValue}; give the weights alone, without the state of training."));
        }

        // Protobuf's usual limit of 64 MB is for messages from strangers over a wire; here the file's size is the limit.
        using CodedInputStream input = CodedInputStream.CreateWithLimits(stream, int.MaxValue, recursionLimit: 100);
        var wire = new CaffeWire(input, path, length);
        var reader = new CaffeModelReader();
        try
        {
            wire.Fields(reader.ReadNetField);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"is not valid protobuf near byte {input.Position} ({ErrorText.OneLine(e.Message).TrimEnd('.')})"), e);
        }

        return reader._layers.Count > 0
            ? new CaffeModel(reader._name, reader._layers)
            : throw wire.Error("has no layers");
    }

    private void ReadNetField(uint tag, CaffeWire wire)
    {
        if (tag == CaffeFields.Bytes(CaffeFields.NetName))
        {
            _name = wire.Input.ReadString();
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
            wire.Input.SkipLastField();
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
        private readonly List<Tensor> _blobs = [];
        private string _layerName = "";
        private string _type = "";

        public CaffeLayer Finish() => new(_layerName, _type, _bottoms, _tops, _blobs);

        public void ReadField(uint tag, CaffeWire wire)
        {
            if (tag == CaffeFields.Bytes(fields.Name))
            {
                _layerName = wire.Input.ReadString();
                wire.Place = $"layer {ErrorText.Quote(_layerName)}";
            }
            else if (tag == CaffeFields.Bytes(fields.Type))
            {
                _type = wire.Input.ReadString();
            }
            else if (tag == CaffeFields.Varint(fields.Type))
            {
                int number = wire.Input.ReadEnum();
                _type = CaffeLayerTypes.Find(number) ?? string.Create(CultureInfo.InvariantCulture, $"V1:{number}");
            }
            else if (tag == CaffeFields.Bytes(fields.Bottom))
            {
                _bottoms.Add(wire.Input.ReadString());
            }
            else if (tag == CaffeFields.Bytes(fields.Top))
            {
                _tops.Add(wire.Input.ReadString());
            }
            else if (tag == CaffeFields.Bytes(fields.Blob))
            {
                _blobs.Add(ReadBlob(wire));
            }
            else
            {
                wire.Input.SkipLastField();
            }
        }

        private Tensor ReadBlob(CaffeWire wire)
        {
            if (_blobs.Count == MaxBlobs)
            {
                throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has more than {MaxBlobs} blobs"));
            }

            var blob = new CaffeBlobReader();
            wire.Message((tag, inside) =>
            {
                if (!blob.Read(tag, inside))
                {
                    inside.Input.SkipLastField();
                }
            });
            return blob.Finish(wire);
        }
    }
}
