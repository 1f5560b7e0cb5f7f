using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Download;

/// <summary>Unpacks a tar, compressed with gzip or not, into a new folder. What it says is not trusted: no file ends up elsewhere, and none is too large.</summary>
internal static class TarUnpacker
{
    private const int MaxEntries = 1_000_000;
    private const int BufferBytes = 1 << 18;

    /// <summary>Unpacks the files that are wanted.</summary>
    /// <param name="archive">The tar.</param>
    /// <param name="folder">The folder to write to.</param>
    /// <param name="content">Which files are wanted, and where they go.</param>
    /// <param name="maxBytes">The most bytes that all files of the archive together may have, wanted or not.</param>
    /// <param name="progress">Gets the bytes of the archive that are read, and all of them.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <returns>The number of files written.</returns>
    /// <exception cref="FcnSharpException">The archive is damaged, or has what it must not have; or a file cannot be written.</exception>
    public static int Unpack(string archive, string folder, ArchiveContent content, long maxBytes, Action<long, long> progress, CancellationToken cancellation)
    {
        try
        {
            using FileStream file = new(archive, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes);
            using Stream? plain = IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : null;
            using TarHeaderGuard guard = new(plain ?? file);
            using TarReader reader = new(guard, leaveOpen: true);
            return Unpack(reader, archive, folder, content, maxBytes, () => progress(file.Position, file.Length), cancellation);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            // Within a file's content.
            throw Damaged(archive, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{archive}: it could not be unpacked to {folder} ({OneLine(e)}); check space and permissions, then run the same command again.", e);
        }
    }

    private static int Unpack(TarReader reader, string archive, string folder, ArchiveContent content, long maxBytes, Action progress, CancellationToken cancellation)
    {
        long bytes = 0;
        int written = 0;
        for (int entries = 0; Next(reader, archive) is { } entry; entries++)
        {
            cancellation.ThrowIfCancellationRequested();
            progress();
            if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
            {
                continue;
            }

            // Also of what is not wanted, because to pass over it takes time.
            bytes += entry.Length;
            if (bytes > maxBytes || entries >= MaxEntries)
            {
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{archive}: expected at most {MaxEntries} files of {maxBytes} bytes together, found more at '{Shown(entry.Name)}'; this is not the archive of the dataset: delete it."));
            }

            string[] path = SafePath(archive, entry.Name);
            if (entry.EntryType is TarEntryType.Directory || content.Place(path) is not { } place)
            {
                continue;
            }

            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
            {
                throw new FcnSharpException($"{archive}: expected files and folders, found '{Shown(entry.Name)}' of type {entry.EntryType}; this is not the archive of the dataset: delete it.");
            }

            string target = Path.Combine([folder, .. place]);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (File.Exists(target))
            {
                throw new FcnSharpException($"{archive}: expected each file once, found '{Shown(entry.Name)}' twice; this is not the archive of the dataset: delete it.");
            }

            content.Write(entry.DataStream ?? Stream.Null, entry.Length, $"{archive}: {Shown(entry.Name)}", target);
            written++;
        }

        progress();
        return written > 0
            ? written
            : throw new FcnSharpException($"{archive}: expected the files of the dataset, found none of them; this is not its archive: delete it.");
    }

    private static TarEntry? Next(TarReader reader, string archive)
    {
        try
        {
            return reader.GetNextEntry();
        }
        catch (Exception e) when (e is not (IOException or OutOfMemoryException) or EndOfStreamException)
        {
            // The reader does not say what it throws on numbers that make no sense: overflows and formats among others.
            throw Damaged(archive, e);
        }
    }

    private static FcnSharpException Damaged(string archive, Exception e) =>
        new($"{archive}: expected a whole tar, found a damaged one ({OneLine(e)}); delete it and download it again.", e);

    /// <summary>The parts of a path, none of which leads anywhere but further down, on any system.</summary>
    private static string[] SafePath(string archive, string name)
    {
        string[] parts = [.. name.TrimEnd('/').Split('/').Where(part => part != ".")];
        bool safe = parts.All(part => part.Length > 0 && part != ".." && !part.Any(c => char.IsControl(c) || c is '\\' or ':'));
        return safe || parts.Length == 0
            ? parts
            : throw new FcnSharpException($"{archive}: expected names of files below the folder, found '{Shown(name)}'; this is not the archive of the dataset: delete it.");
    }

    private static bool IsGzip(FileStream file)
    {
        Span<byte> start = stackalloc byte[2];
        bool gzip = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == 2 && start is [0x1f, 0x8b];
        file.Position = 0;
        return gzip;
    }

    private static string Shown(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));

    private static string OneLine(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.');
}
