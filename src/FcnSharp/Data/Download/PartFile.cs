using System.Globalization;

namespace FcnSharp.Data.Download;

/// <summary>
/// A file that is still being downloaded: <c>NAME.part</c> has its first bytes, <c>NAME.part.info</c> tells of which version of which
/// file, so that the rest is not taken from another one.
/// </summary>
/// <param name="path">The path of the whole file.</param>
internal sealed class PartFile(string path)
{
    /// <summary>The first bytes.</summary>
    public string Path { get; } = path + ".part";

    private string InfoPath => Path + ".info";

    /// <summary>How many bytes there are.</summary>
    public long Length => File.Exists(Path) ? new FileInfo(Path).Length : 0;

    /// <summary>What the bytes are from; null where that is not known.</summary>
    public PartInfo? Info
    {
        get
        {
            string[] lines = File.Exists(InfoPath) ? File.ReadAllLines(InfoPath) : [];
            return lines is [var url, var version, var total]
                ? new(url, version.Length > 0 ? version : null, long.TryParse(total, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : null)
                : null;
        }
    }

    /// <summary>Notes what the bytes are from.</summary>
    public void Note(PartInfo info) => AtomicFile.Write(InfoPath, stream =>
    {
        using StreamWriter writer = new(stream, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(info.Url);
        writer.WriteLine(info.Version);
        writer.WriteLine(info.Total?.ToString(CultureInfo.InvariantCulture));
    });

    /// <summary>Makes it the whole file.</summary>
    public void Complete()
    {
        File.Move(Path, path);
        File.Delete(InfoPath);
    }

    /// <summary>Removes it.</summary>
    public void Delete()
    {
        File.Delete(Path);
        File.Delete(InfoPath);
    }
}

/// <summary>What the bytes of a part are from.</summary>
/// <param name="Url">The address that was asked.</param>
/// <param name="Version">The server's mark of the version, as <c>If-Range</c> takes it; null where it gave none that is fit for that.</param>
/// <param name="Total">The length of the whole file in bytes; null where the server did not tell.</param>
internal sealed record PartInfo(string Url, string? Version, long? Total);
