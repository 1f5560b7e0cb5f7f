using FcnSharp.Data;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data.Layouts;

public sealed class LayoutTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("VOCdevkit/VOC2012/")]
    [InlineData("VOC2011/")]
    public void Pascal_voc(string below)
    {
        foreach (string name in (string[])["2007_000032", "2007_000033", "2007_000039"])
        {
            Image($"{below}JPEGImages/{name}.jpg");
            Labels($"{below}SegmentationClass/{name}.png", 20, 255);
        }

        Image($"{below}JPEGImages/unlabelled.jpg");
        Text($"{below}ImageSets/Segmentation/train.txt", "2007_000033", "2007_000032");
        Text($"{below}ImageSets/Segmentation/val.txt", "2007_000039");

        FolderDataset train = FolderDataset.Open(_folder.Root, DatasetSplit.Train);
        Assert.Equal("PASCAL VOC: 2 train, 1 val (ImageSets/Segmentation), 21 classes, void 255", train.Summary);
        Assert.Equal("2007_000033", train.Load(0).Name);
        Assert.Equal([20, 255], train.Load(0).Labels.Labels);
        Assert.Equal(new ClassInfo("tvmonitor", 0, 64, 128), train.Classes[20]);
        Assert.Equal(3, FolderDataset.Open(_folder.Root).Count);

        Text($"{below}ImageSets/Segmentation/val.txt", "2007_000039", "2007_000040");
        Error(() => FolderDataset.Open(_folder.Root), "val.txt", "line 2 names '2007_000040'", "JPEGImages");
    }

    [Fact]
    public void Camvid_with_the_lists_of_segnet_and_without()
    {
        foreach (string part in (string[])["train", "val"])
        {
            Image($"{part}/0001_{part}.png");
            Image($"{part}/0002_{part}.png");
            Labels($"{part}annot/0001_{part}.png", 10, 11);
            Labels($"{part}annot/0002_{part}.png", 3, 0);
        }

        FolderDataset folders = FolderDataset.Open(_folder.Root, DatasetSplit.Val);
        Assert.Equal("CamVid: 2 train, 2 val (folders), 11 classes, void 11", folders.Summary);
        Assert.Equal(["0001_val", "0002_val"], [folders.Load(0).Name, folders.Load(1).Name]);
        Assert.Equal((11, "Bicyclist"), (folders.IgnoreIndex, folders.Classes[folders.Load(0).Labels.Labels[0]].Name));

        Text("train.txt", "/SegNet/CamVid/train/0002_train.png /SegNet/CamVid/trainannot/0002_train.png;");
        FolderDataset listed = FolderDataset.Open(_folder.Root, DatasetSplit.Train);
        Assert.Equal((1, "0002_train"), (listed.Count, listed.Load(0).Name));
        Assert.Equal([3, 0], listed.Load(0).Labels.Labels);

        Text("train.txt", "/SegNet/CamVid/train/0002_train.png /SegNet/CamVid/trainannot/0003_train.png");
        Error(() => FolderDataset.Open(_folder.Root), "train.txt", "line 1", "0003_train.png");
        Labels("valannot/0001_val.png", 12, 0);
        File.Delete(_folder["train.txt"]);
        Error(() => FolderDataset.Open(_folder.Root, DatasetSplit.Val).Load(0), "0001_val.png", "label 12", "0 to 10 or 11 for void");
    }

    [Fact]
    public void Cityscapes_ids_become_the_classes_that_are_trained()
    {
        Image("leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png");
        Labels("gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png", 7, 33);
        Image("leftImg8bit/val/ulm/ulm_1_leftImg8bit.png");
        Labels("gtFine/val/ulm/ulm_1_gtFine_labelIds.png", 4, 26);

        FolderDataset train = FolderDataset.Open(_folder.Root, DatasetSplit.Train);
        Assert.Equal("Cityscapes: 1 train, 1 val (folders), 19 classes, void 255", train.Summary);
        Assert.Equal("aachen_000000_000019", train.Load(0).Name);
        Assert.Equal([0, 18], train.Load(0).Labels.Labels);
        Assert.Equal([255, 13], FolderDataset.Open(_folder.Root, DatasetSplit.Val).Load(0).Labels.Labels);
        Assert.Equal(("road", "car", "bicycle"), (train.Classes[0].Name, train.Classes[13].Name, train.Classes[18].Name));

        Labels("gtFine/val/ulm/ulm_1_gtFine_labelIds.png", 34, 0);
        Error(() => FolderDataset.Open(_folder.Root, DatasetSplit.Val).Load(0), "ulm_1_gtFine_labelIds.png", "label 34", "ids 0 to 33");
        File.Delete(_folder["gtFine/val/ulm/ulm_1_gtFine_labelIds.png"]);
        Error(() => FolderDataset.Open(_folder.Root), "ulm_1_leftImg8bit.png", "gtFine");
    }

    [Fact]
    public void Ade20k_counts_from_one()
    {
        Image("images/training/a.jpg");
        Labels("annotations/training/a.png", 0, 150);
        Image("images/validation/b.jpg");
        Labels("annotations/validation/b.png", 1, 255);
        Text("objectInfo150.txt", "Idx\tRatio\tTrain\tVal\tStuff\tName", "1\t0.15\t1\t1\t1\twall", "150\t0\t1\t1\t0\tflag, banner");

        FolderDataset train = FolderDataset.Open(_folder.Root, DatasetSplit.Train);
        Assert.Equal("ADE20K: 1 train, 1 val (folders), 150 classes, void 255", train.Summary);
        Assert.Equal([255, 149], train.Load(0).Labels.Labels);
        Assert.Equal([0, 255], FolderDataset.Open(_folder.Root, DatasetSplit.Val).Load(0).Labels.Labels);
        Assert.Equal(("wall", "flag, banner"), (train.Classes[0].Name, train.Classes[149].Name));
        Labels("annotations/training/a.png", 0, 151);
        Error(() => FolderDataset.Open(_folder.Root).Load(0), "training/a.png", "label 151");
    }

    [Fact]
    public void Pictures_of_a_plain_folder_may_have_any_format()
    {
        Codecs.Need(NativeCodec.TurboJpeg);
        Directory.CreateDirectory(_folder["images"]);
        File.WriteAllBytes(_folder["images/a.JPG"], Codecs.Jpeg(TestImages.Smooth(2, 1)));
        Labels("labels/a.png", 0, 1);
        Image("images/b.png");
        Labels("labels/b.png", 1, 2);
        Text("train.txt", "a.jpg");

        FolderDataset train = FolderDataset.Open(_folder.Root, DatasetSplit.Train);
        Assert.Equal((1, "a", 3), (train.Count, train.Load(0).Name, train.Classes.Count));
        Assert.Equal("plain folder: 1 train, 1 val (train.txt, the others val), 3 classes, void 255", train.Summary);
    }

    [Fact]
    public void The_real_camvid_is_recognised_and_read()
    {
        FolderDataset val = FolderDataset.Open(SharedData.PathOrSkip("data/camvid"), DatasetSplit.Val);
        Assert.Equal("CamVid: 367 train, 101 val (folders), 11 classes, void 11", val.Summary);
        Sample sample = val.Load(100);
        Assert.Equal((480, 360), (sample.Labels.Width, sample.Image.Height));
    }

    private static void Error(Action action, params string[] parts)
    {
        string message = Assert.Throws<FcnSharpException>(action).Message.Replace('\\', '/');
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
    }

    // The content is PNG whatever the name says, so that these tests need no other library.
    private void Image(string file) => PngFile.WriteRgb(Prepare(file), new RgbImage(2, 1, [10, 20, 30, 40, 50, 60]));

    private void Labels(string file, params ushort[] labels) => PngFile.WriteLabels(Prepare(file), new LabelMap(2, 1, labels));

    private void Text(string file, params string[] lines) => File.WriteAllLines(Prepare(file), lines);

    private string Prepare(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[file])!);
        return _folder[file];
    }
}
