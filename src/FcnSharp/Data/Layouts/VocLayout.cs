using FcnSharp.Tensors;

namespace FcnSharp.Data.Layouts;

/// <summary>PASCAL VOC: JPEGImages/, SegmentationClass/ and the lists in ImageSets/Segmentation/. 21 classes, void 255.</summary>
internal sealed class VocLayout : IDatasetLayout
{
    private static readonly string[] Names =
    [
        "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse",
        "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ];

    /// <inheritdoc/>
    public string Describe => "PASCAL VOC (JPEGImages/, SegmentationClass/)";

    /// <inheritdoc/>
    public string? Find(string folder)
    {
        // The archives unpack to VOCdevkit/VOC2012; any folder on the way there will do, and the newest year wins.
        string kit = Path.Combine(folder, "VOCdevkit");
        return new[] { folder }
            .Concat(Years(folder))
            .Concat(Directory.Exists(kit) ? Years(kit) : [])
            .FirstOrDefault(root => Directory.Exists(Path.Combine(root, "JPEGImages")) && Directory.Exists(Path.Combine(root, "SegmentationClass")));
    }

    /// <inheritdoc/>
    public DatasetIndex Index(string folder, FolderOptions options)
    {
        List<string> problems = [];
        DatasetItem[] train = Read(folder, "train", problems);
        DatasetItem[] val = Read(folder, "val", problems);
        return train.Length + val.Length > 0 || problems.Count > 0
            ? new()
            {
                Layout = "PASCAL VOC",
                Train = train,
                Val = val,
                Splits = "ImageSets/Segmentation",
                Problems = problems,
                Classes = [.. Names.Select((name, label) => ClassFile.WithVocColour(name, label))],
            }
            : throw new FcnSharpException($"{folder}: expected the lists ImageSets/Segmentation/train.txt and val.txt, found neither or both empty; unpack the whole archive.");
    }

    private static IEnumerable<string> Years(string folder) => Directory.EnumerateDirectories(folder, "VOC2*").OrderDescending(StringComparer.Ordinal);

    private static DatasetItem[] Read(string folder, string part, List<string> problems)
    {
        string list = Path.Combine(folder, "ImageSets", "Segmentation", part + ".txt");
        return File.Exists(list) ? [.. TextLines.Read(list).Select(line => Item(folder, list, line.Number, line.Text, problems)).OfType<DatasetItem>()] : [];
    }

    private static DatasetItem? Item(string folder, string list, int line, string name, List<string> problems)
    {
        string label = Path.Combine(folder, "SegmentationClass", name + ".png");
        string? image = FolderFiles.FindPicture(Path.Combine(folder, "JPEGImages"), name);
        if (image is not null && File.Exists(label))
        {
            return new(name, image, label);
        }

        string missing = image is null ? Path.Combine("JPEGImages", name + ".jpg") : Path.Combine("SegmentationClass", name + ".png");
        problems.Add($"{list}: line {line} names '{name}', but there is no {missing}; correct the line or add the file.");
        return null;
    }
}
