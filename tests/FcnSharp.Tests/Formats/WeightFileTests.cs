using FcnSharp.Formats;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using FcnSharp.Tests.Formats.Numpy;
using FcnSharp.Tests.Formats.PyTorch;
using Xunit;

namespace FcnSharp.Tests.Formats;

/// <summary>The front of all formats: which one a file is, what is read, what is reported.</summary>
public sealed class WeightFileTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void The_content_and_not_the_name_tells_the_format()
    {
        byte[] data = SafetensorsBytes.Counting(4);
        (string Format, byte[] File)[] files =
        [
            ("safetensors", SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", data)),
            ("PyTorch, zip", TorchBytes.Zip(TorchBytes.OneTensor(), data)),
            ("PyTorch, legacy", TorchBytes.Legacy(TorchBytes.OneTensor(), ("0", 4, data))),
            ("NumPy, npz", TorchBytes.Archive(("w.npy", NpyBytes.File(NpyBytes.Header("<f4", "(4,)"), data)))),
            ("NumPy, npy", NpyBytes.File(NpyBytes.Header("<f4", "(4,)"), data)),
        ];
        foreach (string extension in (string[])["safetensors", "pth", "pt", "bin", "npz", "npy"])
        {
            foreach ((string format, byte[] file) in files)
            {
                string path = _temp["w." + extension];
                File.WriteAllBytes(path, file);
                LoadedWeights loaded = WeightFile.Read(path);
                Assert.Equal((format, "w"), (loaded.Report.Format, Assert.Single(loaded.Tensors).Name));
                Assert.Equal([1f, 2f, 3f, 4f], loaded.Tensors[0].Tensor.Span.ToArray());
            }
        }
    }

    [Theory]
    [InlineData("", "an empty file")]
    [InlineData("hello", "68656c6c6f")]
    [InlineData("\u007fELF\u0002\u0001\u0001\0\0\0", "7f454c46")]
    [InlineData("{\"a\": 1, \"b\": {}}", "7b226122")]
    public void What_is_no_file_of_weights_is_refused_with_what_could_be(string content, string found)
    {
        string path = Write(TorchBytes.Join(content));
        FormatAssert.Refuses(() => WeightFile.Open(path), path, "safetensors, PyTorch", found);
    }

    [Fact]
    public void Missing_files_folders_and_empty_archives_are_told_apart()
    {
        FormatAssert.Refuses(() => WeightFile.Open(_temp["none.pth"]), "none.pth", "not found");
        FormatAssert.Refuses(() => WeightFile.Open(_temp["none/x.pth"]), "x.pth", "not found");
        FormatAssert.Refuses(() => WeightFile.Open(_temp.Root), _temp.Root, "cannot be read");
        string path = Write(TorchBytes.Archive());
        FormatAssert.Refuses(() => WeightFile.Open(path), path, "zip archive without weights");
        path = Write(TorchBytes.Archive(("a/b/data.pkl", []), ("data.pk", [])));
        FormatAssert.Refuses(() => WeightFile.Open(path), path, "zip archive without weights");
        path = Write(TorchBytes.Zip(TorchBytes.Pickle("}")));
        FormatAssert.Refuses(() => WeightFile.Open(path), path, "no floating-point tensor", "found nothing");
        path = Write(TorchBytes.Zip(TorchBytes.OneTensor(storage: "LongStorage"), new byte[32]));
        FormatAssert.Refuses(() => WeightFile.Open(path), path, "no floating-point tensor", "'w' (I64 4)");
    }

    [Fact]
    public void Integers_of_a_safetensors_file_are_reported_and_not_read()
    {
        const string Header = """{"i":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"h":{"dtype":"BF16","shape":[1],"data_offsets":[16,18]}}""";
        string path = Write(SafetensorsBytes.File(Header, [.. new byte[16], 0x80, 0x3F]));

        LoadedWeights loaded = WeightFile.Read(path);

        Assert.Equal("h", Assert.Single(loaded.Tensors).Name);
        Assert.Equal(ElementType.BF16, Assert.Single(loaded.Report.Coerced).Type);
        Assert.Equal([new SkippedEntry("i", "I64 2")], loaded.Report.Skipped);
    }

    [Fact]
    public void A_tensor_that_is_not_there_is_named()
    {
        using WeightFile file = WeightFile.Open(Write(TorchBytes.Zip(TorchBytes.OneTensor(), SafetensorsBytes.Counting(4))));
        FormatAssert.Refuses(() => file.ReadTensor("v"), file.Path, "'v'", "1 others");
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "an infinity")]
    public void Non_finite_values_are_placed_in_every_format_or_let_through_when_asked(float bad, string found)
    {
        byte[] data = [.. SafetensorsBytes.Counting(3), .. BitConverter.GetBytes(bad)];
        foreach (byte[] content in (byte[][])[
            SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}""", data),
            TorchBytes.Zip(TorchBytes.OneTensor(sizes: [2, 2], strides: [2, 1]), data),
            TorchBytes.Legacy(TorchBytes.OneTensor(sizes: [2, 2], strides: [2, 1]), ("0", 4, data)),
            TorchBytes.Archive(("w.npy", NpyBytes.File(NpyBytes.Header("<f4", "(2, 2)"), data)))])
        {
            string path = Write(content);
            FormatAssert.Refuses(() => WeightFile.Read(path, rejectNonFinite: true), path, $"'w' of 2x2 holds {found} at index [1, 1]");
            Assert.Equal(bad, WeightFile.Read(path).Tensors[0].Tensor.Span[3]);
        }
    }

    [Fact]
    public void The_first_value_that_is_not_finite_is_described()
    {
        Assert.Null(NonFinite.Describe("w", new Tensor(new Shape(2), [float.MaxValue, -0f])));
        Assert.Equal("'w' of 2x3 holds NaN at index [1, 0]", NonFinite.Describe("w", new Tensor(new Shape(2, 3), [0, 1, 2, float.NaN, 4, float.NaN])));
        Assert.Equal("'w' of scalar holds NaN at index []", NonFinite.Describe("w", new Tensor(new Shape([]), [float.NaN])));
    }

    [Fact]
    public void The_published_SqueezeNet_is_the_same_in_both_PyTorch_forms()
    {
        LoadedWeights zip = WeightFile.Read(SharedData.PathOrSkip("weights/squeezenet1_0.pth"), rejectNonFinite: true);
        LoadedWeights legacy = WeightFile.Read(SharedData.PathOrSkip("weights/squeezenet1_0.legacy.pth"), rejectNonFinite: true);

        Assert.Equal(("PyTorch, zip", "PyTorch, legacy"), (zip.Report.Format, legacy.Report.Format));
        Assert.Equal("features.0.weight", zip.Tensors[0].Name);
        Assert.Equal(1_248_424, zip.Tensors.Sum(t => t.Tensor.Shape.ElementCount));
        AssertSame(zip.Tensors, legacy.Tensors);
    }

    [Fact]
    public void The_published_SqueezeNet_is_the_same_in_safetensors_npz_and_PyTorch()
    {
        IReadOnlyList<NamedTensor> safetensors = WeightFile.Read(SharedData.PathOrSkip("weights/squeezenet_v1.0.safetensors")).Tensors;
        IReadOnlyList<NamedTensor> npz = WeightFile.Read(SharedData.PathOrSkip("weights/squeezenet_v1.0.npz")).Tensors;
        IReadOnlyList<NamedTensor> torch = WeightFile.Read(SharedData.PathOrSkip("weights/squeezenet1_0.pth")).Tensors;

        // The first writes fire2/squeeze1x1, the second fire2.squeeze1x1.
        AssertSame(
            [.. safetensors.Select(t => t with { Name = t.Name.Replace('/', '.') }).OrderBy(t => t.Name, StringComparer.Ordinal)],
            [.. npz.OrderBy(t => t.Name, StringComparer.Ordinal)]);

        // PyTorch's has its own names, in the order of the net as the npz has them, and the first layer's channels in the order RGB.
        foreach ((NamedTensor caffe, NamedTensor named) in npz.Zip(torch))
        {
            Assert.Equal(caffe.Tensor.Shape, named.Tensor.Shape);
            if (caffe.Name != "conv1.weight")
            {
                Assert.Equal(Bits(caffe.Tensor), Bits(named.Tensor));
                continue;
            }

            for (int i = 0; i < 96 * 3; i++)
            {
                int swapped = (i / 3 * 3) + 2 - (i % 3);
                Assert.Equal(Bits(caffe.Tensor)[(i * 49)..((i + 1) * 49)], Bits(named.Tensor)[(swapped * 49)..((swapped + 1) * 49)]);
            }
        }
    }

    [Fact]
    public void Reading_all_holds_the_result_and_little_more()
    {
        string path = SharedData.PathOrSkip("weights/squeezenet1_0.pth");
        WeightFile.Read(path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        LoadedWeights loaded = WeightFile.Read(path);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        long result = loaded.Tensors.Sum(t => t.Tensor.Shape.ElementCount * sizeof(float));
        Assert.InRange(allocated, result, result + (1 << 20));
    }

    private static void AssertSame(IReadOnlyList<NamedTensor> expected, IReadOnlyList<NamedTensor> actual)
    {
        Assert.Equal(expected.Select(t => (t.Name, t.Tensor.Shape)), actual.Select(t => (t.Name, t.Tensor.Shape)));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(Bits(pair.First.Tensor), Bits(pair.Second.Tensor)));
    }

    private static int[] Bits(Tensor tensor) => [.. tensor.Span.ToArray().Select(BitConverter.SingleToInt32Bits)];

    private string Write(byte[] content)
    {
        File.WriteAllBytes(_temp["weights.bin"], content);
        return _temp["weights.bin"];
    }
}
