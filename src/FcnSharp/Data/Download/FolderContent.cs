namespace FcnSharp.Data.Download;

/// <summary>One folder of an archive with all that is in it becomes the dataset's folder.</summary>
/// <param name="folder">The folder's path in the archive, a name or <see cref="AnyName"/> each.</param>
internal class FolderContent(params string[] folder) : ArchiveContent
{
    /// <summary>Stands for a folder whatever its name.</summary>
    public const string AnyName = "*";

    /// <inheritdoc/>
    public override string[]? Place(IReadOnlyList<string> path) =>
        path.Count > folder.Length && folder.Zip(path).All(pair => pair.First == AnyName || pair.First == pair.Second) ? [.. path.Skip(folder.Length)] : null;
}
