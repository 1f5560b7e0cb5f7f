namespace FcnSharp.Data.Layouts;

/// <summary>A custom of laying out images, labels and lists in folders.</summary>
internal interface IDatasetLayout
{
    /// <summary>The name, and what tells the layout, for messages.</summary>
    string Describe { get; }

    /// <summary>The folder where the layout begins, at or below the given one; null where it is another layout.</summary>
    string? Find(string folder);

    /// <summary>Pairs the files.</summary>
    /// <param name="folder">What <see cref="Find"/> gave.</param>
    /// <param name="options">Split by seed.</param>
    /// <exception cref="Tensors.FcnSharpException">There is nothing to pair, or a file of the layout cannot be read.</exception>
    DatasetIndex Index(string folder, FolderOptions options);
}

/// <summary>All layouts that are known.</summary>
internal static class DatasetLayouts
{
    /// <summary>In the order in which they are looked for: what needs the most particular folders comes first.</summary>
    public static IReadOnlyList<IDatasetLayout> All { get; } = [new VocLayout(), new CityscapesLayout(), new AdeLayout(), new CamVidLayout(), new LabelMeLayout(), new PlainLayout()];

    /// <summary>Finds the layout of a folder and pairs its files.</summary>
    /// <exception cref="Tensors.FcnSharpException">The folder does not exist or has no known layout.</exception>
    public static DatasetIndex Index(string folder, FolderOptions options)
    {
        if (!Directory.Exists(folder))
        {
            throw new Tensors.FcnSharpException($"{folder}: the folder does not exist; a dataset has its pictures in images/ and their labels, under the same names, in labels/.");
        }

        foreach (IDatasetLayout layout in All)
        {
            if (layout.Find(folder) is { } root)
            {
                return layout.Index(root, options);
            }
        }

        string[] found = [.. Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal).Take(5)];
        throw new Tensors.FcnSharpException($"{folder}: no known dataset layout: expected {string.Join("; ", All.Select(layout => layout.Describe))}; found {(found.Length == 0 ? "an empty folder" : string.Join(", ", found))}. Put pictures into images/ and their labels, under the same names, into labels/.");
    }
}
