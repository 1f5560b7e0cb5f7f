using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>A .caffemodel as one of several formats of weights.</summary>
internal sealed class CaffeSource : WeightSource
{
    /// <summary>The format's name.</summary>
    public const string Name = "Caffe";

    private readonly FileStream _stream;
    private readonly CaffeWire _wire;
    private readonly Dictionary<string, (string Layer, CaffeBlobPlace Blob)> _blobs = [];

    private CaffeSource(FileStream stream, string path)
    {
        _stream = stream;
        _wire = CaffeModelReader.Open(stream, path);
        CaffeIndex index = CaffeIndex.Read(_wire);
        var entries = new List<WeightEntry>();
        foreach (CaffeLayerPlace layer in index.Layers)
        {
            for (int i = 0; i < layer.Blobs.Count; i++)
            {
                CaffeBlobPlace blob = layer.Blobs[i];
                var entry = new WeightEntry(CaffeModel.TensorName(layer.Layer.Name, i), blob.Type, blob.Shape) { Place = blob.Offset };
                entries.Add(entry);
                _blobs.TryAdd(entry.Name, (layer.Layer.Name, blob));
            }
        }

        Entries = entries;
        Notes = index.Name.Length > 0 ? [$"the net is named {ErrorText.Quote(index.Name)}"] : [];
    }

    /// <inheritdoc/>
    public override string Format => Name;

    /// <inheritdoc/>
    public override IReadOnlyList<WeightEntry> Entries { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SkippedEntry> Skipped => [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notes { get; }

    /// <summary>
    /// Whether a file may be one. The format has no mark, so the first field must be one that a net begins with, and not be longer
    /// than the file; a name must be text without line breaks, which tells it from text that begins with one.
    /// </summary>
    public static bool Recognises(ReadOnlySpan<byte> start, long fileLength)
    {
        if (!TryReadVarint(ref start, out ulong tag) || !TryReadVarint(ref start, out ulong length) || length > (ulong)fileLength)
        {
            return false;
        }

        return tag == CaffeFields.Bytes(CaffeFields.NetName) || tag == CaffeFields.Bytes(CaffeFields.NetInput) ? IsOneLine(start, length)
            : tag == CaffeFields.Bytes(CaffeFields.NetLayer) || tag == CaffeFields.Bytes(CaffeFields.NetV1Layer);
    }

    /// <summary>Lists the tensors of a file.</summary>
    /// <exception cref="FcnSharpException">It is no .caffemodel, or damaged.</exception>
    public static CaffeSource Open(string path, FileStream stream) => new(stream, path);

    /// <inheritdoc/>
    public override Tensor Read(WeightEntry entry)
    {
        (string layer, CaffeBlobPlace blob) = _blobs[entry.Name];
        return CaffeIndex.ReadBlob(_wire, layer, blob, out _);
    }

    /// <inheritdoc/>
    public override void Dispose() => _stream.Dispose();

    private static bool IsOneLine(ReadOnlySpan<byte> content, ulong length) =>
        !content[..(int)Math.Min(length, (ulong)content.Length)].ContainsAnyInRange((byte)0, (byte)0x1F);

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < Math.Min(bytes.Length, sizeof(int) + 1); i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
