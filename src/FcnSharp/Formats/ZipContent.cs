using System.Globalization;
using System.IO.Compression;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// A zip archive of weights, opened for reading. Names of entries are never taken for paths of this machine. Every entry
/// that is read to its end is checked against the archive's checksum.
/// </summary>
internal sealed class ZipContent : IDisposable
{
    private readonly string _path;
    private readonly ZipArchive _archive;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = [];
    private readonly List<string> _names = [];

    private ZipContent(string path, ZipArchive archive)
    {
        _path = path;
        _archive = archive;
    }

    /// <summary>The names of all entries that are no folders, in the order of the archive's directory.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Opens an archive and checks what its directory claims.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="stream">The file, which the archive then owns.</param>
    /// <exception cref="FcnSharpException">Not a sound archive, a name used twice, an encrypted entry, or more content than the file's size makes plausible.</exception>
    public static ZipContent Open(string path, Stream stream)
    {
        ZipArchive? archive = null;
        try
        {
            archive = Guard(path, "its directory", () => new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: false));
            ZipContent content = new(path, archive);
            content.ReadDirectory(stream.Length);
            archive = null;
            return content;
        }
        finally
        {
            archive?.Dispose();
        }
    }

    /// <summary>Whether there is an entry of this name.</summary>
    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>How many bytes an entry holds once it is decompressed.</summary>
    public long Length(string name) => _entries[name].Length;

    /// <summary>Starts to read an entry; one at a time.</summary>
    public ByteSource OpenEntry(string name)
    {
        ZipArchiveEntry entry = _entries[name];
        string what = $"entry {ErrorText.Quote(name)}";
        Stream stream = Guard(_path, what, entry.Open);
        return new ByteSource(stream, entry.Length, entry.Crc32, _path, what, ownsStream: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _archive.Dispose();

    private static T Guard<T>(string path, string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or NotSupportedException or OverflowException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} is not a sound zip archive or is cut short: {what} cannot be read ({ErrorText.OneLine(e.Message).TrimEnd('.')}); download or export it again.", e);
        }
    }

    private void ReadDirectory(long fileLength)
    {
        Int128 claimed = 0;
        foreach (ZipArchiveEntry entry in Guard(_path, "its directory", () => _archive.Entries))
        {
            if (entry.FullName.EndsWith('/'))
            {
                continue;
            }

            if (entry.IsEncrypted || entry.Length < 0 || !_entries.TryAdd(entry.FullName, entry))
            {
                string why = entry.IsEncrypted ? "is encrypted" : entry.Length < 0 ? "has no sound length" : "is there twice";
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(_path)}: entry {ErrorText.Quote(entry.FullName)} of the archive {why}; export the weights again."));
            }

            _names.Add(entry.FullName);
            claimed += entry.Length;
        }

        ExpansionLimit.Check(claimed, fileLength, _path);
    }
}
