using System.Text.Json;
using FcnSharp.Formats;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn classify`, `fcn heatmap` and `fcn convert --net` with published weights.</summary>
public sealed class ClassifierCommandTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    private static string SqueezeNet => SharedData.PathOrSkip("weights/squeezenet_v1.0.caffemodel");

    /// <summary>A street with a small car at the right, whose published classifiers say so.</summary>
    private static string Street => SharedData.PathOrSkip("data/camvid/val/0016E5_07959.png");

    [Fact]
    public void Classify_lists_the_most_probable_classes()
    {
        string[] lines = Run("classify", Street, "--weights", SharedData.PathOrSkip("weights/bvlc_googlenet.caffemodel"), "--top", "3").Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(Street, lines[0]);
        Assert.Equal(4, lines.Length);
        Assert.Matches(@"^  0\.3\d{3}  streetcar \(829\)$", lines[1]);
    }

    [Fact]
    public void Classify_as_json_names_the_net()
    {
        JsonElement json = JsonDocument.Parse(Run("classify", Street, "--weights", SqueezeNet, "--json")).RootElement;

        Assert.Equal("squeezenet1.0", json.GetProperty("net").GetString());
        JsonElement top = json.GetProperty("images")[0].GetProperty("top");
        Assert.Equal((5, 864, "tow truck"), (top.GetArrayLength(), top[0].GetProperty("index").GetInt32(), top[0].GetProperty("name").GetString()));
    }

    [Fact]
    public void Heatmap_writes_two_pictures_that_are_hot_where_the_car_is()
    {
        string text = Run("heatmap", "-q", Street, "--weights", SharedData.PathOrSkip("weights/bvlc_googlenet.caffemodel"), "--class", "Sports Car", "--out", _temp["out"]);

        Assert.StartsWith($"{Street}: sports car up to 0.7", text, StringComparison.Ordinal);
        RgbImage street = PngFile.ReadRgb(Street);
        RgbImage heat = PngFile.ReadRgb(_temp["out/0016E5_07959.heatmap.png"]);
        RgbImage overlay = PngFile.ReadRgb(_temp["out/0016E5_07959.overlay.png"]);
        Assert.Equal((street.Width, street.Height), (heat.Width, heat.Height));
        Assert.Equal((street.Width, street.Height), (overlay.Width, overlay.Height));
        Assert.True(Redness(heat, street.Width / 2, street.Width) > 10 * Redness(heat, 0, street.Width / 2));
        Assert.True(Redness(overlay, street.Width * 3 / 4, street.Width) > Redness(street, street.Width * 3 / 4, street.Width));
    }

    [Theory]
    [InlineData("espreso", "there is no class 'espreso'; give one of the names or an index")]
    [InlineData("sharK", "there is no class 'sharK', but great white shark, tiger shark; give")]
    [InlineData("crane", "'crane' names 134 and 517; give the index")]
    [InlineData("1000", "the classes are 0 to 999")]
    [InlineData("", "there is no class ''")]
    public void A_class_that_is_none_or_two_is_one_line(string name, string problem)
    {
        AssertFails(problem, "heatmap", Street, "--weights", SqueezeNet, "--class", name, "--out", _temp["out"]);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public void Names_may_come_from_a_file_with_synonyms()
    {
        File.WriteAllLines(_temp["names.txt"], Enumerable.Range(0, 1000).Select(i => $"thing {i}, No. {i}"));
        JsonElement json = JsonDocument.Parse(Run("heatmap", "-q", Street, "--weights", SqueezeNet, "--class", "no. 7", "--classes", _temp["names.txt"], "--side", "227", "--out", _temp["out"], "--json")).RootElement;

        Assert.Equal((7, "thing 7, No. 7"), (json.GetProperty("classIndex").GetInt32(), json.GetProperty("className").GetString()));
        File.WriteAllText(_temp["few.txt"], "one\ntwo\n");
        AssertFails("names 2 classes, squeezenet1.0 has 1000", "classify", Street, "--weights", SqueezeNet, "--classes", _temp["few.txt"]);
    }

    [Theory]
    [InlineData("error: Option '--weights' is required; see fcn classify --help", "classify", "a.png")]
    [InlineData("error: unknown option '--foo'; see fcn classify --help", "classify", "a.png", "--weights", "w", "--foo")]
    [InlineData("error: --top needs a whole number from 1 to 1000, found '0'; see fcn classify --help", "classify", "a.png", "--weights", "w", "--top", "0")]
    [InlineData("error: --net and --prototxt both say which net it is; give one of them; see fcn classify --help", "classify", "a.png", "--weights", "w", "--net", "vgg16", "--prototxt", "p")]
    [InlineData("error: --input must be caffe, caffe-rgb, torchvision, found 'x'; see fcn classify --help", "classify", "a.png", "--weights", "w", "--input", "x")]
    [InlineData("error: Option '--class' is required; see fcn heatmap --help", "heatmap", "a.png", "--weights", "w", "--out", "o")]
    [InlineData("error: --padding must be tight or reference, found 'x'; see fcn convert --help", "convert", "a", "b.safetensors", "--net", "vgg16", "--padding", "x")]
    [InlineData("error: --classes, --class-file, --padding, --input and --partial are of a net; name it by --net; see fcn convert --help", "convert", "a", "b.safetensors", "--partial")]
    [InlineData("error: a model is a .safetensors file; name the output so; see fcn convert --help", "convert", "a", "b.npz", "--net", "vgg16")]
    public void Usage_errors_are_one_line_and_exit_code_2(string expected, params string[] args)
    {
        CapturedTerminal terminal = new();

        Assert.Equal(2, terminal.Run(args));
        Assert.Equal(("", expected + "\n"), (terminal.Output, terminal.Error));
    }

    [Fact]
    public void Convert_makes_a_model_that_predicts_and_says_what_became_of_each_tensor()
    {
        string text = Run("convert", SqueezeNet, _temp["m.safetensors"], "--net", "fcn8s-squeezenet1.0", "--classes", "4");

        Assert.Contains("net         fcn8s-squeezenet1.0, classes 4, upsampling learned, ignoreIndex 255\n", text, StringComparison.Ordinal);
        Assert.Contains("matched     50\n", text, StringComparison.Ordinal);
        Assert.Contains("dropped     2: conv10.bias, conv10.weight\n", text, StringComparison.Ordinal);
        ModelDescription description = ModelFile.LoadDescription(_temp["m.safetensors"]);
        Assert.Equal(["class 0", "class 1", "class 2", "class 3"], description.Classes.Select(c => c.Name));
        Assert.Equal([104f, 117f, 123f], description.Preprocessing.Mean);
        Run("predict", "-q", "--model", _temp["m.safetensors"], Street, "--out", _temp["out"]);
        Assert.True(File.Exists(_temp["out/0016E5_07959.png"]));
    }

    /// <summary>A finished FCN of Caffe's names was trained with the reference's padding; a coarser one starts a finer one.</summary>
    [Fact]
    public void Convert_takes_the_padding_from_what_the_weights_are_of()
    {
        Run("convert", SqueezeNet, _temp["16s.safetensors"], "--net", "fcn16s-squeezenet1.0", "--padding", "reference");
        Run("convert", _temp["16s.safetensors"], _temp["w.caffemodel"]);

        string whole = Run("convert", _temp["w.caffemodel"], _temp["a.safetensors"], "--net", "fcn16s-squeezenet1.0");
        JsonElement finer = JsonDocument.Parse(Run("convert", _temp["w.caffemodel"], _temp["b.safetensors"], "--net", "fcn8s-squeezenet1.0", "--padding", "reference", "--partial", "--json")).RootElement;

        Assert.Contains("padding reference", whole, StringComparison.Ordinal);
        Assert.Equal("fcn16s-squeezenet1.0", finer.GetProperty("origin").GetString());
        Assert.Contains("score_pool4.weight", finer.GetProperty("new").EnumerateArray().Select(e => e.GetString()));
    }

    [Fact]
    public void Convert_is_strict_unless_it_is_told_to_be_partial()
    {
        NamedTensor[] tensors = [.. WeightFile.Read(SqueezeNet).Tensors.Where(t => t.Name != "fire5/expand3x3.bias"), new("odd.weight", new FcnSharp.Tensors.Tensor(new FcnSharp.Tensors.Shape(1)))];
        SafetensorsWriter.Write(_temp["w.safetensors"], tensors);
        string[] command = ["convert", _temp["w.safetensors"], _temp["m.safetensors"], "--net", "squeezenet1.0"];

        AssertFails("1 missing: fire5/expand3x3.bias; 1 unexpected: odd.weight; nothing was loaded", command);
        Assert.False(File.Exists(_temp["m.safetensors"]));
        string text = Run([.. command, "--partial"]);

        Assert.Contains("missing     1: fire5/expand3x3.bias\n", text, StringComparison.Ordinal);
        Assert.Contains("unexpected  1: odd.weight\n", text, StringComparison.Ordinal);
        Assert.Equal("tench", ModelFile.LoadDescription(_temp["m.safetensors"]).Classes[0].Name);
    }

    private static string Run(params string[] args)
    {
        CapturedTerminal terminal = new();
        Assert.True(terminal.Run(args) == 0, terminal.Error);
        return terminal.Output;
    }

    private static void AssertFails(string part, params string[] args)
    {
        CapturedTerminal terminal = new();
        Assert.Equal(1, terminal.Run(args));
        string line = Assert.Single(terminal.ErrorLines);
        Assert.Contains(part, line, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", line, StringComparison.Ordinal);
    }

    private static double Redness(RgbImage image, int left, int right)
    {
        double sum = 0;
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = left; x < right; x++)
            {
                sum += image.Row(y)[3 * x];
            }
        }

        return sum / (right - left);
    }
}
