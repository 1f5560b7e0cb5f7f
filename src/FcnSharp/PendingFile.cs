using FcnSharp.Tensors;

namespace FcnSharp;

/// <summary>
/// A file that is being written and appears under its name when it is whole: until then it lies beside it under a temporary name
/// (a rename across file systems is a copy, which a crash can halve).
/// </summary>
public sealed class PendingFile : IDisposable
{
    private readonly string _path;
    private readonly string _target;
    private readonly string _temporary;
    private readonly FileStream _stream;
    private bool _committed;

    /// <summary>Starts an empty file.</summary>
    /// <param name="path">The path under which it is to appear; a link is kept and what it points to is written.</param>
    /// <exception cref="FcnSharpException">The file system refused.</exception>
    public PendingFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        try
        {
            _target = ResolveLink(Path.GetFullPath(path));
            _temporary = Path.Combine(Path.GetDirectoryName(_target) ?? "/", $".{Guid.NewGuid():N}.tmp");
            _stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        }
        catch (Exception e) when (AtomicFile.IsOfFileSystem(e))
        {
            throw AtomicFile.Refusal(path, e);
        }
    }

    /// <summary>Takes the content.</summary>
    public Stream Content => _stream;

    /// <summary>Flushes the content to disk and gives the file its name, in place of an old one.</summary>
    /// <exception cref="FcnSharpException">The file system refused; an old file stays.</exception>
    public void Commit()
    {
        try
        {
            _stream.Flush(flushToDisk: true);
            _stream.Dispose();
            File.Move(_temporary, _target, overwrite: true);
            _committed = true;
        }
        catch (Exception e) when (AtomicFile.IsOfFileSystem(e))
        {
            throw AtomicFile.Refusal(_path, e);
        }
    }

    /// <summary>Removes what has no name yet.</summary>
    public void Dispose()
    {
        try
        {
            _stream.Dispose();
            if (!_committed)
            {
                File.Delete(_temporary);
            }
        }
        catch (Exception e) when (AtomicFile.IsOfFileSystem(e))
        {
            // The failure that led here is the one to report.
        }
    }

    /// <summary>A link stays a link: the rename replaces the file it points to.</summary>
    private static string ResolveLink(string path) =>
        new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
}
