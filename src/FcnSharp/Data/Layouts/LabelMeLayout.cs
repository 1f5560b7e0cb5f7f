using FcnSharp.Data.Labels;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Layouts;

/// <summary>
/// Pictures with NAME.json of LabelMe: beside them, or in labels/ with the pictures in images/. Classes come from classes.txt, from
/// LabelMe's labels.txt, or else from the outlines, sorted by name behind the background.
/// </summary>
internal sealed class LabelMeLayout : IDatasetLayout
{
    /// <summary>LabelMe's name for what is not outlined.</summary>
    public const string Background = "_background_";

    /// <summary>LabelMe's name for void.</summary>
    public const string Ignored = "__ignore__";

    /// <inheritdoc/>
    public string Describe => "LabelMe (NAME.json beside pictures, or in labels/)";

    /// <inheritdoc/>
    public string? Find(string folder)
    {
        string labels = Path.Combine(folder, "labels");
        bool Has(string where) => Directory.Exists(where) && Directory.EnumerateFiles(where, "*.json").Any();
        return Has(labels) || (!Directory.Exists(labels) && Has(folder)) ? folder : null;
    }

    /// <inheritdoc/>
    public DatasetIndex Index(string folder, FolderOptions options)
    {
        List<string> problems = [];
        string labels = Path.Combine(folder, "labels");
        bool apart = Directory.Exists(labels);
        SortedDictionary<string, DatasetItem> items = new(StringComparer.Ordinal);
        foreach ((string name, string label) in FolderFiles.Read(apart ? labels : folder, [".json"], apart ? problems : null))
        {
            string? image = FolderFiles.FindPicture(apart ? Path.Combine(folder, "images") : folder, name);
            if (image is not null)
            {
                items.Add(name, new(name, image, label));
            }
            else
            {
                problems.Add($"{label}: expected its picture {name} (.png, .jpg, .webp) {(apart ? "in images/" : "beside it")}, found no such file; add it or remove the annotations.");
            }
        }

        FolderSplit split = FolderSplit.Read(folder, [.. items.Keys], options, problems);
        bool given = options.Classes is not null || options.ClassFilePath is not null || File.Exists(Path.Combine(folder, "classes.txt"));
        return split.Index("LabelMe", items, problems) with
        {
            Classes = given ? null : Classes(folder, items.Values, problems),
            Labels = (classes, voidLabel) => new LabelMeReader(classes, voidLabel),
        };
    }

    private static ClassInfo[] Classes(string folder, IEnumerable<DatasetItem> items, List<string> problems)
    {
        string file = Path.Combine(folder, "labels.txt");
        IEnumerable<string> names = File.Exists(file)
            ? TextLines.Read(file).Select(line => line.Text).Distinct(StringComparer.Ordinal)
            : [Background, .. items.SelectMany(item => NamesIn(item, problems)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Where(name => name != Background)];
        return [.. names.Where(name => name != Ignored).Select((name, label) => ClassFile.WithVocColour(name, label))];
    }

    private static IEnumerable<string> NamesIn(DatasetItem item, List<string> problems)
    {
        try
        {
            return LabelMeFile.Read(item.LabelPath).Shapes.Select(shape => shape.Label);
        }
        catch (FcnSharpException e)
        {
            problems.Add(e.Message);
            return [];
        }
    }
}
