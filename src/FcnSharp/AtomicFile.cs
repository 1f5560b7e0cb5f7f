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
        using PendingFile file = new(path);
        try
        {
            write(file.Content);
        }
        catch (Exception e) when (IsOfFileSystem(e))
        {
            throw Refusal(path, e);
        }

        file.Commit();
    }

    /// <summary>Whether the file system itself failed.</summary>
    internal static bool IsOfFileSystem(Exception e) => e is IOException or UnauthorizedAccessException or NotSupportedException;

    /// <summary>What a user is told when it did.</summary>
    internal static FcnSharpException Refusal(string path, Exception cause) =>
        new($"{path}: the file could not be written ({cause.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.')}); check that its folder exists, is writable and has space.", cause);
}
