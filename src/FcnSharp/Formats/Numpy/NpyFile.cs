using FcnSharp.Tensors;

namespace FcnSharp.Formats.Numpy;

/// <summary>A .npy file: one array, which takes its name from the file because the format gives it none.</summary>
internal sealed class NpyFile : WeightSource
{
    private readonly string _path;
    private readonly FileStream _stream;

    private NpyFile(string path, FileStream stream)
    {
        _path = path;
        _stream = stream;
        using ByteSource source = Start();
        bool found = NpyArray.TryList(Path.GetFileNameWithoutExtension(path), source, out WeightEntry? entry, out SkippedEntry? skipped);
        Entries = found ? [entry!] : [];
        Skipped = found ? [] : [skipped!];
    }

    /// <inheritdoc/>
    public override string Format => "NumPy, npy";

    /// <inheritdoc/>
    public override IReadOnlyList<WeightEntry> Entries { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SkippedEntry> Skipped { get; }

    /// <summary>Reads the header of a file, which the result then owns.</summary>
    /// <exception cref="FcnSharpException">The header is broken, or the file longer or shorter than it says.</exception>
    public static NpyFile Open(string path, FileStream stream) => new(path, stream);

    /// <inheritdoc/>
    public override Tensor Read(WeightEntry entry)
    {
        using ByteSource source = Start();
        return NpyArray.Read(entry, source);
    }

    /// <inheritdoc/>
    public override void Dispose() => _stream.Dispose();

    private ByteSource Start()
    {
        _stream.Position = 0;
        return new ByteSource(_stream, _stream.Length, expectedCrc: null, _path, "its array", ownsStream: false);
    }
}
