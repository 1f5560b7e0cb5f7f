using FcnSharp.Tensors;

namespace FcnSharp.Formats.Numpy;

/// <summary>A .npz file: a zip archive with an entry NAME.npy for each array, stored or deflated.</summary>
internal sealed class NpzFile : WeightSource
{
    private const string Extension = ".npy";

    private readonly ZipContent _zip;
    private readonly List<WeightEntry> _entries = [];
    private readonly List<SkippedEntry> _skipped = [];

    private NpzFile(ZipContent zip)
    {
        _zip = zip;
        foreach (string entryName in zip.Names)
        {
            if (!IsArray(entryName))
            {
                _skipped.Add(new SkippedEntry(entryName, "no .npy array"));
                continue;
            }

            using ByteSource source = zip.OpenEntry(entryName);
            if (NpyArray.TryList(entryName[..^Extension.Length], source, out WeightEntry? entry, out SkippedEntry? skipped))
            {
                _entries.Add(entry with { Place = _entries.Count });
            }
            else
            {
                _skipped.Add(skipped);
            }
        }
    }

    /// <inheritdoc/>
    public override string Format => "NumPy, npz";

    /// <inheritdoc/>
    public override IReadOnlyList<WeightEntry> Entries => _entries;

    /// <inheritdoc/>
    public override IReadOnlyList<SkippedEntry> Skipped => _skipped;

    /// <summary>Whether an archive is one of NumPy.</summary>
    public static bool Recognises(ZipContent zip) => zip.Names.Any(IsArray);

    /// <summary>Lists the arrays of an archive, which the result then owns.</summary>
    /// <exception cref="FcnSharpException">An array is broken or cut short.</exception>
    public static NpzFile Open(ZipContent zip) => new(zip);

    /// <inheritdoc/>
    public override Tensor Read(WeightEntry entry)
    {
        using ByteSource source = _zip.OpenEntry(entry.Name + Extension);
        return NpyArray.Read(entry, source);
    }

    /// <inheritdoc/>
    public override void Dispose() => _zip.Dispose();

    private static bool IsArray(string entryName) => entryName.EndsWith(Extension, StringComparison.Ordinal);
}
