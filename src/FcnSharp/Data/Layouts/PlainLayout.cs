namespace FcnSharp.Data.Layouts;

/// <summary>images/NAME.png|jpg|webp with labels/NAME.png, optionally classes.txt, train.txt, val.txt and test.txt.</summary>
internal sealed class PlainLayout : IDatasetLayout
{
    /// <inheritdoc/>
    public string Describe => "a plain folder (images/, labels/)";

    /// <inheritdoc/>
    public string? Find(string folder) => Directory.Exists(Path.Combine(folder, "images")) || Directory.Exists(Path.Combine(folder, "labels")) ? folder : null;

    /// <inheritdoc/>
    public DatasetIndex Index(string folder, FolderOptions options)
    {
        List<string> problems = [];
        SortedDictionary<string, DatasetItem> items = FolderFiles.Pair(Path.Combine(folder, "images"), Path.Combine(folder, "labels"), problems);
        FolderSplit split = FolderSplit.Read(folder, [.. items.Keys], options, problems);
        return split.Index("plain folder", items, problems);
    }
}
