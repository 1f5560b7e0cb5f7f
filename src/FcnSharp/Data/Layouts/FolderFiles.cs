using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Layouts;

/// <summary>The files of one folder by their names without ending.</summary>
internal static class FolderFiles
{
    /// <summary>Files with one of the endings, sorted ordinally; hidden ones do not count.</summary>
    /// <param name="folder">The folder, which must exist and hold at least one such file.</param>
    /// <param name="extensions">The endings, with a dot, in lower case.</param>
    /// <param name="problems">Gets a line for each file of another ending and for each name that occurs twice; null to pass over them.</param>
    public static SortedDictionary<string, string> Read(string folder, IReadOnlyList<string> extensions, List<string>? problems = null)
    {
        if (!Directory.Exists(folder))
        {
            throw new FcnSharpException($"{folder}: the folder does not exist; a dataset has its pictures in images/ and their labels, under the same names, in labels/.");
        }

        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(folder).Where(path => Path.GetFileName(path)[0] != '.').Order(StringComparer.Ordinal))
        {
            if (!extensions.Contains(Path.GetExtension(path).ToLowerInvariant()))
            {
                problems?.Add($"{path}: expected a file that ends on {string.Join(", ", extensions)}; convert it or move it elsewhere.");
            }
            else if (!files.TryAdd(Path.GetFileNameWithoutExtension(path), path))
            {
                problems?.Add($"{path}: expected one file of this name, found {files[Path.GetFileNameWithoutExtension(path)]} too; remove one of them.");
            }
        }

        return files.Count > 0 ? files : throw new FcnSharpException($"{folder}: expected files that end on {string.Join(", ", extensions)}, found none; put the dataset's files here.");
    }

    /// <summary>Pairs images and labels of the same name, and names what has no partner.</summary>
    public static SortedDictionary<string, DatasetItem> Pair(string imageFolder, string labelFolder, List<string> problems)
    {
        SortedDictionary<string, string> images = Read(imageFolder, ImageFile.Extensions, problems);
        SortedDictionary<string, string> labels = Read(labelFolder, [".png"], problems);
        SortedDictionary<string, DatasetItem> items = new(StringComparer.Ordinal);
        foreach ((string name, string image) in images)
        {
            if (labels.TryGetValue(name, out string? label))
            {
                items.Add(name, new(name, image, label));
            }
            else
            {
                problems.Add($"{image}: expected its labels in {Path.Combine(labelFolder, name + ".png")}, found no such file; add it or remove the image.");
            }
        }

        foreach ((string name, string label) in labels.Where(label => !images.ContainsKey(label.Key)))
        {
            problems.Add($"{label}: expected its image in {Path.Combine(imageFolder, name + ".png")} (or .jpg, .webp), found no such file; add it or remove the labels.");
        }

        return items;
    }

    /// <summary>A file's path in a folder by its name without ending, trying the endings of pictures; null where there is none.</summary>
    public static string? FindPicture(string folder, string name) =>
        ImageFile.Extensions.Select(extension => Path.Combine(folder, name + extension)).FirstOrDefault(File.Exists);
}
