namespace FcnSharp.Data.Download;

/// <summary>Which files of an archive are wanted, where they go, and in which form.</summary>
internal abstract class ArchiveContent
{
    /// <summary>The place of a file in the dataset's folder, or null where it is not wanted.</summary>
    /// <param name="path">The parts of its path in the archive, all of them safe names.</param>
    public abstract string[]? Place(IReadOnlyList<string> path);

    /// <summary>Writes a wanted file, which does not exist yet.</summary>
    /// <param name="content">Its bytes in the archive.</param>
    /// <param name="length">How many there are.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="target">The path to write, in a folder that is there.</param>
    public virtual void Write(Stream content, long length, string name, string target)
    {
        using FileStream file = new(target, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        content.CopyTo(file);
    }
}
