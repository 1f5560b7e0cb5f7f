using System.Globalization;
using System.Text;
using FcnSharp.Formats;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats;

public sealed class ModelFileTests
{
    [Fact]
    public void A_model_survives_in_every_field()
    {
        using TempFolder folder = new();
        string path = folder["model.safetensors"];
        ModelDescription saved = SampleModel.Description;
        ModelFile.Save(path, saved, SampleModel.Tensors);
        LoadedModel model = ModelFile.Load(path);
        ModelDescription found = model.Description;
        Assert.Equal(saved.Architecture.Name, found.Architecture.Name);
        Assert.Equal(saved.Architecture.Options, found.Architecture.Options);
        Assert.Equal(saved.Classes, found.Classes);
        Assert.Equal(ChannelOrder.Bgr, found.Preprocessing.Order);
        Assert.Equal(saved.Preprocessing.Mean, found.Preprocessing.Mean);
        Assert.Equal(saved.Preprocessing.Scale, found.Preprocessing.Scale);
        Assert.Equal(saved.Recipe, found.Recipe);
        Assert.Equal(saved.Metrics, found.Metrics! with { ClassIoU = saved.Metrics!.ClassIoU });
        Assert.Equal(saved.Metrics.ClassIoU, found.Metrics.ClassIoU);
        Assert.Equal(saved.Created, found.Created);
        Assert.Equal(TimeSpan.Zero, found.Created!.Value.Offset);
        AssertSame(SampleModel.Tensors, model.Tensors);
        Assert.Equal(saved.Classes, ModelFile.LoadDescription(path).Classes);
    }

    [Theory]
    [InlineData(ElementType.F32)]
    [InlineData(ElementType.F16)]
    public void Recorded_figures_take_the_place_of_the_old_ones_and_nothing_else_changes(ElementType type)
    {
        using TempFolder folder = new();
        string path = folder["model.safetensors"];
        ModelFile.Save(path, SampleModel.Description, SampleModel.Tensors, type);
        LoadedModel before = ModelFile.Load(path);
        long length = new FileInfo(path).Length;
        ModelMetrics measured = SampleModel.Description.Metrics! with { MeanIoU = 0.123 };

        ModelFile.Record(path, measured);

        LoadedModel after = ModelFile.Load(path);
        Assert.Equal(0.123, after.Description.Metrics!.MeanIoU);
        Assert.Equal(before.Description.Recipe, after.Description.Recipe);
        Assert.All(before.Tensors.Zip(after.Tensors), t => Assert.True(t.First.Name == t.Second.Name && t.First.Tensor.Span.SequenceEqual(t.Second.Tensor.Span)));
        Assert.InRange(new FileInfo(path).Length, length - 64, length + 64);
    }

    [Fact]
    public void What_is_optional_may_be_absent()
    {
        using TempFolder folder = new();
        string path = folder["model.safetensors"];
        ModelDescription bare = new(new ModelArchitecture("x", new Dictionary<string, string>()), [new("a", 1, 2, 3)], new Preprocessing(ChannelOrder.Rgb, [0, 0, 0], 1f / 255));
        ModelFile.Save(path, bare, SampleModel.Tensors);
        ModelDescription found = ModelFile.Load(path).Description;
        Assert.Null(found.Metrics);
        Assert.Null(found.Created);
        Assert.Empty(found.Recipe);
        Assert.Equal(ChannelOrder.Rgb, found.Preprocessing.Order);
        Assert.Equal([1f / 255, 1f / 255, 1f / 255], found.Preprocessing.Scale);
    }

    [Theory]
    [InlineData(ElementType.F16)]
    [InlineData(ElementType.BF16)]
    public void Half_precision_models_load_with_their_hash(ElementType type)
    {
        using TempFolder folder = new();
        string path = folder["model.safetensors"];
        ModelFile.Save(path, SampleModel.Description, SampleModel.Tensors, type);
        Assert.Equal([1, -2, 3, 0.5f, 0.25f, -0.125f], ModelFile.Load(path).Tensors[0].Tensor.Span.ToArray());
    }

    [Fact]
    public void The_hash_is_the_documented_one()
    {
        using TempFolder folder = new();
        string path = folder["model.safetensors"];
        ModelFile.Save(path, SampleModel.Description, SampleModel.Tensors);
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        foreach (NamedTensor tensor in SampleModel.Tensors)
        {
            byte[] name = Encoding.UTF8.GetBytes(tensor.Name);
            writer.Write(name.Length);
            writer.Write(name);
            writer.Write(3);
            writer.Write("F32"u8);
            writer.Write(tensor.Tensor.Shape.Rank);
            Array.ForEach(tensor.Tensor.Shape.ToArray(), writer.Write);
            Array.ForEach(tensor.Tensor.Span.ToArray(), writer.Write);
        }

        string expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream.ToArray()));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(expected, file.Metadata["weights_sha256"]);
        Assert.Equal("fcnsharp", file.Metadata["format"]);
        Assert.Equal("1", file.Metadata["format_version"]);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    [InlineData("ar-SA")]
    public void Bytes_and_numbers_do_not_depend_on_the_culture(string name)
    {
        using TempFolder folder = new();
        ModelFile.Save(folder["a"], SampleModel.Description, SampleModel.Tensors);
        CheckpointFile.Save(folder["c"], SampleModel.Checkpoint);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo(name);
            ModelFile.Save(folder["b"], SampleModel.Description, SampleModel.Tensors);
            CheckpointFile.Save(folder["d"], SampleModel.Checkpoint);
            Assert.Equal(SampleModel.Description.Preprocessing.Mean, ModelFile.Load(folder["b"]).Description.Preprocessing.Mean);
            Assert.Equal(1.0 / 3, ModelFile.Load(folder["a"]).Description.Metrics!.PixelAccuracy);
            Assert.Equal(-7, CheckpointFile.Load(folder["d"]).Seed);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
        Assert.Equal(File.ReadAllBytes(folder["c"]), File.ReadAllBytes(folder["d"]));
    }

    [Fact]
    public void A_changed_weight_name_or_shape_is_noticed()
    {
        using TempFolder folder = new();
        string path = folder["model.safetensors"];
        ModelFile.Save(path, SampleModel.Description, SampleModel.Tensors);
        byte[] whole = File.ReadAllBytes(path);
        for (int i = whole.Length - 32; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x80;
            File.WriteAllBytes(path, damaged);
            FormatAssert.Refuses(() => ModelFile.Load(path), path, "do not match their hash", "changed or damaged");
        }

        string text = Encoding.Latin1.GetString(whole);
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(text.Replace("score.bias", "score.bios", StringComparison.Ordinal)));
        FormatAssert.Refuses(() => ModelFile.Load(path), path, "do not match their hash");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(text.Replace("[2,3,1,1]", "[3,2,1,1]", StringComparison.Ordinal)));
        FormatAssert.Refuses(() => ModelFile.Load(path), path, "do not match their hash");
    }

    [Fact]
    public void A_NaN_under_a_right_hash_is_refused_by_name()
    {
        using TempFolder folder = new();
        string path = folder["model.safetensors"];
        NamedTensor[] tensors = [new("w", new Tensor(new Shape(3), [1, float.NaN, 2]))];
        ModelFile.Save(path, SampleModel.Description, SampleModel.Tensors);
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            Dictionary<string, string> metadata = new(file.Metadata) { ["weights_sha256"] = WeightsHash.Compute(tensors, ElementType.F32) };
            SafetensorsWriter.Write(folder["nan.safetensors"], tensors, metadata);
        }

        FormatAssert.Refuses(() => ModelFile.Load(folder["nan.safetensors"]), "nan.safetensors", "'w'", "NaN", "element 1");
        byte[] before = File.ReadAllBytes(path);
        FormatAssert.Refuses(() => ModelFile.Save(path, SampleModel.Description, tensors), path, "not written", "'w'", "element 1");
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("10")]
    public void A_newer_version_is_refused(string version)
    {
        using TempFolder folder = new();
        string path = Rewritten(folder, "format_version", version);
        FormatAssert.Refuses(() => ModelFile.Load(path), path, $"was written by a newer FcnSharp (format {version}, this one reads up to 1): update FcnSharp");
    }

    [Theory]
    [InlineData("format_version", "")]
    [InlineData("format_version", "0")]
    [InlineData("format_version", "-1")]
    [InlineData("format_version", "1.5")]
    [InlineData("weights_sha256", "")]
    [InlineData("fcnsharp", "")]
    [InlineData("fcnsharp", "[]")]
    [InlineData("fcnsharp", "{}")]
    [InlineData("fcnsharp", "{\"architecture\":[]}")]
    [InlineData("fcnsharp", "{\"architecture\":{\"name\":\"\\ud800\",\"options\":{}}}")]
    [InlineData("fcnsharp", "{\"architecture\":{},\"architecture\":{}}")]
    public void Damaged_metadata_is_refused(string key, string value)
    {
        using TempFolder folder = new();
        string path = Rewritten(folder, key, value);
        FormatAssert.Refuses(() => ModelFile.Load(path), path, "damaged");
    }

    [Theory]
    [InlineData("[104.00699,", "[\"x\",", "preprocessing.mean")]
    [InlineData("[104.00699,", "[", "mean")]
    [InlineData("[104.00699,", "[1e99,", "mean")]
    [InlineData("\"BGR\"", "\"GBR\"", "preprocessing.order")]
    [InlineData("[0,64,7]", "[0,64]", "classes")]
    [InlineData("[0,64,7]", "[0,64,256]", "classes.rgb")]
    [InlineData("[0.25,null]", "[0.25]", "IoU")]
    [InlineData("0.25", "25", "fraction")]
    [InlineData("\"mini-fcn8s\"", "8", "architecture.name")]
    [InlineData("\"name\":\"sky\"", "\"name\":\"\"", "classes")]
    [InlineData("\"classes\":[", "\"classes\":[],\"others\":[", "classes")]
    [InlineData("2026-01-02", "2026-13-02", "created")]
    [InlineData("\"16\"", "16", "architecture.options")]
    public void A_damaged_description_says_where(string old, string changed, string part)
    {
        using TempFolder folder = new();
        string json = ModelDescriptionJson.Write(SampleModel.Description);
        Assert.Contains(old, json, StringComparison.Ordinal);
        string path = Rewritten(folder, "fcnsharp", json.Replace(old, changed, StringComparison.Ordinal));
        FormatAssert.Refuses(() => ModelFile.Load(path), path, part);
    }

    [Fact]
    public void Other_files_are_told_apart()
    {
        using TempFolder folder = new();
        SafetensorsWriter.Write(folder["plain.safetensors"], SampleModel.Tensors, new Dictionary<string, string> { ["format"] = "pt" });
        FormatAssert.Refuses(() => ModelFile.Load(folder["plain.safetensors"]), "plain.safetensors", "none of FcnSharp's", "'pt'");
        FormatAssert.Refuses(() => CheckpointFile.Load(folder["plain.safetensors"]), "plain.safetensors", "none of FcnSharp's");
        ModelFile.Save(folder["model"], SampleModel.Description, SampleModel.Tensors);
        CheckpointFile.Save(folder["checkpoint"], SampleModel.Checkpoint);
        FormatAssert.Refuses(() => ModelFile.Load(folder["checkpoint"]), "checkpoint", "expected a model");
        FormatAssert.Refuses(() => CheckpointFile.Load(folder["model"]), "model", "expected a checkpoint");
    }

    [Fact]
    public void An_unsound_description_is_not_written()
    {
        using TempFolder folder = new();
        ModelDescription good = SampleModel.Description;
        ModelDescription[] unsound =
        [
            good with { Classes = [] },
            good with { Architecture = good.Architecture with { Name = " " } },
            good with { Preprocessing = good.Preprocessing with { Mean = [1, 2] } },
            good with { Preprocessing = new Preprocessing(ChannelOrder.Rgb, [1, 2, float.NaN]) },
            good with { Preprocessing = new Preprocessing(ChannelOrder.Rgb, [1, 2, 3], 0) },
            good with { Metrics = good.Metrics! with { ClassIoU = [1] } },
            good with { Metrics = good.Metrics! with { MeanIoU = 85.2 } },
        ];
        foreach (ModelDescription description in unsound)
        {
            FormatAssert.Refuses(() => ModelFile.Save(folder["model"], description, SampleModel.Tensors), "model", "not written");
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_no_other()
    {
        using TempFolder folder = new();
        string path = folder["model.safetensors"];
        ModelFile.Save(path, SampleModel.Description, SampleModel.Tensors);
        byte[] before = File.ReadAllBytes(path);

        // Read for the checks, for the header, then for the weights: the second of those stands in for a disk that fills up.
        FailingList failing = new(SampleModel.Tensors, failAtRead: 6);
        FormatAssert.Refuses(() => SafetensorsWriter.Write(path, failing), path, "could not be written", "disk is full");
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Root));
        FormatAssert.Refuses(() => ModelFile.Save(folder["none/model"], SampleModel.Description, SampleModel.Tensors), "model", "folder");
    }

    [Fact]
    public void Thousands_of_mutations_are_loaded_or_refused()
    {
        using TempFolder folder = new();
        string path = folder["fuzzed.safetensors"];
        foreach (bool checkpoint in new[] { false, true })
        {
            CheckpointFile.Save(path, SampleModel.Checkpoint);
            if (!checkpoint)
            {
                ModelFile.Save(path, SampleModel.Description, SampleModel.Tensors);
            }

            byte[] original = File.ReadAllBytes(path);
            Random random = new(13);
            for (int round = 0; round < 5000; round++)
            {
                File.WriteAllBytes(path, Mutations.Apply(original, original.Length, random));
                LoadOrRefuse(path, checkpoint);
            }
        }
    }

    internal static void AssertSame(IReadOnlyList<NamedTensor> expected, IReadOnlyList<NamedTensor> found)
    {
        Assert.Equal(expected.Select(t => (t.Name, t.Tensor.Shape)), found.Select(t => (t.Name, t.Tensor.Shape)));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Tensor.Span.ToArray(), pair.Second.Tensor.Span.ToArray()));
    }

    private static void LoadOrRefuse(string path, bool checkpoint)
    {
        try
        {
            IReadOnlyList<NamedTensor> weights = checkpoint ? CheckpointFile.Load(path).Weights : ModelFile.Load(path).Tensors;
            AssertSame(SampleModel.Tensors, weights);
        }
        catch (FcnSharpException e)
        {
            Assert.Contains("fuzzed.safetensors", e.Message, StringComparison.Ordinal);
            FormatAssert.AssertOneLine(e.Message);
        }
    }

    // Writes the sample model with one metadata value changed.
    private static string Rewritten(TempFolder folder, string key, string value)
    {
        string path = folder["rewritten.safetensors"];
        ModelFile.Save(path, SampleModel.Description, SampleModel.Tensors);
        Dictionary<string, string> metadata;
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            metadata = new(file.Metadata) { [key] = value };
        }

        SafetensorsWriter.Write(path, SampleModel.Tensors, metadata);
        return path;
    }

    private sealed class FailingList(IReadOnlyList<NamedTensor> tensors, int failAtRead) : IReadOnlyList<NamedTensor>
    {
        private int _reads;

        public int Count => tensors.Count;

        public NamedTensor this[int index] => tensors[index];

        public IEnumerator<NamedTensor> GetEnumerator()
        {
            foreach (NamedTensor tensor in tensors)
            {
                _reads++;
                yield return _reads < failAtRead ? tensor : throw new IOException("the disk is full");
            }
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
