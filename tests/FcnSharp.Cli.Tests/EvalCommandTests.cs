using System.Text.Json;
using FcnSharp.Cli.Tests.Demo;
using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn eval` on the model and the scenes of a small demo.</summary>
public sealed class EvalCommandTests(FinishedDemo demo) : IClassFixture<FinishedDemo>, IDisposable
{
    private static readonly string[] Classes = ["background", "disk", "square", "triangle", "ring", "cross"];
    private readonly TempFolder _temp = new();

    private string Data => Path.Combine(demo.Folder, "data");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Figures_follow_from_the_saved_label_maps_by_the_definitions()
    {
        Assert.Equal(0, new CapturedTerminal().Run("eval", "--model", SeeingModel(), "--data", Data, "--split", "all", "--json", _temp["a/eval.json"], "--save", _temp["pictures"], "-q"));

        JsonElement json = JsonDocument.Parse(File.ReadAllText(_temp["a/eval.json"])).RootElement;
        (ushort[] truth, ushort[] prediction) = Pixels(_temp["pictures/predictions"]);
        Assert.Equal(SmallDemo.Train + SmallDemo.Val, json.GetProperty("images").GetInt32());
        AssertMetrics(json, truth, prediction);
        Assert.True(prediction.Distinct().Count() > 1, "the test needs a model that sees more than one class");
    }

    [Fact]
    public void Figures_are_recorded_in_the_model_only_where_asked_for()
    {
        string model = SeeingModel();
        Assert.Equal(0, new CapturedTerminal().Run("eval", "--model", model, "--data", Data, "--json", _temp["eval.json"], "-q"));
        Assert.Null(ModelFile.LoadDescription(model).Metrics);
        Assert.Equal(0, new CapturedTerminal().Run("eval", "--model", model, "--data", Data, "--record", "-q"));

        double meanIoU = JsonDocument.Parse(File.ReadAllText(_temp["eval.json"])).RootElement.GetProperty("meanIoU").GetDouble();
        Assert.Equal(meanIoU, 100 * ModelFile.LoadDescription(model).Metrics!.MeanIoU, 3);
    }

    [Fact]
    public void Several_passes_are_averaged_where_asked_for_and_never_recorded()
    {
        string model = SeeingModel();
        foreach (string passes in (string[])["mirror", "scales", "both"])
        {
            Assert.Equal(0, new CapturedTerminal().Run("eval", "--model", model, "--data", Data, "--tta", passes, "--json", _temp[$"{passes}.json"], "--save", _temp[passes], "-q"));
            using Segmenter segmenter = Segmenter.Load(model, options: new()
            {
                TestTimeAugmentation = new() { Mirror = passes != "scales", Scales = passes == "mirror" ? [1] : [0.75, 1, 1.25] },
            });
            string name = Path.GetFileName(Directory.GetFiles(_temp[$"{passes}/predictions"])[0]);
            LabelMap expected = segmenter.Segment(Path.Combine(Data, "images", name), cancellation: TestContext.Current.CancellationToken).Map;
            Assert.Equal(expected.Labels, PngFile.ReadLabels(_temp[$"{passes}/predictions/{name}"]).Labels);
        }

        Assert.NotEqual(File.ReadAllText(_temp["mirror.json"]), File.ReadAllText(_temp["both.json"]));
        CapturedTerminal terminal = new();
        Assert.Equal(2, terminal.Run("eval", "--model", model, "--data", Data, "--tta", "mirror", "--record", "-q"));
        Assert.Contains("leave out --tta", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(2, new CapturedTerminal().Run("eval", "--model", model, "--data", Data, "--tta", "twice", "-q"));
    }

    /// <summary>The same by NumPy from the files alone.</summary>
    [Fact]
    public async Task Figures_agree_with_NumPy()
    {
        Assert.Equal(0, new CapturedTerminal().Run("eval", "--model", SeeingModel(), "--data", Data, "--json", _temp["eval.json"], "--save", _temp["pictures"], "-q"));

        string script = Path.Combine(SharedData.RepositoryRoot, "tests", "FcnSharp.Cli.Tests", "eval_metrics.py");
        await Python.RunAsync([script, Path.Combine(Data, "labels"), _temp["pictures/predictions"], _temp["eval.json"]], "numpy, PIL.Image", TestContext.Current.CancellationToken);
    }

    [Fact]
    public void The_demo_and_eval_find_the_same_and_leave_the_same_pictures()
    {
        CapturedTerminal terminal = new();
        Assert.Equal(0, terminal.Run("eval", "--model", demo.Model, "--data", Data, "--json", "-", "--save", _temp["pictures"]));

        JsonElement found = JsonDocument.Parse(terminal.Output).RootElement;
        JsonElement expected = JsonDocument.Parse(demo.Output).RootElement;
        foreach (string figure in (string[])["pixelAccuracy", "meanAccuracy", "meanIoU", "frequencyWeightedIoU", "images", "confusion"])
        {
            Assert.Equal(expected.GetProperty(figure).GetRawText(), found.GetProperty(figure).GetRawText());
        }

        Assert.Equal((demo.Model, Data, "val"), (found.GetProperty("model").GetString(), found.GetProperty("data").GetString(), found.GetProperty("split").GetString()));
        Assert.True(found.GetProperty("imagesPerSecond").GetDouble() > 0);
        Assert.Equal(Classes, found.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("name").GetString()));
        foreach (string kind in (string[])["predictions", "overlays"])
        {
            string[] files = [.. Directory.EnumerateFiles(Path.Combine(demo.Folder, kind)).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
            Assert.Equal(files, Directory.EnumerateFiles(_temp[$"pictures/{kind}"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
            Assert.All(files, f => Assert.Equal(PngFile.ReadRgb(Path.Combine(demo.Folder, kind, f)).Pixels, PngFile.ReadRgb(_temp[$"pictures/{kind}/{f}"]).Pixels));
        }

        Assert.Contains($"Evaluating  {SmallDemo.Val}/{SmallDemo.Val}  ", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_has_a_line_for_each_class_and_the_four_metrics()
    {
        CapturedTerminal terminal = new();
        Assert.Equal(0, terminal.Run("eval", "--model", demo.Model, "--data", Data, "-q"));

        string[] lines = terminal.Output.Split('\n');
        Assert.Equal($"{demo.Model} on {Data} (val), per cent:", lines[0]);
        Assert.Equal("  class         IoU  accuracy  pixels", lines[2]);
        for (int i = 0; i < Classes.Length; i++)
        {
            Assert.Matches($@"^  {Classes[i],-10} +(\d+\.\d|-) +(\d+\.\d|-) +\d+\.\d$", lines[3 + i]);
        }

        Assert.Matches(@"^  pixel accuracy +\d+\.\d$", lines[10]);
        Assert.Matches(@"^  f\.w\. IU +\d+\.\d$", lines[13]);
        Assert.Matches(@"^4 images in \d+:\d\d, \d+(\.\d+)? images/s$", lines[15]);
        Assert.Equal("", terminal.Error);
    }

    [Fact]
    public void Void_and_classes_are_read_as_the_options_say()
    {
        Copy(_temp["d"]);
        JsonElement whole = Json("--split", "all", "--data", _temp["d"]);
        JsonElement withoutDisks = Json("--split", "all", "--data", _temp["d"], "--void", "1");
        Assert.Equal(0, withoutDisks.GetProperty("classes")[1].GetProperty("pixels").GetInt64());
        Assert.Equal(whole.GetProperty("classes")[0].GetProperty("pixels").GetInt64(), withoutDisks.GetProperty("classes")[0].GetProperty("pixels").GetInt64());
        Assert.Equal(JsonValueKind.Null, withoutDisks.GetProperty("classes")[1].GetProperty("accuracy").ValueKind);

        File.WriteAllText(_temp["names.txt"], "background\ndisc\nsquare\ntriangle\nring\ncross\n");
        CapturedTerminal terminal = new();
        Assert.Equal(0, terminal.Run("eval", "--model", demo.Model, "--data", _temp["d"], "--classes", _temp["names.txt"]));
        Assert.Equal($"warning: {demo.Model} and {_temp["d"]} name their classes differently: class 1 is 'disk' and 'disc'; they are compared by number.", terminal.ErrorLines[0]);
        Assert.Contains("\n  disc ", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_names_no_classes_has_the_models()
    {
        Copy(_temp["d"]);
        File.Delete(_temp["d/classes.txt"]);
        JsonElement json = Json("--data", _temp["d"]);
        Assert.Equal(Classes, json.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("name").GetString()));

        PngFile.WriteLabels(_temp["d/labels/0013.png"], new LabelMap(SmallDemo.Size, SmallDemo.Size, [.. Enumerable.Repeat((ushort)77, SmallDemo.Size * SmallDemo.Size)]));
        Assert.Contains("label 77", AssertFails(_temp["d/labels/0013.png"], "--data", _temp["d"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_number_of_classes_is_one_line_that_names_both()
    {
        Copy(_temp["d"]);
        File.WriteAllText(_temp["d/classes.txt"], "a\nb\nc\nd\ne\nf\ng\n");
        string line = AssertFails($"{demo.Model} has 6 classes", "--data", _temp["d"], "--json", _temp["never.json"], "--save", _temp["never"]);
        Assert.Contains($"{_temp["d"]} has 7 classes", line, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temp.Root, "never*"));
    }

    [Fact]
    public void A_part_that_is_empty_is_one_line_that_names_it() =>
        Assert.Contains("take another part", AssertFails($"{Data}: the test part of the 16 images is empty", "--data", Data, "--split", "test"), StringComparison.Ordinal);

    [Fact]
    public void Labels_of_nothing_but_void_are_one_line()
    {
        Copy(_temp["d"]);
        foreach (string file in Directory.EnumerateFiles(_temp["d/labels"]))
        {
            PngFile.WriteLabels(file, new LabelMap(SmallDemo.Size, SmallDemo.Size, [.. Enumerable.Repeat((ushort)255, SmallDemo.Size * SmallDemo.Size)]));
        }

        AssertFails($"{_temp["d"]}: expected pixels with a class, found only void (255)", "--data", _temp["d"], "--json", _temp["never.json"]);
        Assert.False(File.Exists(_temp["never.json"]));
    }

    [Fact]
    public void A_broken_file_is_one_line_and_the_old_figures_stay()
    {
        Copy(_temp["d"]);
        File.WriteAllBytes(_temp["d/images/0014.png"], File.ReadAllBytes(_temp["d/images/0014.png"])[..200]);
        File.WriteAllText(_temp["eval.json"], "old");
        AssertFails(_temp["d/images/0014.png"], "--data", _temp["d"], "--json", _temp["eval.json"]);
        Assert.Equal("old", File.ReadAllText(_temp["eval.json"]));
    }

    [Fact]
    public void Folders_and_files_in_each_others_place_fail_before_anything_is_computed()
    {
        AssertFails($"{_temp.Root}: expected the name of a file for --json, found a folder", "--data", Data, "--json", _temp.Root);
        AssertFails($"{demo.Model}: the folder could not be made", "--data", Data, "--json", Path.Combine(demo.Model, "x.json"));
        AssertFails(Path.Combine(demo.Model, "predictions"), "--data", Data, "--save", demo.Model);
        AssertFails($"{_temp["nowhere"]}: the folder does not exist", "--data", _temp["nowhere"]);
    }

    [Theory]
    [InlineData("error: Option '--data' is required; see fcn eval --help", "--model", "m")]
    [InlineData("error: --split is val, train, test, all, found 'dev'; see fcn eval --help", "--model", "m", "--data", "d", "--split", "dev")]
    [InlineData("error: --save needs the name of a folder; write . for the current one; see fcn eval --help", "--model", "m", "--data", "d", "--save", "")]
    [InlineData("error: --json needs the name of a file, or - for standard output; see fcn eval --help", "--model", "m", "--data", "d", "--json", " ")]
    [InlineData("error: --data needs the name of a folder; write . for the current one; see fcn eval --help", "--model", "m", "--data", "")]
    public void Usage_errors_are_one_line_and_exit_code_2(string expected, params string[] args)
    {
        CapturedTerminal terminal = new();
        Assert.Equal((2, expected + "\n"), (terminal.Run(["eval", .. args]), terminal.Error));
    }

    [Fact]
    public void Names_from_lists_neither_leave_the_folder_nor_overwrite_each_other()
    {
        string[] names = ["city/x", "city_x", "../y"];
        Directory.CreateDirectory(_temp["v/ImageSets/Segmentation"]);
        File.WriteAllLines(_temp["v/ImageSets/Segmentation/val.txt"], names);
        foreach (string name in names)
        {
            foreach ((string kind, string folder) in (ReadOnlySpan<(string, string)>)[("images", "JPEGImages"), ("labels", "SegmentationClass")])
            {
                string target = _temp[$"v/{folder}/{name}.png"];
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(Path.Combine(Data, kind, "0013.png"), target, overwrite: true);
            }
        }

        // Image and labels of ../y are one file, which is read as either.
        Json("--data", _temp["v"], "--classes", Path.Combine(Data, "classes.txt"), "--save", _temp["s/t"]);

        foreach (string kind in (string[])["predictions", "overlays"])
        {
            Assert.Equal([".._y.png", "city_x-2.png", "city_x.png"], Directory.EnumerateFiles(_temp[$"s/t/{kind}"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        }

        Assert.Equal(["t"], Directory.EnumerateFileSystemEntries(_temp["s"]).Select(f => Path.GetFileName(f)));
    }

    [Fact]
    public void Pictures_that_cannot_be_written_end_the_evaluation()
    {
        string taken = _temp["s/overlays/0013.png"];
        Directory.CreateDirectory(taken);
        AssertFails($"{taken}: the file could not be written (", "--data", Data, "--split", "all", "--json", _temp["eval.json"], "--save", _temp["s"]);
        Assert.False(File.Exists(_temp["eval.json"]));
    }

    [Fact]
    public async Task A_stopped_evaluation_leaves_whole_pictures_and_no_figures()
    {
        SceneDataset.Write(_temp["d"], 1, 400, 96, 96, seed: 2, cancellation: TestContext.Current.CancellationToken);
        using FcnProcess run = FcnProcess.Start("eval", "--model", demo.Model, "--data", _temp["d"], "--json", _temp["eval.json"], "--save", _temp["s"]);
        await run.WaitUntil(() => Directory.Exists(_temp["s/overlays"]) && Directory.EnumerateFiles(_temp["s/overlays"], "*.png").Any());
        run.Signal(FcnProcess.SigInt);

        Outcome stopped = (await run.End()).Expect(130);
        Assert.Equal("", stopped.Output);
        Assert.Equal("stopped", stopped.ErrorLines[^1]);
        Assert.Matches(@"^Stopped after \d+ of 400 images; there are no figures$", stopped.ErrorLines[^2]);
        Assert.False(File.Exists(_temp["eval.json"]));
        string[] files = [.. Directory.EnumerateFiles(_temp["s"], "*", SearchOption.AllDirectories)];
        Assert.InRange(files.Length, 1, 799);
        Assert.All(files, file => Assert.Equal(96, PngFile.ReadRgb(file).Height));
    }

    /// <summary>The definitions of the papers, each counted by itself over the pixels of all images.</summary>
    private static void AssertMetrics(JsonElement json, ushort[] truth, ushort[] prediction)
    {
        int[] valid = [.. Enumerable.Range(0, truth.Length).Where(p => truth[p] != 255)];
        List<double> ious = [];
        List<double> accuracies = [];
        double weighted = 0;
        for (int c = 0; c < Classes.Length; c++)
        {
            double hits = valid.Count(p => truth[p] == c && prediction[p] == c);
            double isClass = valid.Count(p => truth[p] == c);
            double union = valid.Count(p => truth[p] == c || prediction[p] == c);
            JsonElement entry = json.GetProperty("classes")[c];
            Assert.Equal(Classes[c], entry.GetProperty("name").GetString());
            Assert.Equal(isClass, entry.GetProperty("pixels").GetInt64());
            AssertPercent(hits / union, entry.GetProperty("iou"));
            AssertPercent(hits / isClass, entry.GetProperty("accuracy"));
            if (union > 0)
            {
                ious.Add(hits / union);
                weighted += isClass * hits / union / valid.Length;
            }

            if (isClass > 0)
            {
                accuracies.Add(hits / isClass);
            }

            for (int said = 0; said < Classes.Length; said++)
            {
                Assert.Equal(valid.Count(p => truth[p] == c && prediction[p] == said), json.GetProperty("confusion")[c][said].GetInt64());
            }
        }

        AssertPercent(valid.Count(p => truth[p] == prediction[p]) / (double)valid.Length, json.GetProperty("pixelAccuracy"));
        AssertPercent(accuracies.Average(), json.GetProperty("meanAccuracy"));
        AssertPercent(ious.Average(), json.GetProperty("meanIoU"));
        AssertPercent(weighted, json.GetProperty("frequencyWeightedIoU"));
    }

    private static void AssertPercent(double fraction, JsonElement found)
    {
        if (double.IsNaN(fraction))
        {
            Assert.Equal(JsonValueKind.Null, found.ValueKind);
            return;
        }

        // Three decimals are written.
        Assert.InRange(found.GetDouble() - (100 * fraction), -0.00051, 0.00051);
    }

    /// <summary>The demo's net is too little trained to see anything but background.</summary>
    private string SeeingModel()
    {
        using CpuDevice device = new();
        using Network network = MiniNet.CreateSeeing(device);
        ModelFile.Save(_temp["model.safetensors"], MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        return _temp["model.safetensors"];
    }

    private (ushort[] Truth, ushort[] Prediction) Pixels(string predictions)
    {
        string[] files = [.. Directory.EnumerateFiles(predictions).Order(StringComparer.Ordinal)];
        Assert.Equal(SmallDemo.Train + SmallDemo.Val, files.Length);
        return (
            [.. files.SelectMany(file => PngFile.ReadLabels(Path.Combine(Data, "labels", Path.GetFileName(file))).Labels)],
            [.. files.SelectMany(file => PngFile.ReadLabels(file).Labels)]);
    }

    private JsonElement Json(params string[] args)
    {
        CapturedTerminal terminal = new();
        Assert.True(terminal.Run(["eval", "--model", demo.Model, "--json", "-", "-q", .. args]) == 0, terminal.Error);
        return JsonDocument.Parse(terminal.Output).RootElement;
    }

    private string AssertFails(string start, params string[] args)
    {
        CapturedTerminal terminal = new();
        Assert.Equal(1, terminal.Run(["eval", "--model", demo.Model, "-q", .. args]));
        Assert.Equal("", terminal.Output);
        string line = Assert.Single(terminal.ErrorLines);
        Assert.StartsWith($"error: {start}", line, StringComparison.Ordinal);
        return line;
    }

    private void Copy(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(folder, Path.GetRelativePath(Data, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
