using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Formats.Caffe;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats;

/// <summary>The examples of docs/formats.md, as they stand there.</summary>
public sealed class FormatsGuideTests
{
    private const string Definition = """
        name: "one layer"
        input: "data"
        input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 3 } }
        """;

    [Fact]
    public void A_net_of_Caffe_gets_its_weights()
    {
        using TempFolder folder = new();
        using CpuDevice device = new();
        (string prototxtPath, string modelPath) = (folder["deploy.prototxt"], folder["net.caffemodel"]);
        File.WriteAllText(prototxtPath, Definition);
        Tensor weight = new(new Shape(2, 3, 3, 3));
        weight.Span.Fill(0.25f);
        CaffeModel.FromTensors("one layer", [new NamedTensor("conv.weight", weight), new NamedTensor("conv.bias", new Tensor(new Shape(2)))]).Write(modelPath);

        // example:
        CaffeNet net = CaffeNet.Build(prototxtPath);                       // or CaffePhase.Train
        using var network = new Network(net.Graph, device);
        net.Load(network, CaffeModel.Read(modelPath), modelPath);          // partial: true allows what is missing or left over
        // end

        Assert.Equal(["conv"], net.Results);
        Assert.All(network.Save().Single(t => t.Key == "conv.weight").Value.Span.ToArray(), value => Assert.Equal(0.25f, value));
    }

    [Fact]
    public void A_dataset_is_read_by_a_decoder_of_the_users()
    {
        using TempFolder root = new();
        string folder = root["street"];
        Directory.CreateDirectory(Path.Combine(folder, "images"));
        Directory.CreateDirectory(Path.Combine(folder, "labels"));
        File.WriteAllLines(Path.Combine(folder, "classes.txt"), ["ground", "thing"]);
        foreach (string name in (string[])["a", "b", "c"])
        {
            File.WriteAllText(Path.Combine(folder, "images", name + ".png"), "II*\0");
            PngFile.WriteLabels(Path.Combine(folder, "labels", name + ".png"), new LabelMap(4, 3), Palette.Voc);
        }

        // example:
        ImageReader reader = new([.. ImageReader.Default.Decoders, new MyTiffDecoder()]);
        FolderDataset data = FolderDataset.Open(folder, DatasetSplit.Train, new FolderOptions { Images = reader });
        // end

        Assert.Equal((4, 3, 77), (data.Load(0).Image.Width, data.Load(0).Image.Height, data.Load(0).Image.Pixels[0]));
    }

    [Fact]
    public void The_page_quotes_these_examples() => Examples.AssertQuoted("docs/formats.md", "Formats/FormatsGuideTests.cs");

    private sealed class MyTiffDecoder : IImageDecoder
    {
        public string Format => "TIFF";

        public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith("II*\0"u8);

        public (int Width, int Height) ReadSize(Stream stream, string name) => (4, 3);

        public RgbImage Decode(Stream stream, string name, long maxPixels) => new(4, 3, [.. Enumerable.Repeat((byte)77, 3 * 4 * 3)]);
    }
}
