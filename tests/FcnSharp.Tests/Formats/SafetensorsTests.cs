using System.Buffers.Binary;
using System.Text;
using FcnSharp.Formats;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FcnSharp.Tests.Formats;

public sealed class SafetensorsTests
{
    [Fact]
    public void A_small_file_is_written_byte_for_byte_as_the_format_says()
    {
        using TempFolder folder = new();
        string path = folder["golden.safetensors"];
        NamedTensor[] tensors = [new("b", new Tensor(new Shape(2), [1f, -2f])), new("a/ä", new Tensor(new Shape([]), [0.5f]))];
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["z"] = "1", ["k"] = "{\"x\":2}" });

        const string Header =
            """{"__metadata__":{"k":"{\"x\":2}","z":"1"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a/ä":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}""";
        string padded = Header + new string(' ', (8 - (Encoding.UTF8.GetByteCount(Header) % 8)) % 8);
        byte[] expected = SafetensorsBytes.File(padded, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 0x3F);
        Assert.Equal(expected, File.ReadAllBytes(path));
        Assert.Equal(0, (expected.Length - 12) % 8);
    }

    [Fact]
    public void What_was_written_is_read_in_every_type()
    {
        using TempFolder folder = new();
        string path = folder["x.safetensors"];
        Random random = new(5);
        Shape[] shapes = [new([]), new(1), new(17), new(3, 5), new(2, 3, 7), new(2, 3, 4, 5), new(70, 1, 41, 101)];
        List<NamedTensor> tensors = [.. shapes.Select((s, i) => new NamedTensor($"t{i}", RandomTensor(s, random)))];
        foreach (ElementType type in new[] { ElementType.F32, ElementType.F16, ElementType.BF16 })
        {
            SafetensorsWriter.Write(path, tensors, metadata: null, type);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.Empty(file.Metadata);
            Assert.Equal(tensors.Select(t => (t.Name, type, t.Tensor.Shape)), file.Entries.Select(e => (e.Name, e.Type, e.Shape)));
            foreach (NamedTensor tensor in tensors)
            {
                float[] expected = [.. tensor.Tensor.Span.ToArray().Select(v => Rounded(v, type))];
                Assert.Equal(expected, file.Read(tensor.Name, rejectNonFinite: true).Span.ToArray());
            }
        }
    }

    [Fact]
    public void Any_floats_and_any_text_survive()
    {
        using TempFolder folder = new();
        string path = folder["x.safetensors"];
        Check.QuickThrowOnFailure(Prop.ForAll<float[], NonNull<string>, NonNull<string>>((values, name, note) =>
        {
            string clean = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("n" + name.Get));
            string cleanNote = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(note.Get));
            float[] data = [1f, .. values];
            Dictionary<string, string> metadata = new() { [clean] = cleanNote };
            SafetensorsWriter.Write(path, [new NamedTensor(clean, new Tensor(new Shape(data.Length), data))], metadata);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            return file.Metadata[clean] == cleanNote
                && file.Read(clean).Span.ToArray().Select(BitConverter.SingleToInt32Bits).SequenceEqual(data.Select(BitConverter.SingleToInt32Bits));
        }));
    }

    [Fact]
    public void F64_is_rounded_and_other_types_are_listed_but_not_read()
    {
        using TempFolder folder = new();
        string path = folder["mixed.safetensors"];
        byte[] data = new byte[17];
        BinaryPrimitives.WriteDoubleLittleEndian(data, 0.1);
        const string Header =
            """{"i":{"dtype":"I64","shape":[],"data_offsets":[8,16]},"u":{"dtype":"BOOL","shape":[1],"data_offsets":[16,17]},"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""";
        File.WriteAllBytes(path, SafetensorsBytes.File(Header, data));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["d", "i", "u"], file.Entries.Select(e => e.Name));
        Assert.Equal(0.1f, file.Read("d").Span[0]);
        FormatAssert.Refuses(() => file.Read("i"), path, "'i'", "I64");
        FormatAssert.Refuses(() => file.Read("u"), path, "'u'", "BOOL");
        FormatAssert.Refuses(() => file.Read("nowhere"), path, "'nowhere'", "3");
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "infinity")]
    public void Non_finite_values_are_kept_or_refused(float bad, string word)
    {
        using TempFolder folder = new();
        string path = folder["bad.safetensors"];
        foreach (ElementType type in new[] { ElementType.F32, ElementType.F16, ElementType.BF16 })
        {
            SafetensorsWriter.Write(path, [new NamedTensor("ok", new Tensor(new Shape(3))), new NamedTensor("w", new Tensor(new Shape(2, 2), [0, 1, bad, bad]))], metadata: null, type);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.Equal(bad, file.Read("w").Span[3]);
            file.Read("ok", rejectNonFinite: true);
            FormatAssert.Refuses(() => file.Read("w", rejectNonFinite: true), path, "'w'", word, "element 2");
        }
    }

    [Theory]
    [InlineData(ElementType.F32)]
    [InlineData(ElementType.BF16)]
    public void A_non_finite_value_far_into_a_tensor_is_placed_rightly(ElementType type)
    {
        using TempFolder folder = new();
        string path = folder["far.safetensors"];
        Tensor tensor = new(new Shape(3, 100_000));
        tensor.Span[290_001] = float.NaN;
        SafetensorsWriter.Write(path, [new NamedTensor("w", tensor)], metadata: null, type);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        FormatAssert.Refuses(() => file.Read("w", rejectNonFinite: true), path, "'w'", "3x100000", "element 290001");
    }

    [Fact]
    public void What_cannot_be_written_is_refused_and_the_old_file_stays()
    {
        using TempFolder folder = new();
        string path = folder["x.safetensors"];
        Tensor one = new(new Shape(1), [70000f]);
        SafetensorsWriter.Write(path, [new NamedTensor("w", one)]);
        byte[] before = File.ReadAllBytes(path);
        FormatAssert.Refuses(() => SafetensorsWriter.Write(path, [new("w", one), new("w", one)]), path, "'w'", "twice");
        FormatAssert.Refuses(() => SafetensorsWriter.Write(path, [new("", one)]), path, "empty");
        FormatAssert.Refuses(() => SafetensorsWriter.Write(path, [new("__metadata__", one)]), path, "reserved");
        FormatAssert.Refuses(() => SafetensorsWriter.Write(path, [new("x\ud800", one)]), path, "Unicode");
        FormatAssert.Refuses(() => SafetensorsWriter.Write(path, [new("w", one)], null, ElementType.F16), path, "'w'", "70000", "F16");
        Assert.Throws<ArgumentOutOfRangeException>(() => SafetensorsWriter.Write(path, [new("w", one)], null, ElementType.F64));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public void The_published_SqueezeNet_is_read()
    {
        using SafetensorsFile file = SafetensorsFile.Open(SharedData.PathOrSkip("weights/squeezenet_v1.0.safetensors"));
        Assert.Equal("caffe names, OIHW", file.Metadata["format"]);
        Assert.Equal(52, file.Entries.Count);
        Assert.All(file.Entries, e => Assert.Equal(ElementType.F32, e.Type));
        Tensor conv1 = file.Read("conv1.weight", rejectNonFinite: true);
        Assert.Equal(new Shape(96, 3, 7, 7), conv1.Shape);
        Assert.InRange(conv1.Span.ToArray().Max(MathF.Abs), 0.01f, 2f);
        Assert.Equal(new Shape(16, 96, 1, 1), file.Read("fire2/squeeze1x1.weight").Shape);
        Assert.Equal(1_248_424, file.Entries.Sum(e => e.Shape.ElementCount));
    }

    private static Tensor RandomTensor(Shape shape, Random random)
    {
        Tensor tensor = new(shape);
        foreach (ref float value in tensor.Span)
        {
            value = (random.NextSingle() - 0.5f) * MathF.Pow(2, random.Next(-30, 15));
        }

        return tensor;
    }

    private static float Rounded(float value, ElementType type) => type switch
    {
        ElementType.F16 => (float)(Half)value,
        ElementType.BF16 => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(value) + 0x7FFF + ((BitConverter.SingleToUInt32Bits(value) >> 16) & 1)) & 0xFFFF_0000),
        _ => value,
    };
}
