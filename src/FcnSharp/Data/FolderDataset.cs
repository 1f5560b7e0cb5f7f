using System.Globalization;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>
/// A dataset in the plain layout: <c>images/NAME.png</c> with <c>labels/NAME.png</c> (palette or grey, class indices), and optionally
/// <c>classes.txt</c> (see <see cref="ClassFile"/>), <c>train.txt</c> and <c>val.txt</c> (a name a line).
/// </summary>
public sealed class FolderDataset : ISegmentationDataset
{
    private const string Extension = ".png";

    private readonly string _folder;
    private readonly IReadOnlyList<string> _names;

    private FolderDataset(string folder, IReadOnlyList<string> names, IReadOnlyList<ClassInfo> classes, int ignoreIndex)
    {
        _folder = folder;
        _names = names;
        Classes = classes;
        IgnoreIndex = ignoreIndex;
    }

    /// <inheritdoc/>
    public int Count => _names.Count;

    /// <inheritdoc/>
    public IReadOnlyList<ClassInfo> Classes { get; }

    /// <inheritdoc/>
    public int IgnoreIndex { get; }

    /// <summary>Opens a folder and checks that images and labels pair up; pictures are read when they are loaded.</summary>
    /// <param name="folder">The folder that holds images/ and labels/.</param>
    /// <param name="split">The part to take. Without lists the order is by name, ordinally.</param>
    /// <param name="options">Classes, void label, and the split where no list gives it.</param>
    /// <exception cref="FcnSharpException">A folder is missing or empty, a file has no partner or is no PNG, or one of the text files is wrong.</exception>
    public static FolderDataset Open(string folder, DatasetSplit split = DatasetSplit.All, FolderOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new();
        List<string> images = Names(Path.Combine(folder, "images"));
        List<string> labels = Names(Path.Combine(folder, "labels"));
        CheckPairs(folder, images, labels);
        IReadOnlyList<ClassInfo> classes = options.Classes ?? FindClasses(folder, images, options.IgnoreIndex);
        return new(folder, FolderSplit.Select(folder, images, split, options), classes, options.IgnoreIndex);
    }

    /// <inheritdoc/>
    public Sample Load(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        string name = _names[index];
        string labelPath = LabelPath(_folder, name);
        RgbImage image = PngFile.ReadRgb(Path.Combine(_folder, "images", name + Extension));
        LabelMap labels = PngFile.ReadLabels(labelPath);
        if (labels.Width != image.Width || labels.Height != image.Height)
        {
            throw new FcnSharpException($"{labelPath}: expected {image.Width}x{image.Height} pixels like its image, found {labels.Width}x{labels.Height}; make the labels anew at the image's size (nearest neighbour).");
        }

        CheckLabels(labelPath, labels);
        return new(image, labels, name);
    }

    private void CheckLabels(string path, LabelMap labels)
    {
        for (int i = 0; i < labels.Labels.Length; i++)
        {
            int label = labels.Labels[i];
            if (label >= Classes.Count && label != IgnoreIndex)
            {
                throw new FcnSharpException($"{path}: label {label} at pixel ({i % labels.Width}, {i / labels.Width}), expected 0 to {Classes.Count - 1} or {IgnoreIndex} for void; correct the labels, the classes or the ignore index.");
            }
        }
    }

    private static string LabelPath(string folder, string name) => Path.Combine(folder, "labels", name + Extension);

    /// <summary>The names without ending of a folder's PNG files, sorted ordinally; hidden files do not count.</summary>
    private static List<string> Names(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new FcnSharpException($"{folder}: the folder does not exist; a dataset has its pictures in images/ and their labels, under the same names, in labels/.");
        }

        List<string> names = [];
        foreach (string file in Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Where(file => file[0] != '.'))
        {
            if (Path.GetExtension(file) != Extension)
            {
                throw new FcnSharpException($"{Path.Combine(folder, file)}: expected a file that ends on {Extension}; convert it to PNG or move it elsewhere.");
            }

            names.Add(Path.GetFileNameWithoutExtension(file));
        }

        names.Sort(StringComparer.Ordinal);
        return names.Count > 0 ? names : throw new FcnSharpException($"{folder}: expected PNG files, found none; put the dataset's files here.");
    }

    private static void CheckPairs(string folder, List<string> images, List<string> labels)
    {
        string? unlabelled = images.Except(labels, StringComparer.Ordinal).FirstOrDefault();
        if (unlabelled is not null)
        {
            throw new FcnSharpException($"{Path.Combine(folder, "images", unlabelled + Extension)}: expected its labels in {LabelPath(folder, unlabelled)}, found no such file; add it or remove the image.");
        }

        string? orphan = labels.Except(images, StringComparer.Ordinal).FirstOrDefault();
        if (orphan is not null)
        {
            throw new FcnSharpException($"{LabelPath(folder, orphan)}: expected its image in {Path.Combine(folder, "images", orphan + Extension)}, found no such file; add it or remove the labels.");
        }
    }

    private static IReadOnlyList<ClassInfo> FindClasses(string folder, List<string> names, int ignoreIndex)
    {
        string file = Path.Combine(folder, "classes.txt");
        return File.Exists(file) ? ClassFile.Read(file) : CountClasses(folder, names, ignoreIndex);
    }

    /// <summary>As many classes as the highest label asks for.</summary>
    private static ClassInfo[] CountClasses(string folder, List<string> names, int ignoreIndex)
    {
        int highest = -1;
        bool hasVoid = false;
        foreach (ushort label in names.SelectMany(name => PngFile.ReadLabels(LabelPath(folder, name)).Labels))
        {
            hasVoid |= label == ignoreIndex;
            highest = label == ignoreIndex ? highest : Math.Max(highest, label);
        }

        // A mask of black and white would otherwise train a net that knows one class and ignores the other.
        if (highest < 1)
        {
            string found = hasVoid ? $"0 and {ignoreIndex}, which is void" : "0";
            throw new FcnSharpException($"{Path.Combine(folder, "labels")}: expected labels of at least two classes, found only {found}; number the classes from 0 (a mask's white is 1), or set another ignore index.");
        }

        return [.. Enumerable.Range(0, highest + 1).Select(label => ClassFile.WithVocColour(string.Create(CultureInfo.InvariantCulture, $"class {label}"), label))];
    }
}
