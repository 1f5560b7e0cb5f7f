using FcnSharp.Imaging;

namespace FcnSharp.Data.Layouts;

/// <summary>
/// CamVid as the SegNet tutorial has it: train/ with trainannot/, likewise val and test, and optionally lists of two paths a line,
/// of which the last two parts count. 11 classes, void 11.
/// </summary>
internal sealed class CamVidLayout : IDatasetLayout
{
    private static readonly ClassInfo[] ClassesOfSegNet =
    [
        new("Sky", 128, 128, 128), new("Building", 128, 0, 0), new("Pole", 192, 192, 128), new("Road", 128, 64, 128), new("Pavement", 60, 40, 222), new("Tree", 128, 128, 0),
        new("SignSymbol", 192, 128, 128), new("Fence", 64, 64, 128), new("Car", 64, 0, 128), new("Pedestrian", 64, 64, 0), new("Bicyclist", 0, 128, 192),
    ];

    /// <inheritdoc/>
    public string Describe => "CamVid (train/, trainannot/)";

    /// <inheritdoc/>
    public string? Find(string folder) =>
        new[] { folder, Path.Combine(folder, "CamVid") }.FirstOrDefault(root => Directory.Exists(Path.Combine(root, "train")) && Directory.Exists(Path.Combine(root, "trainannot")));

    /// <inheritdoc/>
    public DatasetIndex Index(string folder, FolderOptions options)
    {
        List<string> problems = [];
        bool lists = File.Exists(Path.Combine(folder, "train.txt"));
        return new()
        {
            Layout = "CamVid",
            Train = Part(folder, "train", problems),
            Val = Part(folder, "val", problems),
            Test = Part(folder, "test", problems),
            Splits = lists ? "lists of SegNet" : "folders",
            Problems = problems,
            Classes = ClassesOfSegNet,
            IgnoreIndex = 11,
        };
    }

    private static DatasetItem[] Part(string folder, string part, List<string> problems)
    {
        string list = Path.Combine(folder, part + ".txt");
        if (File.Exists(list))
        {
            return [.. TextLines.Read(list).Select(line => Listed(folder, list, line.Number, line.Text, problems)).OfType<DatasetItem>()];
        }

        string images = Path.Combine(folder, part);
        return Directory.Exists(images) ? [.. FolderFiles.Pair(images, images + "annot", problems).Values] : [];
    }

    private static DatasetItem? Listed(string folder, string list, int line, string text, List<string> problems)
    {
        string[] paths = text.TrimEnd(';').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (paths.Length != 2)
        {
            problems.Add($"{list}: line {line} has {paths.Length} paths, expected an image and its labels; correct the line.");
            return null;
        }

        string[] files = [.. paths.Select(path => Path.Combine([folder, .. path.Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries).TakeLast(2)]))];
        string? missing = files.FirstOrDefault(file => !File.Exists(file));
        if (missing is not null)
        {
            problems.Add($"{list}: line {line} names {paths[Array.IndexOf(files, missing)]}, but there is no {missing}; correct the line or add the file.");
            return null;
        }

        return new(Path.GetFileNameWithoutExtension(files[0]), files[0], files[1]);
    }
}
