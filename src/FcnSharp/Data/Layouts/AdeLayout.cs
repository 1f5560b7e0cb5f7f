using System.Globalization;

namespace FcnSharp.Data.Layouts;

/// <summary>ADE20K as its scene parsing benchmark has it: images/training with annotations/training, likewise validation. 150 classes; label 0 is void, label k is class k - 1.</summary>
internal sealed class AdeLayout : IDatasetLayout
{
    private const int ClassCount = 150;

    /// <inheritdoc/>
    public string Describe => "ADE20K (images/training/, annotations/training/)";

    /// <inheritdoc/>
    public string? Find(string folder) =>
        new[] { folder, Path.Combine(folder, "ADEChallengeData2016") }
            .FirstOrDefault(root => Directory.Exists(Path.Combine(root, "images", "training")) && Directory.Exists(Path.Combine(root, "annotations", "training")));

    /// <inheritdoc/>
    public DatasetIndex Index(string folder, FolderOptions options)
    {
        List<string> problems = [];
        return new()
        {
            Layout = "ADE20K",
            Train = Part(folder, "training", problems),
            Val = Part(folder, "validation", problems),
            Splits = "folders",
            Problems = problems,
            Classes = Classes(folder),
            ReduceZero = true,
        };
    }

    private static DatasetItem[] Part(string folder, string part, List<string> problems)
    {
        string images = Path.Combine(folder, "images", part);
        return Directory.Exists(images) ? [.. FolderFiles.Pair(images, Path.Combine(folder, "annotations", part), problems).Values] : [];
    }

    /// <summary>The names in objectInfo150.txt, which the archive holds: columns by tabs, number first, name last.</summary>
    private static ClassInfo[] Classes(string folder)
    {
        string[] names = [.. Enumerable.Range(0, ClassCount).Select(label => string.Create(CultureInfo.InvariantCulture, $"class {label}"))];
        string file = Path.Combine(folder, "objectInfo150.txt");
        foreach ((_, string text) in File.Exists(file) ? TextLines.Read(file) : [])
        {
            string[] columns = text.Split('\t');
            if (int.TryParse(columns[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= ClassCount)
            {
                names[number - 1] = columns[^1].Trim();
            }
        }

        return [.. names.Select((name, label) => ClassFile.WithVocColour(name, label + 1))];
    }
}
