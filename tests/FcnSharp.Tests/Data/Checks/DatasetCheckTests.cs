using FcnSharp.Data;
using FcnSharp.Data.Checks;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data.Checks;

public sealed class DatasetCheckTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public DatasetCheckTests()
    {
        Directory.CreateDirectory(_folder["images"]);
        Directory.CreateDirectory(_folder["labels"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_good_dataset_has_shares_sizes_and_no_findings()
    {
        SceneDataset.Write(_folder["scenes"], 6, 3, 48, 32, seed: 4, cancellation: TestContext.Current.CancellationToken);
        List<int> progress = [];
        DatasetReport report = DatasetCheck.Run(_folder["scenes"], threads: 3, onProgress: (done, all) => progress.Add(done), cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(1, 9), progress);
        Assert.DoesNotContain(report.Findings, finding => finding.Code != "never-seen");
        Assert.True(report.IsUsable);
        Assert.Equal((6, 3, 0, "plain folder"), (report.Train, report.Val, report.Test, report.Layout));
        Assert.Equal([new SizeCount(48, 32, 9)], report.Sizes);
        Assert.Equal(1, report.Classes.Sum(info => info.Share), 6);
        FolderDataset all = FolderDataset.Open(_folder["scenes"]);
        Assert.Equal(Enumerable.Range(0, 9).Sum(i => all.Load(i).Labels.Labels.Count(label => label == 2)), report.Classes[2].Pixels);
        Assert.Equal(9, report.Classes[0].Images);
        Assert.Equal(report.Classes, DatasetCheck.Run(_folder["scenes"], cancellation: TestContext.Current.CancellationToken).Classes);
    }

    [Fact]
    public void Everything_that_is_wrong_is_reported_at_once()
    {
        Classes("a", "b");
        Add("fine", [0, 1, 1, 255], shade: 10);
        Add("high", [0, 7, 1, 1], shade: 60);
        Add("size", [0, 1], shade: 120);
        PngFile.WriteRgb(_folder["images/alone.png"], new RgbImage(2, 2));
        File.WriteAllText(_folder["images/broken.png"], "no picture");
        PngFile.WriteLabels(_folder["labels/broken.png"], new LabelMap(2, 2, [0, 1, 0, 1]));

        DatasetReport report = DatasetCheck.Run(_folder.Root, cancellation: TestContext.Current.CancellationToken);
        Assert.False(report.IsUsable);
        Has(report, FindingSeverity.Error, "files", "alone.png", "expected its labels");
        Has(report, FindingSeverity.Error, "unreadable", "broken.png");
        Has(report, FindingSeverity.Error, "unreadable", "size.png", "expected 2x2", "found 2x1");
        Has(report, FindingSeverity.Error, "out-of-range", "high.png", "the label 7, expected 0 to 1 or 255", "--void 7");
        Assert.Equal(0.125, report.VoidShare);
        Assert.Equal([2, 4], report.Classes.Select(info => info.Pixels).Order());
    }

    [Fact]
    public void Labels_that_begin_with_one_are_noticed()
    {
        Classes("a", "b", "c");
        Add("x", [1, 2, 3, 255], shade: 10);
        Add("y", [1, 1, 3, 2], shade: 90);
        DatasetReport report = DatasetCheck.Run(_folder.Root, cancellation: TestContext.Current.CancellationToken);
        Has(report, FindingSeverity.Warning, "one-based", "--reduce-zero");
        Has(report, FindingSeverity.Error, "out-of-range", "numbered from 1", "--reduce-zero");

        DatasetReport right = DatasetCheck.Run(_folder.Root, new() { ReduceZero = true }, cancellation: TestContext.Current.CancellationToken);
        Assert.True(right.IsUsable);
        Assert.Equal([3L, 2L, 2L], right.Classes.Select(info => info.Pixels));

        File.Delete(_folder["classes.txt"]);
        DatasetReport counted = DatasetCheck.Run(_folder.Root, cancellation: TestContext.Current.CancellationToken);
        Assert.True(counted.IsUsable);
        Has(counted, FindingSeverity.Warning, "one-based", "--reduce-zero");
    }

    [Fact]
    public void White_in_a_mask_whose_classes_are_0_and_1_is_noticed()
    {
        Classes("wall", "crack");
        Add("x", [0, 1, 1, 0], shade: 10);
        Add("y", [0, 255, 255, 0], shade: 90);
        Has(DatasetCheck.Run(_folder.Root, cancellation: TestContext.Current.CancellationToken), FindingSeverity.Warning, "binary-255", "y.png", "1 mask has", "save it as 1");
        Add("z", [0, 17, 30, 60, 99, 140, 200, 254], shade: 50);
        Has(DatasetCheck.Run(_folder.Root, cancellation: TestContext.Current.CancellationToken), FindingSeverity.Error, "out-of-range", "z.png", "17, 30, 60, 99, 140, ...", "threshold");
    }

    [Fact]
    public void Classes_without_pixels_and_turned_images_are_noticed()
    {
        Classes("a", "b", "ghost");
        Add("x", [0, 1, 1, 0], shade: 10);
        Add("y", [0, 1, 1, 0], shade: 90);
        DatasetReport report = DatasetCheck.Run(_folder.Root, cancellation: TestContext.Current.CancellationToken);
        Has(report, FindingSeverity.Warning, "never-seen", "'ghost' (label 2)");
        Assert.True(report.IsUsable);

        File.Delete(_folder["images/x.png"]);
        File.WriteAllBytes(_folder["images/x.jpg"], Codecs.WithOrientation(Codecs.Jpeg(TestImages.Smooth(2, 2)), 3));
        Has(DatasetCheck.Run(_folder.Root, cancellation: TestContext.Current.CancellationToken), FindingSeverity.Warning, "orientation", "x.jpg", "1 image is turned");
    }

    [Fact]
    public void A_held_out_image_that_is_trained_on_in_another_file_is_noticed()
    {
        SceneDataset.Write(_folder["scenes"], 6, 3, 48, 32, seed: 4, cancellation: TestContext.Current.CancellationToken);
        RgbImage seen = PngFile.ReadRgb(_folder["scenes/images/0002.png"]);
        for (int i = 0; i < seen.Pixels.Length; i += 5)
        {
            seen.Pixels[i] ^= 3;
        }

        PngFile.WriteRgb(_folder["scenes/images/0007.png"], seen);
        DatasetReport report = DatasetCheck.Run(_folder["scenes"], cancellation: TestContext.Current.CancellationToken);
        Has(report, FindingSeverity.Warning, "near-duplicates", "0007.png", "1 held-out image looks", "0002.png");
    }

    [Fact]
    public void Headers_alone_give_sizes_and_missing_files()
    {
        Classes("a", "b");
        Add("x", [0, 1, 1, 0], shade: 10);
        Add("y", [9, 9, 9, 9, 9, 9], shade: 10);
        PngFile.WriteRgb(_folder["images/alone.png"], new RgbImage(2, 2));
        DatasetReport report = DatasetCheck.Describe(_folder.Root, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal([new SizeCount(2, 2, 2)], report.Sizes);
        Assert.Equal("files", Assert.Single(report.Findings).Code);
    }

    private static void Has(DatasetReport report, FindingSeverity severity, string code, params string[] parts) =>
        Assert.Contains(report.Findings, finding => finding.Severity == severity && finding.Code == code && parts.All(part => finding.Message.Contains(part, StringComparison.Ordinal)) && !finding.Message.Contains('\n', StringComparison.Ordinal));

    private void Classes(params string[] names) => File.WriteAllLines(_folder["classes.txt"], names);

    /// <summary>An image of 2x2 with labels of width 2, in which each shade is a picture of its own; more than 4 labels make both larger.</summary>
    private void Add(string name, ushort[] labels, int shade)
    {
        int height = labels.Length > 6 ? labels.Length / 2 : 2;
        RgbImage image = new(2, height);
        image.Pixels.AsSpan(3 * (shade % 2), 3).Fill((byte)shade);
        image.Pixels.AsSpan(6, 3).Fill((byte)(255 - shade));
        PngFile.WriteRgb(_folder[$"images/{name}.png"], image);
        PngFile.WriteLabels(_folder[$"labels/{name}.png"], new LabelMap(2, labels.Length / 2, labels));
    }
}
