using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// A file of weights of any format that is read here, told by its content and not by its name: safetensors, PyTorch (.pth and
/// .pt, the zip form and the one before 1.6), NumPy (.npz, .npy) and Caffe (.caffemodel of both forms). Opening it lists the
/// tensors; they are read when asked for. For one thread at a time.
/// </summary>
/// <remarks>
/// No code that a file may contain is run. A file that is damaged, cut short, changed while it is read, or built to exhaust
/// memory or time is refused by a <see cref="FcnSharpException"/> of one line.
/// </remarks>
public sealed class WeightFile : IDisposable
{
    private readonly WeightSource _source;
    private readonly Dictionary<string, WeightEntry> _byName = [];

    private WeightFile(string path, WeightSource source, long fileLength)
    {
        Path = path;
        _source = source;
        Int128 bytes = 0;
        foreach (WeightEntry entry in source.Entries)
        {
            if (!_byName.TryAdd(entry.Name, entry))
            {
                throw new FcnSharpException($"{ErrorText.OneLine(path)}: two tensors have the name {ErrorText.Quote(entry.Name)}; export the weights again.");
            }

            bytes += entry.Shape.ElementCount * sizeof(float);
        }

        ExpansionLimit.Check(bytes, fileLength, path);
        if (_byName.Count == 0)
        {
            string found = source.Skipped.Count == 0 ? "nothing" : $"{ErrorText.Quote(source.Skipped[0].Name)} ({source.Skipped[0].Reason})";
            throw new FcnSharpException($"{ErrorText.OneLine(path)} holds no floating-point tensor that can be read, found {found}; export weights of F32, F16, BF16 or F64.");
        }

        Report = new WeightReport(source.Format, [.. source.Entries.Where(e => e.Type != ElementType.F32)], source.Skipped, source.Notes);
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>The floating-point tensors in the order of the file; at least one.</summary>
    public IReadOnlyList<WeightEntry> Entries => _source.Entries;

    /// <summary>What reading the file changes, leaves out and decides.</summary>
    public WeightReport Report { get; }

    /// <summary>Opens a file and lists its tensors.</summary>
    /// <exception cref="FcnSharpException">The file cannot be read, is of no known format, is damaged, wants to run code, or holds no floating-point tensor.</exception>
    public static WeightFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream? stream = null;
        WeightSource? source = null;
        try
        {
            // FileShare.Delete lets a writer rename a new version over the file on Windows while this one is still read.
            // Without a buffer, which would keep old content when the file changes between two tensors.
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            Span<byte> start = stackalloc byte[WeightFormats.StartLength];
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            stream.Position = 0;
            long length = stream.Length;
            source = WeightFormats.Open(path, stream, start);
            WeightFile file = new(path, source, length);
            (stream, source) = (null, null);
            return file;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} was not found; check the path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} cannot be read ({ErrorText.OneLine(e.Message).TrimEnd('.')}); check that it is a file and that you may read it.", e);
        }
        finally
        {
            source?.Dispose();
            stream?.Dispose();
        }
    }

    /// <summary>Reads all tensors of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rejectNonFinite">Whether a NaN or an infinity is refused.</param>
    /// <exception cref="FcnSharpException">As of <see cref="Open"/> and <see cref="ReadTensor"/>.</exception>
    public static LoadedWeights Read(string path, bool rejectNonFinite = false)
    {
        using WeightFile file = Open(path);
        return new LoadedWeights(file.ReadAll(rejectNonFinite), file.Report);
    }

    /// <summary>Reads one tensor, converted to 32-bit floats: F16 and BF16 exactly, F64 rounded to nearest.</summary>
    /// <param name="name">The tensor's name, as in <see cref="Entries"/>.</param>
    /// <param name="rejectNonFinite">Whether a NaN or an infinity is refused.</param>
    /// <exception cref="FcnSharpException">No such tensor, a value refused, or the file was damaged, cut short or changed.</exception>
    public Tensor ReadTensor(string name, bool rejectNonFinite = false)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_byName.TryGetValue(name, out WeightEntry? entry))
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(Path)} has no tensor {ErrorText.Quote(name)}; it holds {Entries.Count} others."));
        }

        Tensor tensor = _source.Read(entry);
        if (rejectNonFinite && NonFinite.Describe(name, tensor) is { } problem)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(Path)}: {problem}, expected finite numbers; use an earlier checkpoint or export it again.");
        }

        return tensor;
    }

    /// <summary>Reads every tensor, in the order of <see cref="Entries"/>; within the file no byte is read twice.</summary>
    /// <param name="rejectNonFinite">Whether a NaN or an infinity is refused.</param>
    /// <exception cref="FcnSharpException">As of <see cref="ReadTensor"/>.</exception>
    public IReadOnlyList<NamedTensor> ReadAll(bool rejectNonFinite = false)
    {
        NamedTensor[] tensors = new NamedTensor[Entries.Count];
        foreach ((int index, WeightEntry entry) in Entries.Index().OrderBy(pair => pair.Item.Place))
        {
            tensors[index] = new NamedTensor(entry.Name, ReadTensor(entry.Name, rejectNonFinite));
        }

        return tensors;
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}

/// <summary>All tensors of a file.</summary>
/// <param name="Tensors">The tensors in the order of the file.</param>
/// <param name="Report">What reading them changed, left out and decided.</param>
public sealed record LoadedWeights(IReadOnlyList<NamedTensor> Tensors, WeightReport Report);
