using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>A safetensors file as one of several formats of weights.</summary>
internal sealed class SafetensorsSource : WeightSource
{
    /// <summary>The format's name.</summary>
    public const string Name = "safetensors";

    private readonly SafetensorsFile _file;

    private SafetensorsSource(SafetensorsFile file)
    {
        _file = file;
        Entries = [.. file.Entries.Where(IsRead).Select(e => new WeightEntry(e.Name, e.Type, e.Shape) { Place = e.FileOffset })];
        Skipped = [.. file.Entries.Where(e => !IsRead(e)).Select(e => new SkippedEntry(e.Name, $"{e.Type.FileName()} {e.Shape}"))];
    }

    /// <inheritdoc/>
    public override string Format => Name;

    /// <inheritdoc/>
    public override IReadOnlyList<WeightEntry> Entries { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SkippedEntry> Skipped { get; }

    /// <summary>Reads the header of a file; it is opened anew, and the stream closed.</summary>
    /// <exception cref="FcnSharpException">The header is not valid.</exception>
    public static SafetensorsSource Open(string path, FileStream stream)
    {
        SafetensorsSource source = new(SafetensorsFile.Open(path));
        stream.Dispose();
        return source;
    }

    /// <inheritdoc/>
    public override Tensor Read(WeightEntry entry) => _file.Read(entry.Name);

    /// <inheritdoc/>
    public override void Dispose() => _file.Dispose();

    private static bool IsRead(SafetensorsEntry entry) => entry.Type.IsFloatingPoint() && entry.Shape.ElementCount <= Array.MaxLength;
}
