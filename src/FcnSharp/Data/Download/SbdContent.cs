using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Download;

/// <summary>
/// SBD in the layout of PASCAL VOC: <c>img/NAME.jpg</c> as it is, <c>cls/NAME.mat</c> as palette PNG, the lists beside the others.
/// Its boundaries and instances are left out.
/// </summary>
internal sealed class SbdContent() : FolderContent("benchmark_RELEASE", "dataset")
{
    // A thousand times what the files have, and small enough to hold.
    private const long MaxLabelBytes = 16 << 20;

    /// <inheritdoc/>
    public override string[]? Place(IReadOnlyList<string> path) => base.Place(path) switch
    {
        ["img", string name] when Path.GetExtension(name) == ".jpg" => ["JPEGImages", name],
        ["cls", string name] when Path.GetExtension(name) == ".mat" => ["SegmentationClass", Path.ChangeExtension(name, ".png")],
        ["train.txt" or "val.txt"] list => ["ImageSets", "Segmentation", list[0]],
        _ => null,
    };

    /// <inheritdoc/>
    public override void Write(Stream content, long length, string name, string target)
    {
        if (Path.GetExtension(name) != ".mat")
        {
            base.Write(content, length, name, target);
            return;
        }

        if (length > MaxLabelBytes)
        {
            throw new FcnSharpException($"{name}: expected labels in at most {MaxLabelBytes} bytes, found {length}; download the archive again.");
        }

        byte[] file = new byte[length];
        content.ReadExactly(file);
        LabelMap labels = MatFile.ReadLabels(file, name, "GTcls", "Segmentation");
        File.WriteAllBytes(target, PngFile.EncodeLabels(labels, Palette.Voc));
    }
}
