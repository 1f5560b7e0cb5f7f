using System.Globalization;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Data.Download;

/// <summary>
/// Downloads a dataset and unpacks it so that <see cref="FolderDataset"/> reads it. All work is done in <c>FOLDER.download</c>; the folder
/// itself appears at the end, whole and checked. Stopped at any time, the same call goes on.
/// </summary>
public sealed class DatasetDownloader
{
    /// <summary>The file in the dataset's folder that tells where it is from.</summary>
    public const string SourceFile = "SOURCE.txt";

    private const string FirstLine = "dataset: ";

    // File systems need more than the files' bytes.
    private const long SpareBytes = 64 << 20;

    // What an honest archive never has, and a hostile one cannot use to fill a disk.
    private const int MaxExpansion = 4;

    private readonly HttpDownloadOptions _options;
    private readonly Func<string, long?> _freeBytes;

    /// <summary>Creates a downloader.</summary>
    public DatasetDownloader()
        : this(new(), FreeBytes)
    {
    }

    /// <summary>Creates a downloader.</summary>
    /// <param name="options">How long it waits.</param>
    /// <param name="freeBytes">Tells the free space where a folder is; null where nobody knows.</param>
    internal DatasetDownloader(HttpDownloadOptions options, Func<string, long?> freeBytes)
    {
        _options = options;
        _freeBytes = freeBytes;
    }

    /// <summary>Downloads a dataset, or goes on with it; does nothing where it is there.</summary>
    /// <param name="source">Which.</param>
    /// <param name="folder">The dataset's folder: one that does not exist, is empty, or has this dataset from here.</param>
    /// <param name="mirror">Another address of the same archive; null for <see cref="DatasetSource.Url"/>.</param>
    /// <param name="progress">Gets every step; may be null.</param>
    /// <param name="note">Gets a line where something is worth knowing; may be null.</param>
    /// <param name="cancellation">Stops, and keeps what there is.</param>
    /// <exception cref="FcnSharpException">The folder holds something else, there is no room, the server does not have the archive, or what came is not what was published.</exception>
    public async Task<DatasetDownloadResult> RunAsync(
        DatasetSource source, string folder, Uri? mirror = null, Action<DownloadProgress>? progress = null, Action<string>? note = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        progress ??= _ => { };
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (IsThere(source, folder))
        {
            return new(folder, FolderSource.Open(folder, null).Summary, WasThere: true);
        }

        string work = folder + ".download";
        string archive = Path.Combine(work, source.ArchiveName);
        string unpacked = Path.Combine(work, "fcnsharp-unpacking");
        Uri url = mirror ?? source.Url;
        string summary = "";
        try
        {
            Directory.CreateDirectory(work);
            DeleteFolder(unpacked);
            CheckSpace(source, archive, work);
            await FetchAsync(source, url, archive, progress, note ?? (_ => { }), cancellation).ConfigureAwait(false);

            long maxBytes = MaxExpansion * (source.ArchiveBytes + source.UnpackedBytes);
            Directory.CreateDirectory(unpacked);
            TarUnpacker.Unpack(archive, unpacked, source.Content, maxBytes, (done, total) => progress(new(DownloadStage.Unpacking, done, total)), cancellation);
            CheckTree(source, url, unpacked, archive, progress, cancellation);
            summary = FolderSource.Open(unpacked, null).Summary;

            TextLines.Write(Path.Combine(unpacked, SourceFile), SourceLines(source, url));
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder);
            }

            Directory.Move(unpacked, folder);
            File.Delete(archive);
            if (!Directory.EnumerateFileSystemEntries(work).Any())
            {
                Directory.Delete(work);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{work}: {source.Name} could not be put there ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); check space and permissions, then run the same command again.", e);
        }

        return new(folder, summary, WasThere: false);
    }

    private static bool IsThere(DatasetSource source, string folder)
    {
        if (File.Exists(folder))
        {
            throw new FcnSharpException($"{folder}: expected a folder or nothing, found a file; choose another folder.");
        }

        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            return false;
        }

        string note = Path.Combine(folder, SourceFile);
        string found = File.Exists(note) ? File.ReadLines(note).FirstOrDefault("") : "";
        return found == FirstLine + source.Name
            ? true
            : throw new FcnSharpException($"{folder}: expected an empty folder or none, found files that are not the {source.Name} of an earlier download; choose another folder.");
    }

    private async Task FetchAsync(DatasetSource source, Uri url, string archive, Action<DownloadProgress> progress, Action<string> note, CancellationToken cancellation)
    {
        if (File.Exists(archive))
        {
            // It got its name when it was whole, but may have been changed since.
            if (source.ArchiveChecksum is not { } expected || expected.Of(archive, (done, total) => progress(new(DownloadStage.Verifying, done, total)), cancellation) == expected)
            {
                return;
            }

            File.Delete(archive);
        }

        string remedy = $"look on {source.HomePage} where it is now and name another address of {source.ArchiveName} with --url";
        using HttpDownload download = new(_options);
        await download.RunAsync(new(url, archive, source.ArchiveChecksum is null ? null : source.ArchiveBytes, source.ArchiveChecksum, remedy), progress, note, cancellation).ConfigureAwait(false);
    }

    private static void CheckTree(DatasetSource source, Uri url, string unpacked, string archive, Action<DownloadProgress> progress, CancellationToken cancellation)
    {
        if (source.GitTree is not { } expected)
        {
            return;
        }

        string found = GitTree.Hash(unpacked, done => progress(new(DownloadStage.Verifying, done, source.UnpackedBytes)), cancellation);
        if (found != expected)
        {
            File.Delete(archive);
            DeleteFolder(unpacked);
            throw new FcnSharpException($"{url}: expected files of the Git tree {expected}, found {found}; what came was removed, because these are other files or they were damaged on the way: run the same command again, or without --url.");
        }
    }

    private void CheckSpace(DatasetSource source, string archive, string work)
    {
        long have = File.Exists(archive) ? new FileInfo(archive).Length : new PartFile(archive).Length;
        long needed = Math.Max(0, source.ArchiveBytes - have) + source.UnpackedBytes + SpareBytes;
        if (_freeBytes(work) is { } free && free < needed)
        {
            throw new FcnSharpException($"{work}: expected {ByteSize.Format(needed)} of free space for {source.Name}, found {ByteSize.Format(free)}; make room, or choose a folder on another disk.");
        }
    }

    private static long? FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A folder of the network may have no drive; whether there is room shows when it is written.
            return null;
        }
    }

    private static IEnumerable<string> SourceLines(DatasetSource source, Uri url) =>
    [
        FirstLine + source.Name,
        "what: " + source.Title,
        "from: " + url,
        "home: " + source.HomePage,
        "terms: " + source.Terms,
        "checked: " + (source.ArchiveChecksum is { } checksum ? $"{source.ArchiveName}, {checksum}" : $"Git tree {source.GitTree}"),
        string.Create(CultureInfo.InvariantCulture, $"date: {DateTimeOffset.UtcNow:yyyy-MM-dd}"),
    ];

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>What a download came to.</summary>
/// <param name="Folder">The dataset's folder, a full path.</param>
/// <param name="Summary">Layout, parts and classes in one line.</param>
/// <param name="WasThere">Whether it was there already and nothing was done.</param>
public sealed record DatasetDownloadResult(string Folder, string Summary, bool WasThere);
