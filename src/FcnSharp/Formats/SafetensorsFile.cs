using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using FcnSharp.Tensors;
using Microsoft.Win32.SafeHandles;

namespace FcnSharp.Formats;

/// <summary>
/// A safetensors file opened for reading: a JSON header that lists the tensors, then their bytes.
/// The header is read and checked at once, the tensors when they are asked for. Tensors may be read from several threads.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private const int PrefixLength = sizeof(long);

    private readonly SafeFileHandle _handle;
    private readonly TensorReader _reader;
    private readonly Dictionary<string, SafetensorsEntry> _byName;

    private SafetensorsFile(string path, SafeFileHandle handle, SafetensorsHeader header)
    {
        Path = path;
        Entries = header.Entries;
        Metadata = header.Metadata;
        _handle = handle;
        _reader = new TensorReader(handle, path);
        _byName = header.Entries.ToDictionary(e => e.Name);
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of their bytes in the file.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The file's own string map (__metadata__), empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header: sizes, shapes, and that the tensors fill the data section without gap or overlap.</summary>
    /// <exception cref="FcnSharpException">The file cannot be read, or is not a valid safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafeFileHandle? handle = null;
        try
        {
            // FileShare.Delete lets a writer rename a new version over the file on Windows while this one is still read.
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
            SafetensorsFile file = new(path, handle, ReadHeader(handle, path));
            handle = null;
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
            handle?.Dispose();
        }
    }

    /// <summary>Reads one tensor, converted to 32-bit floats: F16 and BF16 exactly, F64 rounded to nearest.</summary>
    /// <param name="name">The tensor's name, as in <see cref="Entries"/>.</param>
    /// <param name="rejectNonFinite">Whether a NaN or an infinity is refused.</param>
    /// <exception cref="FcnSharpException">No such tensor, not a floating-point one, a value refused, or the file cannot be read to its end.</exception>
    public Tensor Read(string name, bool rejectNonFinite = false)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_byName.TryGetValue(name, out SafetensorsEntry? entry))
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(Path)} has no tensor {ErrorText.Quote(name)}; it holds {Entries.Count} others."));
        }

        Tensor tensor = _reader.Read(entry, hash: null, out long nonFinite);
        if (rejectNonFinite)
        {
            CheckFinite(entry, tensor, nonFinite);
        }

        return tensor;
    }

    /// <summary>
    /// Reads every tensor in file order and the hash of them all (<see cref="WeightsHash"/>) in the same pass,
    /// refusing NaN and infinities only after <paramref name="verify"/> has seen the hash: damage is the better explanation.
    /// </summary>
    internal IReadOnlyList<NamedTensor> ReadAll(Action<string> verify)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        List<NamedTensor> tensors = new(Entries.Count);
        List<(SafetensorsEntry Entry, Tensor Tensor, long Index)> refused = [];
        foreach (SafetensorsEntry entry in Entries)
        {
            WeightsHash.AppendHeading(hash, entry.Name, entry.Type, entry.Shape);
            Tensor tensor = _reader.Read(entry, hash, out long nonFinite);
            tensors.Add(new NamedTensor(entry.Name, tensor));
            if (nonFinite >= 0)
            {
                refused.Add((entry, tensor, nonFinite));
            }
        }

        verify(hash.Finish());
        foreach ((SafetensorsEntry entry, Tensor tensor, long index) in refused)
        {
            CheckFinite(entry, tensor, index);
        }

        return tensors;
    }

    /// <summary>Reads some elements of a tensor, converted as <see cref="Read(string, bool)"/> does; several threads may read at once.</summary>
    internal void Read(SafetensorsEntry entry, long first, Span<float> target) => _reader.Read(entry, first, target);

    /// <summary>Checks what <see cref="ReadAll"/> checks, in the same order, and keeps nothing.</summary>
    internal void CheckAll(Action<string> verify, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        List<(SafetensorsEntry Entry, long Index)> refused = [];
        foreach (SafetensorsEntry entry in Entries)
        {
            WeightsHash.AppendHeading(hash, entry.Name, entry.Type, entry.Shape);
            long nonFinite = _reader.Check(entry, hash, cancellation);
            if (nonFinite >= 0)
            {
                refused.Add((entry, nonFinite));
            }
        }

        verify(hash.Finish());
        foreach ((SafetensorsEntry entry, long index) in refused)
        {
            float[] value = new float[1];
            Read(entry, index, value);
            ThrowNonFinite(entry, value[0], index);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static SafetensorsHeader ReadHeader(SafeFileHandle handle, string path)
    {
        long fileLength = RandomAccess.GetLength(handle);
        Span<byte> prefix = stackalloc byte[PrefixLength];
        if (fileLength < PrefixLength)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} is not a safetensors file: it has {fileLength} bytes, expected at least {PrefixLength}; check the path or copy it again."));
        }

        TensorReader.ReadExactly(handle, prefix, 0, path);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > SafetensorsHeader.MaxLength || (long)headerLength > fileLength - PrefixLength)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} is not a safetensors file or is cut short: it announces a header of {headerLength} bytes, expected at most {Math.Min(SafetensorsHeader.MaxLength, fileLength - PrefixLength)}; check the path or copy it again."));
        }

        byte[] json = new byte[headerLength];
        TensorReader.ReadExactly(handle, json, PrefixLength, path);
        long dataStart = PrefixLength + (long)headerLength;
        return SafetensorsHeader.Parse(json, dataStart, fileLength - dataStart, path);
    }

    private void CheckFinite(SafetensorsEntry entry, Tensor tensor, long index)
    {
        if (index >= 0)
        {
            ThrowNonFinite(entry, tensor.Span[(int)index], index);
        }
    }

    private void ThrowNonFinite(SafetensorsEntry entry, float value, long index)
    {
        string found = float.IsNaN(value) ? "NaN" : "an infinity";
        throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(Path)}: tensor {ErrorText.Quote(entry.Name)} of {entry.Type.FileName()} {entry.Shape} holds {found} at element {index}, expected finite numbers; use an earlier checkpoint or export it again."));
    }
}
