using System.Text.Json;
using FcnSharp.Formats;
using FcnSharp.Formats.Caffe;
using FcnSharp.Formats.Numpy;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn convert`: what it writes, says and refuses.</summary>
public sealed class ConvertCommandTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Weights_go_there_and_back_unchanged()
    {
        SafetensorsWriter.Write(_temp["a.safetensors"], Tensors(), new Dictionary<string, string> { ["origin"] = "here" });

        Run("a.safetensors", "b.npz");
        Run("b.npz", "c.SAFETENSORS");
        Run("a.safetensors", "d.safetensors");

        Assert.Equal(Values("a.safetensors"), Values("b.npz"));
        Assert.Equal(Values("a.safetensors"), Values("c.SAFETENSORS"));
        Assert.Equal(File.ReadAllBytes(_temp["a.safetensors"]), File.ReadAllBytes(_temp["d.safetensors"]));
    }

    [Fact]
    public void A_checkpoint_of_PyTorch_tells_what_was_taken_and_what_not()
    {
        CapturedTerminal terminal = new();
        string nested = Path.Combine(SharedData.RepositoryRoot, "tests", "FcnSharp.Tests", "Formats", "PyTorch", "fixtures", "nested.pth");

        Assert.Equal(0, terminal.Run("convert", nested, _temp["w.safetensors"], "--half"));

        Assert.Equal(
            [
                $"read        {nested} (PyTorch, zip)",
                $"written     {_temp["w.safetensors"]} (F16)",
                "tensors     6",
                "parameters  12",
                "skipped     1.num_batches_tracked: I64 scalar",
                "note        the weights are those under 'state_dict'; not read: 'epoch', 'best', 'arch', 'optimizer'",
                "note        the prefix 'module.' was removed from all names",
            ],
            terminal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("", terminal.Error);
        using SafetensorsFile written = SafetensorsFile.Open(_temp["w.safetensors"]);
        Assert.All(written.Entries, e => Assert.Equal(ElementType.F16, e.Type));
    }

    [Fact]
    public void Json_is_one_object_that_lists_all()
    {
        SafetensorsWriter.Write(_temp["half.safetensors"], Tensors(), metadata: null, ElementType.BF16);

        JsonElement done = JsonDocument.Parse(Run("half.safetensors", "w.npz", "--json")).RootElement;

        Assert.Equal("safetensors", done.GetProperty("inputFormat").GetString());
        Assert.Equal(_temp["half.safetensors"], done.GetProperty("input").GetString());
        Assert.Equal(_temp["w.npz"], done.GetProperty("output").GetString());
        Assert.Equal("F32", done.GetProperty("type").GetString());
        Assert.Equal((2, 7), (done.GetProperty("tensors").GetInt32(), done.GetProperty("parameters").GetInt32()));
        Assert.Equal(["conv/w", "b"], done.GetProperty("coerced").EnumerateArray().Select(e => e.GetProperty("name").GetString()));
        Assert.All(done.GetProperty("coerced").EnumerateArray(), e => Assert.Equal("BF16", e.GetProperty("what").GetString()));
        Assert.Equal(0, done.GetProperty("skipped").GetArrayLength() + done.GetProperty("notes").GetArrayLength() + done.GetProperty("nonFinite").GetArrayLength());
    }

    [Fact]
    public void Text_counts_the_coerced_tensors()
    {
        SafetensorsWriter.Write(_temp["half.safetensors"], Tensors(), metadata: null, ElementType.F16);
        Assert.Contains("coerced     2 of 2 tensors from F16\n", Run("half.safetensors", "w.npz"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_stays_a_model()
    {
        ModelDescription description = new(
            new ModelArchitecture("mini-fcn8s", new Dictionary<string, string> { ["classes"] = "2" }),
            [new ClassInfo("a", 1, 2, 3), new ClassInfo("b", 4, 5, 6)],
            new Preprocessing(ChannelOrder.Bgr, [1, 2, 3], [1, 1, 1]));
        ModelFile.Save(_temp["m.safetensors"], description, Tensors());

        Run("m.safetensors", "half.safetensors", "--half");
        Run("m.safetensors", "m.npz");

        LoadedModel model = ModelFile.Load(_temp["half.safetensors"]);
        Assert.Equal("mini-fcn8s", model.Description.Architecture.Name);
        Assert.Equal([1f, 2f, 3f], model.Description.Preprocessing.Mean);
        Assert.Equal(Values("m.safetensors"), Values("m.npz"));
    }

    [Fact]
    public void Weights_become_a_caffemodel_and_come_back()
    {
        NamedTensor[] tensors = [new("c/1.weight", new Tensor(new Shape(1, 2, 1, 2), [1f, -2.5f, 0.125f, 1000f])), new("c/1.bias", new Tensor(new Shape(1), [3f]))];
        SafetensorsWriter.Write(_temp["a.safetensors"], tensors);
        SafetensorsWriter.Write(_temp["norm.safetensors"], [new("n.running_mean", new Tensor(new Shape(1)))]);

        Run("a.safetensors", "b.caffemodel");
        Assert.Contains("(Caffe)", Run("b.caffemodel", "c.npz"), StringComparison.Ordinal);

        Assert.Equal(Values("a.safetensors"), Values("b.caffemodel"));
        Assert.Equal(Values("a.safetensors"), Values("c.npz"));
        AssertFails(_temp["norm.safetensors"], "'n.running_mean' has no place in a .caffemodel", _temp["norm.safetensors"], _temp["d.caffemodel"]);
    }

    /// <summary>Caffe compares the newer format's shapes to the axis, and the older one fills them up to four.</summary>
    [Fact]
    public void A_caffemodel_of_the_older_format_becomes_one_of_the_newer()
    {
        string published = SharedData.PathOrSkip("weights/bvlc_googlenet.caffemodel");
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("convert", published, _temp["new.caffemodel"]));

        CaffeModel before = CaffeModel.Read(published);
        CaffeModel after = CaffeModel.Read(_temp["new.caffemodel"]);
        Assert.Equal(before.Layers.Select(l => (l.Name, l.Type)), after.Layers.Select(l => (l.Name, l.Type)));
        Assert.Equal((new Shape(64, 3, 7, 7), new Shape(64)), (after.Layers[0].Blobs[0].Shape, after.Layers[0].Blobs[1].Shape));
        Assert.Equal((new Shape(1000, 1024), new Shape(1000)), (after.Layers[^1].Blobs[0].Shape, after.Layers[^1].Blobs[1].Shape));
        Assert.All(before.Tensors.Zip(after.Tensors), pair => TensorAssert.SameBits(pair.First.Name, pair.First.Tensor.Span, pair.Second.Tensor.Span));
    }

    [Fact]
    public void Values_that_no_net_can_use_are_written_with_a_warning()
    {
        NpzWriter.Write(_temp["nan.npz"], [new("w", new Tensor(new Shape(2), [1, float.NaN]))]);
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("convert", _temp["nan.npz"], _temp["w.safetensors"]));

        Assert.Equal("warning: 'w' of 2 holds NaN at index [1]: no net can use it\n", terminal.Error);
    }

    [Theory]
    [InlineData("a.npz", "a.npz")]
    [InlineData("a.npz", "./a.npz")]
    [InlineData("a.npz", "link.npz")]
    public void A_file_is_not_converted_onto_itself(string input, string output)
    {
        if (OperatingSystem.IsWindows() && output == "link.npz")
        {
            Assert.Skip("Windows lets only administrators make links.");
        }

        NpzWriter.Write(_temp["a.npz"], Tensors());
        if (output == "link.npz")
        {
            File.CreateSymbolicLink(_temp["link.npz"], _temp["a.npz"]);
        }

        byte[] before = File.ReadAllBytes(_temp["a.npz"]);

        AssertFails(_temp[output], "choose another name", _temp[input], _temp[output]);

        Assert.Equal(before, File.ReadAllBytes(_temp["a.npz"]));
    }

    [Fact]
    public void What_fails_leaves_the_old_file_and_nothing_beside_it()
    {
        NpzWriter.Write(_temp["big.npz"], [new("w", new Tensor(new Shape(1), [1e6f]))]);
        File.WriteAllText(_temp["w.safetensors"], "old");
        File.WriteAllText(_temp["broken.npz"], "PK\u0003\u0004 and no more");

        AssertFails(_temp["w.safetensors"], "F16", _temp["big.npz"], _temp["w.safetensors"], "--half");
        AssertFails(_temp["broken.npz"], "zip", _temp["broken.npz"], _temp["w.safetensors"]);
        AssertFails(_temp["none.pth"], "not found", _temp["none.pth"], _temp["w.safetensors"]);

        Assert.Equal("old", File.ReadAllText(_temp["w.safetensors"]));
        Assert.Equal(3, Directory.GetFileSystemEntries(_temp.Root).Length);
    }

    [Theory]
    [InlineData("error: cannot write 'w.pth': expected a name that ends with .safetensors, .npz or .caffemodel; see fcn convert --help", "a.npz", "w.pth")]
    [InlineData("error: cannot write 'w.npz' as F16: .npz and .caffemodel are written as F32; use .safetensors; see fcn convert --help", "a.npz", "w.npz", "--half")]
    [InlineData("error: unknown option '--foo'; see fcn convert --help", "a.npz", "--foo")]
    [InlineData("error: unknown option '--foo'; see fcn convert --help", "a.npz", "w.npz", "--foo")]
    [InlineData("error: unknown argument 'more'; see fcn convert --help", "a.npz", "w.npz", "more")]
    public void Usage_errors_are_one_line_and_exit_code_2(string expected, params string[] args)
    {
        CapturedTerminal terminal = new();

        Assert.Equal(2, terminal.Run(["convert", .. args]));

        Assert.Equal(("", expected + "\n"), (terminal.Output, terminal.Error));
    }

    [Fact]
    public void A_name_from_a_file_cannot_break_the_line()
    {
        SafetensorsWriter.Write(_temp["a.safetensors"], Tensors());
        byte[] header = [.. """{"i\n\u001b[2J":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"""u8];
        File.WriteAllBytes(_temp["a.safetensors"], [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0, .. header, 0, 0, 0, 0, 0]);

        Assert.Contains("skipped     i\\u000A\\u001B[2J: I8 1\n", Run("a.safetensors", "w.npz"), StringComparison.Ordinal);
    }

    private static NamedTensor[] Tensors() =>
        [new("conv/w", new Tensor(new Shape(1, 2, 1, 2), [1f, -2.5f, 0.125f, 1000f])), new("b", new Tensor(new Shape(3), [0f, 3f, -0.5f]))];

    private string Run(string input, string output, params string[] options)
    {
        CapturedTerminal terminal = new();
        Assert.Equal((0, ""), (terminal.Run(["convert", _temp[input], _temp[output], .. options]), terminal.Error));
        return terminal.Output;
    }

    private (string, Shape, string)[] Values(string file) =>
        [.. WeightFile.Read(_temp[file]).Tensors.Select(t => (t.Name, t.Tensor.Shape, string.Join(' ', t.Tensor.Span.ToArray())))];

    private static void AssertFails(string named, string part, params string[] args)
    {
        CapturedTerminal terminal = new();
        Assert.Equal(1, terminal.Run(["convert", .. args]));
        string line = Assert.Single(terminal.ErrorLines);
        Assert.StartsWith($"error: {named}", line, StringComparison.Ordinal);
        Assert.Contains(part, line, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", line, StringComparison.Ordinal);
    }
}
