using FcnSharp.Formats;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.PyTorch;

/// <summary>Files that PyTorch wrote: fixtures/make.py made them.</summary>
public sealed class TorchFileTests
{
    [Theory]
    [InlineData("zip.pth", ElementType.F32)]
    [InlineData("legacy.pth", ElementType.F32)]
    [InlineData("protocol4.pth", ElementType.F32)]
    [InlineData("protocol5.pth", ElementType.F32)]
    [InlineData("legacy4.pth", ElementType.F32)]
    [InlineData("half.pth", ElementType.F16)]
    [InlineData("bfloat16.pth", ElementType.BF16)]
    [InlineData("double.pth", ElementType.F64)]
    public void Both_forms_all_protocols_and_all_types_give_the_same_tensors(string file, ElementType type)
    {
        LoadedWeights loaded = WeightFile.Read(Fixture(file), rejectNonFinite: true);

        Assert.Equal(["conv.weight", "conv.bias"], loaded.Tensors.Select(t => t.Name));
        AssertTensor(new Shape(2, 1, 2, 3), [.. Enumerable.Range(0, 12)], loaded.Tensors[0].Tensor);
        AssertTensor(new Shape(2), [-1, 0], loaded.Tensors[1].Tensor);
        Assert.Equal(file.Contains("legacy", StringComparison.Ordinal) ? "PyTorch, legacy" : "PyTorch, zip", loaded.Report.Format);
        Assert.Equal(type == ElementType.F32 ? [] : [type, type], loaded.Report.Coerced.Select(e => e.Type));
        Assert.Empty(loaded.Report.Skipped);
        Assert.Empty(loaded.Report.Notes);
    }

    [Theory]
    [InlineData("views.pth")]
    [InlineData("views.legacy.pth")]
    public void Views_become_contiguous_and_shared_storages_are_read_for_each(string file)
    {
        using WeightFile weights = WeightFile.Open(Fixture(file));
        int[] all = [.. Enumerable.Range(0, 24)];
        AssertTensor(new Shape(6, 4), [.. Enumerable.Range(0, 24).Select(i => (i % 4 * 6) + (i / 4))], weights.ReadTensor("transposed"));
        AssertTensor(new Shape(2, 6), all[6..18], weights.ReadTensor("rows"));
        AssertTensor(new Shape(4), [2, 8, 14, 20], weights.ReadTensor("column"));
        AssertTensor(new Shape(4, 6), all, weights.ReadTensor("whole"));

        // permute(3, 1, 0, 2) of 2x3x2x2: element (d, b, a, c) lies at 12 a + 4 b + 2 c + d.
        int[] permuted = [.. from d in Enumerable.Range(0, 2) from b in Enumerable.Range(0, 3) from a in Enumerable.Range(0, 2) from c in Enumerable.Range(0, 2) select (12 * a) + (4 * b) + (2 * c) + d];
        AssertTensor(new Shape(2, 3, 2, 2), permuted, weights.ReadTensor("permuted"));

        // Tied tensors have the same values, but no memory in common.
        IReadOnlyList<NamedTensor> tensors = weights.ReadAll();
        tensors[4].Tensor.Span[0] = 100;
        Assert.Equal(("whole", "tied", 0f), (tensors[4].Name, tensors[5].Name, tensors[5].Tensor.Span[0]));
    }

    [Fact]
    public void Views_of_several_storages_may_be_read_in_any_order()
    {
        using TempFolder folder = new();
        object[] tensors = [.. Enumerable.Range(0, 4).SelectMany(i => (object[])[
            TorchBytes.Text($"t{i}"), TorchBytes.Tensor("FloatStorage", i % 2 == 0 ? "0" : "1", 4, i / 2 * 2, [2], [1])])];
        File.WriteAllBytes(folder["x.pth"], TorchBytes.Zip(
            TorchBytes.Pickle(["}(", .. tensors, "u"]), SafetensorsBytes.Counting(4), SafetensorsBytes.Counting(8)[16..]));
        using WeightFile weights = WeightFile.Open(folder["x.pth"]);
        (string, float[])[] expected = [("t0", [1, 2]), ("t1", [5, 6]), ("t2", [3, 4]), ("t3", [7, 8])];
        foreach ((string name, float[] values) in (IEnumerable<(string, float[])>)[.. expected, .. expected.Reverse()])
        {
            Assert.Equal(values, weights.ReadTensor(name).Span.ToArray());
        }

        Assert.Equal(expected.Select(e => e.Item1), weights.ReadAll().Select(t => t.Name));
    }

    [Fact]
    public void A_checkpoint_gives_its_weights_without_the_wrappers_prefix_and_reports_the_rest()
    {
        LoadedWeights loaded = WeightFile.Read(Fixture("nested.pth"));

        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"], loaded.Tensors.Select(t => t.Name));
        AssertTensor(new Shape(2, 1, 1, 1), [1, 2], loaded.Tensors[0].Tensor);
        Assert.Equal([new SkippedEntry("1.num_batches_tracked", "I64 scalar")], loaded.Report.Skipped);
        Assert.Equal(["the weights are those under 'state_dict'; not read: 'epoch', 'best', 'arch', 'optimizer'", "the prefix 'module.' was removed from all names"], loaded.Report.Notes);
    }

    [Fact]
    public void Parameters_two_levels_down_are_found_beside_sizes_devices_and_types()
    {
        LoadedWeights loaded = WeightFile.Read(Fixture("parameters.pth"));

        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias"], loaded.Tensors.Select(t => t.Name));
        Assert.Equal(["the weights are those under 'model'; not read: 'device', 'size', 'type'", "the weights are those under 'state_dict'"], loaded.Report.Notes);
    }

    [Fact]
    public void Unusual_nesting_gives_names_with_dots_and_what_no_net_can_use_is_reported()
    {
        LoadedWeights loaded = WeightFile.Read(Fixture("branches.pth"));

        Assert.Equal(["encoder.conv.weight", "encoder.conv.bias", "heads.0", "heads.1"], loaded.Tensors.Select(t => t.Name));
        Assert.Equal([new SkippedEntry("odd", "5 axes, at most 4 are read"), new SkippedEntry("none", "None")], loaded.Report.Skipped);
    }

    [Fact]
    public void A_bare_tensor_takes_its_files_name() =>
        AssertTensor(new Shape(2, 3), [0, 1, 2, 3, 4, 5], WeightFile.Open(Fixture("bare.pth")).ReadTensor("bare"));

    [Theory]
    [InlineData("system2.pth", "to call posix.system")]
    [InlineData("system4.pth", "to call posix.system")]
    [InlineData("system.legacy.pth", "to call posix.system")]
    [InlineData("os-system.pth", "to call os.system")]
    [InlineData("os-system-stack.pth", "to call os.system")]
    [InlineData("eval.pth", "to call __builtin__.eval")]
    [InlineData("module.pth", "to call torch.nn.modules.container.Sequential")]
    public void Code_is_refused_by_name_and_never_run(string file, string wish)
    {
        FormatAssert.Refuses(() => WeightFile.Read(Fixture(file)), file, wish, "refused", "state_dict");
        Assert.False(File.Exists("pwned"));
    }

    [Fact]
    public void An_expanded_tensor_is_refused_with_the_remedy() =>
        FormatAssert.Refuses(() => WeightFile.Read(Fixture("expanded.pth")), "expanded.pth", "overlap", "clone()");

    private static string Fixture(string name) =>
        Path.Combine(SharedData.RepositoryRoot, "tests", "FcnSharp.Tests", "Formats", "PyTorch", "fixtures", name);

    private static void AssertTensor(Shape shape, int[] eighths, Tensor tensor)
    {
        Assert.Equal(shape, tensor.Shape);
        Assert.Equal(eighths.Select(e => e / 8f), tensor.Span.ToArray());
    }
}
