using System.Globalization;
using FcnSharp.Data.Labels;
using FcnSharp.Data.Layouts;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>An opened folder with all its parts: the files, the classes, and how labels become classes.</summary>
internal sealed class FolderSource
{
    private readonly LabelReader _labels;

    private FolderSource(string folder, DatasetIndex index, FolderOptions options, List<string>? problems)
    {
        (Folder, Index) = (folder, index);
        Images = options.Images ?? ImageReader.Default;
        IgnoreIndex = options.IgnoreIndex ?? index.IgnoreIndex;
        if (IgnoreIndex is < 0 or > ushort.MaxValue)
        {
            throw new FcnSharpException($"The label of void must be from 0 to {ushort.MaxValue}, found {IgnoreIndex}.");
        }

        ClassTable? classes = FindClasses(folder, index, options);
        _labels = index.Labels?.Invoke(classes ?? throw new FcnSharpException($"{folder}: expected classes, found none."), IgnoreIndex) ?? new PngLabelReader(classes, IgnoreIndex);
        bool reduceZero = options.ReduceZero ?? index.ReduceZero;
        bool maybeBinary = options.IgnoreIndex is null && index.Classes is null && index.Labels is null && !reduceZero && (classes is null || classes.Classes.Count == 2);
        if (classes is null || maybeBinary)
        {
            bool[] seen = StoredLabels(problems);
            IsBinary = maybeBinary && seen[0] && seen[255] && seen.Count(value => value) == 2;
            classes ??= IsBinary ? new([new("background", 0, 0, 0), new("foreground", 255, 255, 255)], HasColours: true) : CountClasses(seen, reduceZero);
        }

        Classes = classes.Classes;
        if (index.LabelIds is not null && Classes.Count != index.LabelIds.Values.Max() + 1)
        {
            throw new FcnSharpException($"{folder}: {index.Layout} has {index.LabelIds.Values.Max() + 1} classes, the list of classes names {Classes.Count}; correct it or leave it out.");
        }

        Table = IsBinary ? LabelTable.Binary()
            : index.LabelIds is not null ? LabelTable.Ids(index.LabelIds, IgnoreIndex)
            : reduceZero ? LabelTable.ReduceZero(Classes.Count, IgnoreIndex)
            : LabelTable.Indices(Classes.Count, IgnoreIndex);
    }

    /// <summary>The folder as the caller named it.</summary>
    public string Folder { get; }

    /// <summary>The files.</summary>
    public DatasetIndex Index { get; }

    /// <summary>The classes in the order of their labels.</summary>
    public IReadOnlyList<ClassInfo> Classes { get; }

    /// <summary>The label of void in the samples.</summary>
    public int IgnoreIndex { get; }

    /// <summary>Whether all labels are 0 or 255 and white is class 1.</summary>
    public bool IsBinary { get; }

    /// <summary>The class of each stored label.</summary>
    public LabelTable Table { get; }

    /// <summary>What reads the pictures.</summary>
    public ImageReader Images { get; }

    /// <summary>The layout, parts and classes in one line.</summary>
    public string Summary
    {
        get
        {
            string test = Index.Test.Count > 0 ? $", {Index.Test.Count} test" : "";
            string labels = IsBinary ? "masks of 0 and 255" : $"void {IgnoreIndex}";
            return string.Create(CultureInfo.InvariantCulture, $"{Index.Layout}: {Index.Train.Count} train, {Index.Val.Count} val{test} ({Index.Splits}), {Classes.Count} classes, {labels}");
        }
    }

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="problems">Gets what is wrong with single files; where it is null the first of them is thrown.</param>
    public static FolderSource Open(string folder, FolderOptions? options, List<string>? problems = null)
    {
        options ??= new();
        try
        {
            DatasetIndex index = DatasetLayouts.Index(folder, options);
            if (problems is null && index.Problems.Count > 0)
            {
                throw new FcnSharpException(index.Problems[0]);
            }

            problems?.AddRange(index.Problems);
            return new(folder, index, options, problems);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{folder}: the folder could not be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); check its permissions.", e);
        }
    }

    /// <summary>Reads a sample.</summary>
    /// <exception cref="FcnSharpException">A file cannot be read, the sizes differ, or a label is no class.</exception>
    public Sample Load(DatasetItem item)
    {
        RgbImage image = Images.Read(item.ImagePath);
        LabelMap labels = ReadStored(item, image.Width, image.Height);
        for (int i = 0; i < labels.Labels.Length; i++)
        {
            ushort stored = labels.Labels[i];
            int label = Table[stored];
            if (label < 0)
            {
                throw new FcnSharpException($"{item.LabelPath}: label {stored} at pixel ({i % labels.Width}, {i / labels.Width}), expected {Table.Expected}; correct the labels, the classes or the ignore index.");
            }

            labels.Labels[i] = (ushort)label;
        }

        return new(image, labels, item.Name);
    }

    /// <summary>Reads the stored labels of a picture of this size, upright.</summary>
    /// <exception cref="FcnSharpException">The file cannot be read, or its size is another.</exception>
    public LabelMap ReadStored(DatasetItem item, int width, int height)
    {
        LabelMap labels = _labels.Read(item, width, height);
        if (labels.Width == width && labels.Height == height)
        {
            return labels;
        }

        ImageOrientation orientation = Images.ReadInfo(item.ImagePath).Orientation;
        string turned = orientation == ImageOrientation.Upright
            ? ""
            : $", which its EXIF orientation ({(int)orientation}) turns upright";
        string remedy = orientation.SwapsSides() && labels.Width == height && labels.Height == width
            ? "turn the labels as the image is shown, or remove the orientation from the image"
            : "make the labels anew at the image's size (nearest neighbour)";
        throw new FcnSharpException($"{item.LabelPath}: expected {width}x{height} pixels like its image{turned}, found {labels.Width}x{labels.Height}; {remedy}.");
    }

    private static ClassTable? FindClasses(string folder, DatasetIndex index, FolderOptions options)
    {
        if (options.Classes is { } given)
        {
            return new(given, HasColours: true);
        }

        string file = options.ClassFilePath ?? Path.Combine(folder, "classes.txt");
        return options.ClassFilePath is not null || File.Exists(file) ? ClassFile.ReadTable(file)
            : (index.Classes ?? options.DefaultClasses) is { } own ? new(own, HasColours: true)
            : null;
    }

    /// <summary>Which numbers stand in the label files.</summary>
    private bool[] StoredLabels(List<string>? problems)
    {
        bool[] seen = new bool[ushort.MaxValue + 1];
        foreach (DatasetItem item in Index.All)
        {
            try
            {
                foreach (ushort label in _labels.Read(item, 0, 0).Labels)
                {
                    seen[label] = true;
                }
            }
            catch (FcnSharpException) when (problems is not null)
            {
                // Whoever asks for all problems reads every file once more and hears of this one then.
            }
        }

        return seen;
    }

    /// <summary>As many classes as the highest label asks for.</summary>
    private ClassTable CountClasses(bool[] seen, bool reduceZero)
    {
        int highest = -1;
        for (int label = 0; label < seen.Length; label++)
        {
            highest = seen[label] && label != IgnoreIndex ? label - (reduceZero ? 1 : 0) : highest;
        }

        // A mask of black and white would otherwise train a net that knows one class and ignores the other.
        if (highest < 1)
        {
            string found = seen[IgnoreIndex] ? $"0 and {IgnoreIndex}, which is void" : "0";
            throw new FcnSharpException($"{Path.Combine(Folder, "labels")}: expected labels of at least two classes, found only {found}; number the classes from 0 (a mask's white is 1), or set another ignore index.");
        }

        return new([.. Enumerable.Range(0, highest + 1).Select(label => ClassFile.WithVocColour(string.Create(CultureInfo.InvariantCulture, $"class {label}"), label))], HasColours: true);
    }
}
