using FcnSharp.Tensors;

namespace FcnSharp;

/// <summary>Writes files so that a reader sees either the old content or the whole new one, also after a crash.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Calls <paramref name="write"/> with a stream on a temporary file in the same folder (a rename across file systems
    /// is a copy, which a crash can halve), flushes it to disk and renames it over <paramref name="path"/>.
    /// Whatever fails, the temporary file is removed and the old file stays.
    /// </summary>
    /// <param name="path">The file's path; a link is kept and what it points to is written.</param>
    /// <param name="write">Writes the content; what it throws leaves the old file as it was.</param>
    /// <exception cref="FcnSharpException">The file system refused the folder, the write or the rename.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string? temporary = null;
        try
        {
            string target = ResolveLink(Path.GetFullPath(path));
            temporary = Path.Combine(Path.GetDirectoryName(target) ?? "/", $".{Guid.NewGuid():N}.tmp");
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new FcnSharpException($"{path}: the file could not be written ({OneLine(e.Message)}); check that its folder exists, is writable and has space.", e);
        }
        finally
        {
            Remove(temporary);
        }
    }

    /// <summary>A link stays a link: the rename replaces the file it points to.</summary>
    private static string ResolveLink(string path) =>
        new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    private static void Remove(string? temporary)
    {
        try
        {
            if (temporary is not null)
            {
                File.Delete(temporary);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report.
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim().TrimEnd('.');
}
