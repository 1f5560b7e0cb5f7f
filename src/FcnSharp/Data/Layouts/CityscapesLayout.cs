namespace FcnSharp.Data.Layouts;

/// <summary>Cityscapes: leftImg8bit/PART/CITY/ with gtFine/PART/CITY/..._labelIds.png, whose 34 ids become the 19 classes that are trained; void 255.</summary>
internal sealed class CityscapesLayout : IDatasetLayout
{
    private const string ImageEnding = "_leftImg8bit.png";
    private const string LabelEnding = "_gtFine_labelIds.png";

    private static readonly (int Id, ClassInfo Class)[] Trained =
    [
        (7, new("road", 128, 64, 128)), (8, new("sidewalk", 244, 35, 232)), (11, new("building", 70, 70, 70)), (12, new("wall", 102, 102, 156)),
        (13, new("fence", 190, 153, 153)), (17, new("pole", 153, 153, 153)), (19, new("traffic light", 250, 170, 30)), (20, new("traffic sign", 220, 220, 0)),
        (21, new("vegetation", 107, 142, 35)), (22, new("terrain", 152, 251, 152)), (23, new("sky", 70, 130, 180)), (24, new("person", 220, 20, 60)),
        (25, new("rider", 255, 0, 0)), (26, new("car", 0, 0, 142)), (27, new("truck", 0, 0, 70)), (28, new("bus", 0, 60, 100)), (31, new("train", 0, 80, 100)),
        (32, new("motorcycle", 0, 0, 230)), (33, new("bicycle", 119, 11, 32)),
    ];

    /// <summary>Ids 0 to 33; what is not trained is void. The licence plate's -1 is 255 in a byte.</summary>
    private static readonly Dictionary<int, int> Ids = Enumerable.Range(0, 34).ToDictionary(id => id, id => Array.FindIndex(Trained, pair => pair.Id == id));

    /// <inheritdoc/>
    public string Describe => "Cityscapes (leftImg8bit/, gtFine/)";

    /// <inheritdoc/>
    public string? Find(string folder) => Directory.Exists(Path.Combine(folder, "leftImg8bit")) && Directory.Exists(Path.Combine(folder, "gtFine")) ? folder : null;

    /// <inheritdoc/>
    public DatasetIndex Index(string folder, FolderOptions options)
    {
        List<string> problems = [];
        return new()
        {
            Layout = "Cityscapes",
            Train = Part(folder, "train", problems),
            Val = Part(folder, "val", problems),
            Splits = "folders",
            Problems = problems,
            Classes = [.. Trained.Select(pair => pair.Class)],
            LabelIds = Ids,
        };
    }

    // The labels of the part test are not published: it holds only void.
    private static DatasetItem[] Part(string folder, string part, List<string> problems)
    {
        string images = Path.Combine(folder, "leftImg8bit", part);
        if (!Directory.Exists(images))
        {
            return [];
        }

        List<DatasetItem> items = [];
        foreach (string image in Directory.EnumerateFiles(images, "*" + ImageEnding, SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(image)[..^ImageEnding.Length];
            string city = Path.GetRelativePath(images, Path.GetDirectoryName(image)!);
            string label = Path.Combine(folder, "gtFine", part, city, name + LabelEnding);
            if (File.Exists(label))
            {
                items.Add(new(name, image, label));
            }
            else
            {
                problems.Add($"{image}: expected its labels in {label}, found no such file; unpack gtFine too, or remove the image.");
            }
        }

        return [.. items];
    }
}
