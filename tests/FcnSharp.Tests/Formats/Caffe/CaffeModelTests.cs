using FcnSharp.Formats;
using FcnSharp.Formats.Caffe;
using FcnSharp.Graph;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Caffe;

/// <summary>.caffemodel files of both formats, read and written.</summary>
public sealed class CaffeModelTests
{
    [Fact]
    public void SqueezeNet_holds_the_tensors_of_its_safetensors_file()
    {
        CaffeModel model = CaffeModel.Read(SharedData.PathOrSkip("weights/squeezenet_v1.0.caffemodel"));
        using SafetensorsFile expected = SafetensorsFile.Open(SharedData.PathOrSkip("weights/squeezenet_v1.0.safetensors"));
        Dictionary<string, Tensor> found = model.Tensors.ToDictionary(t => t.Name, t => t.Tensor);

        Assert.Equal("SqueezeNet_v1.0", model.Name);
        Assert.Equal(expected.Entries.Select(e => e.Name).Order(), found.Keys.Order());
        Assert.All(model.Layers, layer => Assert.Equal(("Convolution", layer.Name), (layer.Type, Assert.Single(layer.Tops))));
        foreach (SafetensorsEntry entry in expected.Entries)
        {
            Assert.Equal(entry.Shape, found[entry.Name].Shape);
            TensorAssert.SameBits(entry.Name, expected.Read(entry.Name).Span, found[entry.Name].Span);
        }
    }

    [Fact]
    public void GoogLeNet_is_read_in_the_older_format()
    {
        CaffeModel model = CaffeModel.Read(SharedData.PathOrSkip("weights/bvlc_googlenet.caffemodel"));

        Assert.Equal("GoogleNet", model.Name);
        Assert.Equal((58, 116), (model.Layers.Count, model.Tensors.Count()));
        Assert.Equal(["Convolution", "InnerProduct"], model.Layers.Select(l => l.Type).Distinct());
        Assert.Equal(new Shape(64, 3, 7, 7), model.Layers[0].Blobs[0].Shape);
        Assert.Equal(new Shape(1, 1, 1, 64), model.Layers[0].Blobs[1].Shape);
        Assert.Equal(("loss3/classifier", new Shape(1, 1, 1000, 1024)), (model.Layers[^1].Name, model.Layers[^1].Blobs[0].Shape));
        Assert.Equal(6_998_552, model.Tensors.Sum(t => t.Tensor.Shape.ElementCount));
    }

    [Fact]
    public void Reading_takes_the_memory_of_the_weights_once()
    {
        string path = SharedData.PathOrSkip("weights/bvlc_googlenet.caffemodel");
        CaffeModel.Read(path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        CaffeModel.Read(path);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, new FileInfo(path).Length + (2 << 20));
    }

    [Fact]
    public void Elements_may_be_packed_or_not_floats_or_doubles_in_pieces_before_or_after_the_shape()
    {
        byte[][][] blobs =
        [
            [CaffeBytes.Shape(2, 3), CaffeBytes.Bytes(5, CaffeBytes.Floats(1, 2, 3, 4, 5, 6))],
            [CaffeBytes.Bytes(5, CaffeBytes.Floats(1, 2, 3, 4, 5, 6)), CaffeBytes.Shape(2, 3)],
            [CaffeBytes.Bytes(5, CaffeBytes.Floats(1, 2)), CaffeBytes.Float(5, 3), CaffeBytes.Shape(2, 3), CaffeBytes.Bytes(5), CaffeBytes.Float(5, 4), CaffeBytes.Bytes(5, CaffeBytes.Floats(5, 6))],
            [CaffeBytes.Shape(2, 3), CaffeBytes.Bytes(8, CaffeBytes.Doubles(1, 2, 3, 4)), CaffeBytes.Double(8, 5), CaffeBytes.Double(8, 6)],
            [CaffeBytes.Bytes(7, CaffeBytes.Varint(1, 2), CaffeBytes.Varint(1, 3)), CaffeBytes.Bytes(5, CaffeBytes.Floats(1, 2, 3, 4, 5, 6)), CaffeBytes.Bytes(6, CaffeBytes.Floats(9, 9, 9, 9, 9, 9))],
        ];
        foreach (byte[][] blob in blobs)
        {
            Tensor tensor = Assert.Single(Assert.Single(Read(CaffeBytes.Layer("c", blob)).Layers).Blobs);
            Assert.Equal(new Shape(2, 3), tensor.Shape);
            Assert.Equal([1, 2, 3, 4, 5, 6], tensor.Span.ToArray());
        }
    }

    [Fact]
    public void The_older_shape_has_four_sizes_and_the_newer_one_comes_first()
    {
        byte[][] legacy = [CaffeBytes.Varint(1, 1), CaffeBytes.Varint(2, 2), CaffeBytes.Varint(3, 1), CaffeBytes.Varint(4, 3)];
        byte[] data = CaffeBytes.Bytes(5, CaffeBytes.Floats(1, 2, 3, 4, 5, 6));

        Assert.Equal(new Shape(1, 2, 1, 3), Read(CaffeBytes.Layer("c", [.. legacy, data])).Layers[0].Blobs[0].Shape);
        Assert.Equal(new Shape(6), Read(CaffeBytes.Layer("c", [CaffeBytes.Shape(6), .. legacy, data])).Layers[0].Blobs[0].Shape);
        Assert.Equal(new Shape(6), Read(CaffeBytes.Layer("c", data)).Layers[0].Blobs[0].Shape);
    }

    [Fact]
    public void Both_formats_say_the_same_and_unknown_fields_are_passed_over()
    {
        byte[] blob = CaffeBytes.Float(5, 7);
        byte[] file =
        [
            .. CaffeBytes.Text(1, "net"), .. CaffeBytes.Varint(5, 1), .. CaffeBytes.Bytes(6, CaffeBytes.Varint(1, 1)),
            .. CaffeBytes.Bytes(2, CaffeBytes.Text(2, "data"), CaffeBytes.Text(3, "top"), CaffeBytes.Text(4, "v1"), CaffeBytes.Varint(5, 39), CaffeBytes.Bytes(6, blob), CaffeBytes.Float(7, 1)),
            .. CaffeBytes.Bytes(2, CaffeBytes.Text(4, "new"), CaffeBytes.Varint(5, 77)),
            .. CaffeBytes.Bytes(100, CaffeBytes.Text(1, "v2"), CaffeBytes.Text(2, "Scale"), CaffeBytes.Text(3, "a"), CaffeBytes.Text(3, "b"), CaffeBytes.Text(4, "t"), CaffeBytes.Bytes(7, blob), CaffeBytes.Bytes(7, blob), CaffeBytes.Bytes(7, blob), CaffeBytes.Bytes(142, [1, 2, 3])),
        ];
        CaffeModel model = Read(file);

        Assert.Equal("net", model.Name);
        Assert.Equal([("v1", "Deconvolution", "data", "top", 1), ("new", "V1:77", "", "", 0), ("v2", "Scale", "a b", "t", 3)],
            model.Layers.Select(l => (l.Name, l.Type, string.Join(' ', l.Bottoms), string.Join(' ', l.Tops), l.Blobs.Count)));
        Assert.Equal(["v1.weight", "v2.weight", "v2.bias", "v2.blob2"], model.Tensors.Select(t => t.Name));
    }

    [Fact]
    public void What_is_written_is_read_and_written_again_to_the_bit()
    {
        using TempFolder folder = new();
        CaffeModel model = new("net",
        [
            new CaffeLayer("conv1/7x7", "Convolution", ["data"], ["conv1/7x7"], [NetFixtures.Random(new Shape(200, 3, 7, 5), "w"), NetFixtures.Random(new Shape(200), "b")]),
            new CaffeLayer("relu", "ReLU", ["conv1/7x7"], ["conv1/7x7"], []),
            new CaffeLayer("größe", "", [], ["a", "b"], [NetFixtures.Filled(new Shape(), 0.25f), NetFixtures.Filled(new Shape(1, 1, 1, 2), -0f, float.Epsilon)]),
        ]);
        model.Write(folder["a.caffemodel"]);
        CaffeModel read = CaffeModel.Read(folder["a.caffemodel"]);
        read.Write(folder["b.caffemodel"]);

        Assert.Equal(model.Name, read.Name);
        Assert.Equal(model.Layers.Count, read.Layers.Count);
        foreach ((CaffeLayer expected, CaffeLayer found) in model.Layers.Zip(read.Layers))
        {
            Assert.Equal((expected.Name, expected.Type), (found.Name, found.Type));
            Assert.Equal(expected.Bottoms, found.Bottoms);
            Assert.Equal(expected.Tops, found.Tops);
            Assert.Equal(expected.Blobs.Select(b => b.Shape), found.Blobs.Select(b => b.Shape));
            Assert.All(expected.Blobs.Zip(found.Blobs), pair => TensorAssert.SameBits(expected.Name, pair.First.Span, pair.Second.Span));
        }

        Assert.Equal(File.ReadAllBytes(folder["a.caffemodel"]), File.ReadAllBytes(folder["b.caffemodel"]));
        Assert.Equal(2, Directory.GetFiles(folder.Root).Length);
    }

    [Fact]
    public void A_published_file_survives_being_written()
    {
        using TempFolder folder = new();
        string source = SharedData.PathOrSkip("weights/squeezenet_v1.0.caffemodel");
        CaffeModel.Read(source).Write(folder["copy.caffemodel"]);

        // Only the order of shape and elements could differ, and there it does not.
        Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(folder["copy.caffemodel"]));
    }

    [Fact]
    public void Tensors_of_a_net_become_layers_with_their_types()
    {
        NetGraph graph = NetFixtures.Graph("n", g =>
        {
            GraphValue x = g.Conv2d("c", g.Input("data", 2), 3, Conv2dParameters.Square(1));
            g.Output("y", g.ConvTranspose2d("up", x, 3, ConvTranspose2dParameters.Square(2, 2)));
        });
        NamedTensor[] tensors = [.. graph.Parameters.Select(p => new NamedTensor(p.Name, NetFixtures.Random(p.Shape, p.Name)))];

        CaffeModel model = CaffeModel.FromTensors("n", tensors, graph);

        Assert.Equal([("c", "Convolution", "data", "c", 2), ("up", "Deconvolution", "c", "up", 1)],
            model.Layers.Select(l => (l.Name, l.Type, Assert.Single(l.Bottoms), Assert.Single(l.Tops), l.Blobs.Count)));
        Assert.Equal(tensors, model.Tensors);
        Assert.Equal(["", ""], CaffeModel.FromTensors("n", tensors).Layers.Select(l => l.Type));
    }

    [Theory]
    [InlineData("a.running_mean")]
    [InlineData("weight")]
    [InlineData(".weight")]
    [InlineData("a.bias")]
    [InlineData("a.weight", "a.weight")]
    [InlineData("a.weight", "a.bias", "a.bias")]
    public void Tensors_without_a_place_are_refused(params string[] names)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => CaffeModel.FromTensors("n", names.Select(name => new NamedTensor(name, new Tensor(new Shape(1))))));
        FormatAssert.AssertOneLine(error.Message);
    }

    [Fact]
    public void A_weight_that_is_no_number_is_not_written_and_the_old_file_stays()
    {
        using TempFolder folder = new();
        string path = folder["m.caffemodel"];
        File.WriteAllText(path, "old");
        var model = new CaffeModel("n", [new CaffeLayer("c", "", [], [], [NetFixtures.Filled(new Shape(2), 1, float.NaN)])]);

        FormatAssert.Refuses(() => model.Write(path), path, "'c'", "NaN");
        Assert.Equal("old", File.ReadAllText(path));
        FormatAssert.Refuses(() => model.Write(folder["no/such/folder.caffemodel"]), "folder.caffemodel", "not written");
    }

    private static CaffeModel Read(byte[] bytes)
    {
        using TempFolder folder = new();
        File.WriteAllBytes(folder["m.caffemodel"], bytes);
        return CaffeModel.Read(folder["m.caffemodel"]);
    }
}
