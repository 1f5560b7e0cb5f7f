using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.TestKit;
using FcnSharp.Tests.Formats;
using Xunit;

namespace FcnSharp.Tests.Inference;

/// <summary>Classifiers told by their weights, and what they say of images and all over them.</summary>
public sealed class ClassifierTests : IDisposable
{
    private const int Classes = 5;
    private readonly TempFolder _folder = new();
    private readonly IDevice _device = NetFixtures.Device("cpu");

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("squeezenet1.0")]
    [InlineData("squeezenet1.1")]
    public void A_classifier_is_told_by_its_weights_whatever_its_classes(string net)
    {
        using Classifier classifier = Classifier.Load(Weights(net), _device);

        Assert.Equal((net, 227), (classifier.Net, classifier.Size));
        Assert.Equal(["class 0", "class 1", "class 2", "class 3", "class 4"], classifier.Names);
        Assert.Equal(ChannelOrder.Bgr, classifier.Preprocessing.Order);
    }

    [Fact]
    public void Probabilities_of_an_image_add_up_to_1_and_its_middle_counts()
    {
        using Classifier classifier = Classifier.Load(Weights("squeezenet1.1"), _device);
        RgbImage image = Noise(260, 227);

        float[] all = classifier.Classify(image, TestContext.Current.CancellationToken);
        float[] middle = classifier.Classify(ImageCrop.Of(image, 16, 0, 227, 227), TestContext.Current.CancellationToken);

        Assert.Equal(1, all.Sum(), 1e-5);
        Assert.Equal(all, middle);
    }

    /// <summary>On an image of the classifier's own size the map is one cell: the classifier itself.</summary>
    [Fact]
    public void The_map_of_an_image_of_its_own_size_is_its_classification()
    {
        using Classifier classifier = Classifier.Load(Weights("squeezenet1.0"), _device);
        RgbImage image = Noise(227, 227);

        ClassMap map = classifier.Map(image, 227, TestContext.Current.CancellationToken);

        Assert.Equal((Classes, 1, 1), (map.Classes, map.Rows, map.Columns));
        float[] expected = classifier.Classify(image, TestContext.Current.CancellationToken);
        Assert.Equal(expected, Enumerable.Range(0, Classes).Select(map.Peak));
        Assert.Equal(Array.IndexOf(expected, expected.Max()), Assert.Single(map.Winners()));
        Assert.All(map.ToPixels(2, 30, 20), value => Assert.Equal(expected[2], value));
        Assert.Throws<FcnSharpException>(() => classifier.Map(image, 226, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_larger_image_gives_a_map_whose_cells_are_the_classifier_s_stride_apart()
    {
        using Classifier classifier = Classifier.Load(Weights("squeezenet1.1"), _device);

        ClassMap map = classifier.Map(Noise(150, 120), 260, TestContext.Current.CancellationToken);

        Assert.Equal((16d, 16d), (map.RowGrid.Stride, map.ColumnGrid.Stride));
        Assert.True(map is { Rows: > 1 } && map.Columns > map.Rows);
        for (int cell = 0; cell < map.Rows * map.Columns; cell++)
        {
            Assert.Equal(1, Enumerable.Range(0, Classes).Sum(c => map.Of(c)[cell]), 1e-5);
        }
    }

    [Fact]
    public void Pixels_are_interpolated_between_the_cells_places()
    {
        var grid = new PixelGrid(Stride: 4, Centre: 2, Size: 8);
        var map = new ClassMap(new Tensor(new Shape(1, 2, 1, 2), [0.25f, 0.75f, 0.75f, 0.25f]), grid, grid, height: 4, width: 8);

        Assert.Equal([0.25f, 0.25f, 0.25f, 0.375f, 0.5f, 0.625f, 0.75f, 0.75f], map.ToPixels(0, 8, 1));

        // Of twice the size pixel 7 lies at 3.25 of the image that was computed.
        Assert.Equal(0.25f + 0.5f * (3.25f - 2) / 4, map.ToPixels(0, 16, 1)[7]);
        Assert.Equal([1, 0], map.Winners());
    }

    [Fact]
    public void A_model_of_ours_says_its_names_and_its_input()
    {
        IReadOnlyList<NamedTensor> weights = WeightFile.Read(Weights("squeezenet1.1")).Tensors;
        ClassInfo[] classes = [.. Enumerable.Range(0, Classes).Select(i => new ClassInfo(((char)('a' + i)).ToString(), 1, 2, 3))];
        PretrainedModel made = PretrainedModel.Create("squeezenet1.1", new NetOptions { Classes = Classes }, classes, weights, "w", _device, WeightNames.Torchvision);
        ModelFile.Save(_folder["m.safetensors"], made.Description, made.Tensors);

        using Classifier classifier = Classifier.Load(_folder["m.safetensors"], _device);

        Assert.Equal(["a", "b", "c", "d", "e"], classifier.Names);
        Assert.Equal(WeightNames.Torchvision.Mean, classifier.Preprocessing.Mean);
        Assert.True(made.Report.IsComplete);
    }

    [Fact]
    public void Weights_that_are_of_no_classifier_are_refused()
    {
        SafetensorsWriter.Write(_folder["w.safetensors"], [new NamedTensor("a.weight", new Tensor(new Shape(3)))]);

        FormatAssert.Refuses(() => Classifier.Load(_folder["w.safetensors"], _device), "w.safetensors", "'a.weight' 3", "googlenet");
        FormatAssert.Refuses(() => Classifier.Load(Weights("squeezenet1.0"), _device, "squeezenet1.1"), "squeezenet1.0", "another shape");
        Assert.Contains("no classifier", Assert.Throws<FcnSharpException>(() => Classifier.Load(Weights("squeezenet1.0"), _device, "fcn8s-vgg16")).Message, StringComparison.Ordinal);
        Assert.Contains("There is no net", Assert.Throws<FcnSharpException>(() => Classifier.Load(Weights("squeezenet1.0"), _device, "resnet")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_net_of_Caffe_runs_from_its_definition_as_from_the_catalogue()
    {
        string weights = SharedData.PathOrSkip("weights/bvlc_googlenet.caffemodel");
        string definition = SharedData.PathOrSkip("prototxt/bvlc_googlenet/deploy.prototxt");
        RgbImage image = Noise(256, 240);
        using Classifier known = Classifier.Load(weights, _device);
        using Classifier defined = Classifier.LoadCaffe(weights, definition, _device);

        Assert.Equal((224, "espresso"), (defined.Size, defined.Names[967]));
        float[] expected = known.Classify(image, TestContext.Current.CancellationToken);
        float[] actual = defined.Classify(image, TestContext.Current.CancellationToken);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.Equal((1, 2), defined.Map(image, 250, TestContext.Current.CancellationToken) is var map ? (map.Rows, map.Columns) : default);
    }

    /// <summary>Three published files of one net: Caffe's, NumPy's with dots for slashes, and torchvision's names with the channels turned.</summary>
    [Fact]
    public void Files_of_one_net_in_three_formats_say_the_same()
    {
        var red = new Preprocessing(ChannelOrder.Rgb, [123, 117, 104]);
        RgbImage image = Noise(240, 230);
        float[] expected = Classify("weights/squeezenet_v1.0.caffemodel", null);

        Assert.Equal(expected, Classify("weights/squeezenet_v1.0.npz", null));
        Assert.All(expected.Zip(Classify("weights/squeezenet1_0.pth", red)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));

        float[] Classify(string weights, Preprocessing? input)
        {
            using Classifier classifier = Classifier.Load(SharedData.PathOrSkip(weights), _device, input: input);
            Assert.Equal("squeezenet1.0", classifier.Net);
            return classifier.Classify(image, TestContext.Current.CancellationToken);
        }
    }

    private string Weights(string net)
    {
        using var network = new Network(Catalogue.Build(net, new NetOptions { Classes = Classes }), _device);
        NetFixtures.Randomize(network);
        string path = _folder[net + ".safetensors"];
        SafetensorsWriter.Write(path, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        return path;
    }

    private static RgbImage Noise(int width, int height)
    {
        var image = new RgbImage(width, height);
        new Random(5).NextBytes(image.Pixels);
        return image;
    }
}
