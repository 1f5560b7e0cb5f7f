using FcnSharp.Formats;
using FcnSharp.Formats.Caffe;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Caffe;

/// <summary>A .caffemodel as one of the formats that <see cref="WeightFile"/> tells by its content.</summary>
public sealed class CaffeSourceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("weights/bvlc_googlenet.caffemodel", 116)]
    [InlineData("weights/squeezenet_v1.0.caffemodel", 52)]
    public void A_published_file_has_the_tensors_of_its_model(string weights, int count)
    {
        string path = SharedData.PathOrSkip(weights);
        LoadedWeights loaded = WeightFile.Read(path);

        Assert.Equal(("Caffe", count), (loaded.Report.Format, loaded.Tensors.Count));
        Assert.Empty(loaded.Report.Coerced);
        foreach ((NamedTensor expected, NamedTensor found) in CaffeModel.Read(path).Tensors.Zip(loaded.Tensors))
        {
            Assert.Equal((expected.Name, expected.Tensor.Shape), (found.Name, found.Tensor.Shape));
            TensorAssert.SameBits(expected.Name, expected.Tensor.Span, found.Tensor.Span);
        }
    }

    [Fact]
    public void Tensors_are_read_one_by_one_in_any_order_and_doubles_are_told()
    {
        byte[] file =
        [
            .. CaffeBytes.Text(1, "net"),
            .. CaffeBytes.Layer("a", CaffeBytes.Bytes(5, CaffeBytes.Floats(1, 2)), CaffeBytes.Shape(3), CaffeBytes.Float(5, 3)),
            .. CaffeBytes.Layer("b", CaffeBytes.Shape(1, 2), CaffeBytes.Bytes(8, CaffeBytes.Doubles(4, double.NaN))),
        ];
        File.WriteAllBytes(_folder["w"], file);
        using WeightFile weights = WeightFile.Open(_folder["w"]);

        Assert.Equal([("a.weight", ElementType.F32, new Shape(3)), ("b.weight", ElementType.F64, new Shape(1, 2))], weights.Entries.Select(e => (e.Name, e.Type, e.Shape)));
        Assert.Equal("b.weight", Assert.Single(weights.Report.Coerced).Name);
        Assert.Equal([4, float.NaN], weights.ReadTensor("b.weight").Span.ToArray());
        Assert.Equal([1, 2, 3], weights.ReadTensor("a.weight").Span.ToArray());
        FormatAssert.Refuses(() => weights.ReadTensor("b.weight", rejectNonFinite: true), "w", "NaN");
    }

    public static TheoryData<string, byte[], bool> Starts => new()
    {
        { "name", CaffeBytes.Text(1, "net"), true },
        { "input", CaffeBytes.Text(3, "data"), true },
        { "older layer", CaffeBytes.Bytes(2, CaffeBytes.Text(4, "l")), true },
        { "newer layer", CaffeBytes.Bytes(100, CaffeBytes.Text(1, "l")), true },
        { "longer than the file", CaffeBytes.Length(100, 1000), false },
        { "text after an empty line", "\n<html>\n<body>\n</body>\n</html>\n and so on, for more than sixty letters of text to be here"u8.ToArray(), false },
        { "text", "name: \"net\""u8.ToArray(), false },
        { "another field", CaffeBytes.Bytes(9, [1, 2, 3]), false },
        { "one byte", [10], false },
    };

    [Theory]
    [MemberData(nameof(Starts))]
    public void The_first_field_tells_what_may_be_one(string what, byte[] start, bool expected)
    {
        File.WriteAllBytes(_folder["w"], start);

        string problem = Record.Exception(() => WeightFile.Open(_folder["w"]).Dispose())!.Message;

        Assert.True(expected == !problem.Contains("no weights that are known here", StringComparison.Ordinal), what + ": " + problem);
    }

    [Fact]
    public void A_file_that_shrinks_or_changes_while_it_is_open_is_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows refuses to write a file that is open for reading.");
        }

        byte[] file = [.. CaffeBytes.Layer("a", CaffeBytes.Shape(3), CaffeBytes.Bytes(5, CaffeBytes.Floats(1, 2, 3))), .. CaffeBytes.Layer("b", CaffeBytes.Shape(1), CaffeBytes.Float(5, 1))];
        File.WriteAllBytes(_folder["w"], file);
        using WeightFile weights = WeightFile.Open(_folder["w"]);
        Assert.Equal([1, 2, 3], weights.ReadTensor("a.weight").Span.ToArray());

        File.WriteAllBytes(_folder["w"], file[..10]);
        FormatAssert.Refuses(() => weights.ReadTensor("b.weight"), "w", "layer 'b'", "ends there");
        FormatAssert.Refuses(() => weights.ReadTensor("a.weight"), "w", "layer 'a'", ".caffemodel");
        int data = Array.IndexOf(file, (byte)0x2A);
        file[data] = 0x32;
        File.WriteAllBytes(_folder["w"], file);
        FormatAssert.Refuses(() => weights.ReadTensor("a.weight"), "w", "changed while it was read");
    }
}
