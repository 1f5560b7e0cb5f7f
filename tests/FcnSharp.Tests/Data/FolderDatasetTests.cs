using FcnSharp.Data;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data;

public sealed class FolderDatasetTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public FolderDatasetTests()
    {
        Directory.CreateDirectory(_folder["images"]);
        Directory.CreateDirectory(_folder["labels"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pairs_are_sorted_ordinally_and_loaded_exactly()
    {
        AddPairs("b", "B", "a10", "a9");
        FolderDataset dataset = FolderDataset.Open(_folder.Root);

        Assert.Equal(["B", "a10", "a9", "b"], NamesOf(dataset));
        Sample sample = dataset.Load(1);
        Assert.Equal([10, 20, 30, 40, 50, 60], sample.Image.Pixels);
        Assert.Equal([2, 255], sample.Labels.Labels);
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.Load(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.Load(-1));
    }

    [Fact]
    public void Without_a_class_file_the_labels_tell_how_many_classes_there_are()
    {
        AddPairs("a");
        FolderDataset dataset = FolderDataset.Open(_folder.Root);
        Assert.Equal([new("class 0", 0, 0, 0), new("class 1", 128, 0, 0), new("class 2", 0, 128, 0)], dataset.Classes);
        Assert.Equal(255, dataset.IgnoreIndex);
    }

    [Fact]
    public void Masks_of_0_and_255_are_two_classes_unless_255_was_said_to_be_void()
    {
        AddPair("a", [0, 255]);
        AddPair("b", [255, 255]);
        FolderDataset dataset = FolderDataset.Open(_folder.Root);
        Assert.Equal(["background", "foreground"], dataset.Classes.Select(info => info.Name));
        Assert.Equal([0, 1], dataset.Load(0).Labels.Labels);
        Assert.Equal([1, 1], dataset.Load(1).Labels.Labels);
        Assert.Contains("2 classes, masks of 0 and 255", dataset.Summary, StringComparison.Ordinal);
        AssertError(() => FolderDataset.Open(_folder.Root, options: new() { IgnoreIndex = 255 }), "labels", "at least two classes", "0 and 255, which is void", "white is 1");

        Write("classes.txt", "wall", "crack");
        Assert.Equal("crack", FolderDataset.Open(_folder.Root).Classes[FolderDataset.Open(_folder.Root).Load(0).Labels.Labels[1]].Name);
        AddPair("c", [0, 1]);
        Assert.Equal([0, 255], FolderDataset.Open(_folder.Root).Load(0).Labels.Labels);
    }

    [Fact]
    public void Colours_become_classes_by_the_class_file()
    {
        AddPairs("a");
        PngFile.WriteRgb(_folder["labels/a.png"], new RgbImage(2, 1, [1, 2, 3, 9, 9, 9]));
        AssertError(() => FolderDataset.Open(_folder.Root), "labels/a.png", "are colours", "classes.txt");
        Write("classes.txt", "sky 7 7 7", "road 1 2 3", "Void 9 9 9");
        FolderDataset dataset = FolderDataset.Open(_folder.Root);
        Assert.Equal(["sky", "road"], dataset.Classes.Select(info => info.Name));
        Assert.Equal([1, 255], dataset.Load(0).Labels.Labels);

        Write("classes.txt", "sky 7 7 7", "road 1 2 3");
        AssertError(() => FolderDataset.Open(_folder.Root).Load(0), "labels/a.png", "colour 9 9 9 at pixel (1, 0)", "of no class");
        Write("classes.txt", "sky", "road 1 2 3");
        AssertError(() => FolderDataset.Open(_folder.Root).Load(0), "labels/a.png", "colour of its own");
    }

    [Fact]
    public void Colours_with_alpha_are_read_too()
    {
        AddPairs("a");
        using (FileStream stream = File.Create(_folder["labels/a.png"]))
        using (PngWriter writer = new(stream, 2, 1, PngColorType.Rgba, 8))
        {
            writer.WriteRow([1, 2, 3, 0, 7, 7, 7, 255]);
            writer.Finish();
        }

        Write("classes.txt", "sky 7 7 7", "road 1 2 3", "tree 4 4 4");
        Assert.Equal([1, 0], FolderDataset.Open(_folder.Root).Load(0).Labels.Labels);
    }

    [Fact]
    public void Zero_can_be_void_and_one_the_first_class()
    {
        AddPair("a", [0, 3]);
        Write("classes.txt", "a", "b", "c");
        Assert.Equal([255, 2], FolderDataset.Open(_folder.Root, options: new() { ReduceZero = true }).Load(0).Labels.Labels);
        AssertError(() => FolderDataset.Open(_folder.Root).Load(0), "label 3 at pixel (1, 0)");
        AddPair("a", [0, 4]);
        AssertError(() => FolderDataset.Open(_folder.Root, options: new() { ReduceZero = true }).Load(0), "labels/a.png", "label 4 at pixel (1, 0)", "0 for void or 1 to 3");
    }

    [Fact]
    public void A_turned_image_asks_for_labels_that_are_turned_too()
    {
        File.WriteAllBytes(_folder["images/a.jpg"], Codecs.WithOrientation(Codecs.Jpeg(TestImages.Smooth(24, 16)), 6));
        PngFile.WriteLabels(_folder["labels/a.png"], new LabelMap(16, 24, [.. Enumerable.Range(0, 384).Select(i => (ushort)(i % 2))]));
        Assert.Equal(16, FolderDataset.Open(_folder.Root).Load(0).Image.Width);
        PngFile.WriteLabels(_folder["labels/a.png"], new LabelMap(24, 16, [.. Enumerable.Range(0, 384).Select(i => (ushort)(i % 2))]));
        AssertError(() => FolderDataset.Open(_folder.Root).Load(0), "labels/a.png", "expected 16x24", "EXIF orientation (6)", "found 24x16", "turn the labels");
    }

    [Fact]
    public void The_class_file_gives_names_and_colours()
    {
        AddPairs("a");
        Write("classes.txt", "sky 1 2 3", "", "traffic light 255 0 7", "road");
        Assert.Equal([new("sky", 1, 2, 3), new("traffic light", 255, 0, 7), new("road", 0, 128, 0)], FolderDataset.Open(_folder.Root).Classes);
    }

    [Theory]
    [InlineData("road 0 256 0", "line 1", "0 256 0", "0 to 255")]
    [InlineData("road 0 -1 0", "line 1", "0 -1 0", "0 to 255")]
    [InlineData("road\n\nroad 1 2 3", "line 3", "second time")]
    [InlineData("\n \n", "expected a line", "found none")]
    public void A_wrong_class_file_is_named_with_its_line(string text, params string[] parts)
    {
        AddPairs("a");
        Write("classes.txt", text);
        AssertError(() => FolderDataset.Open(_folder.Root), ["classes.txt", .. parts]);
    }

    [Fact]
    public void A_label_that_is_no_class_is_named_with_file_value_and_pixel()
    {
        AddPair("a", [0, 11]);
        Write("classes.txt", "one", "two");
        FolderDataset dataset = FolderDataset.Open(_folder.Root);
        AssertError(() => dataset.Load(0), "labels/a.png", "label 11 at pixel (1, 0)", "0 to 1 or 255");

        FolderDataset withVoid11 = FolderDataset.Open(_folder.Root, options: new() { IgnoreIndex = 11 });
        Assert.Equal([0, 11], withVoid11.Load(0).Labels.Labels);
    }

    [Fact]
    public void Files_without_a_partner_are_named()
    {
        AddPairs("a", "b");
        File.Delete(_folder["labels/b.png"]);
        AssertError(() => FolderDataset.Open(_folder.Root), "images/b.png", "labels/b.png", "no such file");

        File.Move(_folder["images/b.png"], _folder["labels/c.png"]);
        AssertError(() => FolderDataset.Open(_folder.Root), "labels/c.png", "images/c.png", "no such file");
    }

    [Fact]
    public void Other_files_are_refused_and_hidden_ones_skipped()
    {
        AddPairs("a");
        Write("images/.DS_Store", "x");
        Assert.Equal(1, FolderDataset.Open(_folder.Root).Count);
        Write("images/b.bmp", "x");
        AssertError(() => FolderDataset.Open(_folder.Root), "images/b.bmp", "ends on .png", "convert");
        File.Delete(_folder["images/b.bmp"]);
        Write("images/a.jpg", "x");
        AssertError(() => FolderDataset.Open(_folder.Root), "images/a.", "one file of this name", "remove");
    }

    [Fact]
    public void Empty_and_missing_folders_are_named()
    {
        AssertError(() => FolderDataset.Open(_folder.Root), "images", "found none");
        AssertError(() => FolderDataset.Open(_folder["nowhere"]), "nowhere", "does not exist", "labels/");
        Directory.CreateDirectory(_folder["other/stuff"]);
        AssertError(() => FolderDataset.Open(_folder["other"]), "no known dataset layout", "PASCAL VOC", "found stuff");
    }

    [Fact]
    public void Labels_of_another_size_are_refused()
    {
        AddPairs("a");
        PngFile.WriteLabels(_folder["labels/a.png"], new LabelMap(1, 2, [0, 2]));
        FolderDataset dataset = FolderDataset.Open(_folder.Root);
        AssertError(() => dataset.Load(0), "labels/a.png", "expected 2x1", "found 1x2");
    }

    [Fact]
    public void Lists_choose_the_parts_in_their_own_order()
    {
        AddPairs("a", "b", "c", "d");
        Write("train.txt", "c", "", "a.png");
        Write("val.txt", " d ");
        Assert.Equal(["c", "a"], NamesOf(FolderDataset.Open(_folder.Root, DatasetSplit.Train)));
        Assert.Equal(["d"], NamesOf(FolderDataset.Open(_folder.Root, DatasetSplit.Val)));
        Assert.Equal(["a", "b", "c", "d"], NamesOf(FolderDataset.Open(_folder.Root)));
        AssertError(() => FolderDataset.Open(_folder.Root, DatasetSplit.Test), "test part", "is empty", "test.txt");

        Write("test.txt", "b");
        Assert.Equal(["b"], NamesOf(FolderDataset.Open(_folder.Root, DatasetSplit.Test)));
        File.Delete(_folder["val.txt"]);
        Assert.Equal(["d"], NamesOf(FolderDataset.Open(_folder.Root, DatasetSplit.Val)));
    }

    [Theory]
    [InlineData("train.txt", DatasetSplit.Train, DatasetSplit.Val)]
    [InlineData("val.txt", DatasetSplit.Val, DatasetSplit.Train)]
    public void With_one_list_the_other_part_is_what_is_left(string file, DatasetSplit listed, DatasetSplit left)
    {
        AddPairs("a", "b", "c");
        Write(file, "b");
        Assert.Equal(["b"], NamesOf(FolderDataset.Open(_folder.Root, listed)));
        Assert.Equal(["a", "c"], NamesOf(FolderDataset.Open(_folder.Root, left)));
    }

    [Fact]
    public void Without_lists_a_seed_splits_the_names()
    {
        AddPairs([.. Enumerable.Range(0, 20).Select(i => $"n{i:D2}")]);
        string[] train = NamesOf(FolderDataset.Open(_folder.Root, DatasetSplit.Train));
        string[] val = NamesOf(FolderDataset.Open(_folder.Root, DatasetSplit.Val));

        Assert.Equal((16, 4), (train.Length, val.Length));
        Assert.Equal(20, train.Union(val).Count());
        Assert.Equal(val, NamesOf(FolderDataset.Open(_folder.Root, DatasetSplit.Val)));
        Assert.NotEqual(val, NamesOf(FolderDataset.Open(_folder.Root, DatasetSplit.Val, new() { SplitSeed = 2 })));
        Assert.Equal(10, FolderDataset.Open(_folder.Root, DatasetSplit.Val, new() { ValShare = 0.5 }).Count);
        AssertError(() => FolderDataset.Open(_folder.Root, DatasetSplit.Val, new() { ValShare = double.NaN }), "above 0 and below 1");
    }

    [Fact]
    public void Default_classes_stand_in_for_counting_and_give_way_to_a_list()
    {
        AddPairs("a", "b");
        FolderOptions options = new() { DefaultClasses = [new("x", 1, 2, 3), new("y", 4, 5, 6), new("z", 7, 8, 9)] };
        Assert.Equal(["x", "y", "z"], FolderDataset.Open(_folder.Root, options: options).Classes.Select(info => info.Name));

        Write("classes.txt", "p\nq");
        Assert.Equal(["p", "q"], FolderDataset.Open(_folder.Root, options: options).Classes.Select(info => info.Name));

        foreach (string folder in (string[])["train", "trainannot"])
        {
            Directory.CreateDirectory(_folder[$"camvid/{folder}"]);
            File.Copy(_folder["labels/a.png"], _folder[$"camvid/{folder}/a.png"]);
        }

        Assert.Equal("Sky", FolderDataset.Open(_folder["camvid"], options: options).Classes[0].Name);
    }

    [Fact]
    public void A_single_image_cannot_be_split()
    {
        AddPairs("a");
        Assert.Equal(1, FolderDataset.Open(_folder.Root, DatasetSplit.Train).Count);
        AssertError(() => FolderDataset.Open(_folder.Root, DatasetSplit.Val), "held-out part of the 1 images is empty");
    }

    [Theory]
    [InlineData("a\nx", "b", "train.txt", "line 2 names 'x'", "images/x.png")]
    [InlineData("a\na", "b", "train.txt", "line 2 names 'a' a second time")]
    [InlineData("a\nb", "b", "'b' stands in train.txt and in val.txt")]
    public void Wrong_lists_are_named(string train, string val, params string[] parts)
    {
        AddPairs("a", "b");
        Write("train.txt", train);
        Write("val.txt", val);
        AssertError(() => FolderDataset.Open(_folder.Root, DatasetSplit.Train), parts);
    }

    [Fact]
    public void Written_scenes_are_read_back_exactly()
    {
        string folder = _folder["scenes"];
        SceneDataset.Write(folder, trainCount: 3, valCount: 2, width: 40, height: 24, seed: 9, cancellation: TestContext.Current.CancellationToken);
        SceneDataset.Write(folder, 3, 2, 40, 24, 9, cancellation: TestContext.Current.CancellationToken);
        FolderDataset train = FolderDataset.Open(folder, DatasetSplit.Train);
        FolderDataset val = FolderDataset.Open(folder, DatasetSplit.Val);

        Assert.Equal(["0000", "0001", "0002"], NamesOf(train));
        Assert.Equal(["0003", "0004"], NamesOf(val));
        Assert.Equal(SceneClasses.All, train.Classes);
        Sample expected = SyntheticScenes.Generate(40, 24, 9, 4);
        Sample found = val.Load(1);
        Assert.Equal(expected.Image.Pixels, found.Image.Pixels);
        Assert.Equal(expected.Labels.Labels, found.Labels.Labels);
        Assert.Equal("background 38 44 58", File.ReadLines(Path.Combine(folder, "classes.txt")).First());
    }

    [Fact]
    public void Scenes_are_not_written_among_other_files()
    {
        AddPairs("mine");
        AssertError(() => SceneDataset.Write(_folder.Root, 2, 1, 32, 32, 1), "mine.png", "new folder");
        Assert.Equal(["mine"], NamesOf(FolderDataset.Open(_folder.Root)));
    }

    private static string[] NamesOf(FolderDataset dataset) => [.. Enumerable.Range(0, dataset.Count).Select(i => dataset.Load(i).Name)];

    private static void AssertError(Action action, params string[] parts)
    {
        string message = Assert.Throws<FcnSharpException>(action).Message.Replace('\\', '/');
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
    }

    private void AddPairs(params string[] names)
    {
        foreach (string name in names)
        {
            AddPair(name, [2, 255]);
        }
    }

    private void AddPair(string name, ushort[] labels)
    {
        PngFile.WriteRgb(_folder[$"images/{name}.png"], new RgbImage(2, 1, [10, 20, 30, 40, 50, 60]));
        PngFile.WriteLabels(_folder[$"labels/{name}.png"], new LabelMap(2, 1, labels), Palette.Voc);
    }

    private void Write(string file, params string[] lines) => File.WriteAllLines(_folder[file], lines);
}
