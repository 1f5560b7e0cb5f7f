using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Models;

public sealed class WeightNamesTests
{
    /// <summary>The layers of torchvision's nets that have weights, in their order, which is ours too.</summary>
    [Theory]
    [InlineData("vgg16", "features.0 2 5 7 10 12 14 17 19 21 24 26 28", "classifier.0 3 6")]
    [InlineData("squeezenet1.0", "features.0 3* 4* 5* 7* 8* 9* 10* 12*", "classifier.1")]
    [InlineData("squeezenet1.1", "features.0 3* 4* 6* 7* 9* 10* 11* 12*", "classifier.1")]
    public void Torchvisions_numbers_become_our_names_in_the_same_order(string net, string features, string classifier)
    {
        NamedTensor[] tensors = [.. Names(features).Concat(Names(classifier)).SelectMany(n => (string[])[n + ".weight", n + ".bias"]).Select(n => new NamedTensor(n, new Tensor(new Shape(1))))];

        RenamedWeights renamed = WeightNames.Recognize(net, tensors, "file");

        Assert.Equal("torchvision", renamed.Naming);
        Assert.Equal(Catalogue.Build(net, new NetOptions { Classes = 5 }).Parameters.Select(p => p.Name), renamed.Tensors.Select(t => t.Name));
        Assert.All(tensors.Zip(renamed.Tensors), pair => Assert.Same(pair.First.Tensor, pair.Second.Tensor));
        Assert.Equal(ChannelOrder.Rgb, renamed.Preprocessing!.Order);
        Assert.Equal(renamed.Tensors, WeightNames.Recognize($"fcn8s-{net}", tensors, "file").Tensors);
    }

    [Fact]
    public void Our_own_names_stay_and_bring_the_input_of_their_net()
    {
        IReadOnlyList<NamedTensor> classifier = WeightTransplantTests.Weights("googlenet", 5);
        IReadOnlyList<NamedTensor> fcn = WeightTransplantTests.Weights("fcn32s-googlenet", 5);

        Assert.Equal(classifier, WeightNames.Recognize("fcn8s-googlenet", classifier, "file").Tensors);
        Assert.Equal([104f, 117, 123], WeightNames.Recognize("fcn8s-googlenet", classifier, "file").Preprocessing!.Mean);
        Assert.Equal([104.00699f, 116.66877f, 122.67892f], WeightNames.Recognize("fcn8s-googlenet", fcn, "file").Preprocessing!.Mean);
    }

    /// <summary>As some programs write names that shall be file names; what is of no layer stays.</summary>
    [Fact]
    public void Dots_in_the_place_of_slashes_become_slashes_again()
    {
        IReadOnlyList<NamedTensor> expected = [.. WeightTransplantTests.Weights("googlenet", 5), new NamedTensor("loss1/fc.weight", new Tensor(new Shape(1)))];
        NamedTensor[] dotted = [.. expected.Select(t => t with { Name = t.Name.Replace('/', '.') })];

        IReadOnlyList<NamedTensor> renamed = WeightNames.Recognize("fcn8s-googlenet", dotted, "file").Tensors;

        Assert.Equal(expected.SkipLast(1), renamed.SkipLast(1));
        Assert.Equal("loss1.fc.weight", renamed[^1].Name);
    }

    [Theory]
    [InlineData("fcn8s-vgg16", "features.1.weight", "features.1.weight is no layer of torchvision's vgg16")]
    [InlineData("fcn8s-vgg16", "classifier", "classifier is no layer of torchvision's vgg16")]
    [InlineData("fcn32s-alexnet", "features.0.weight", "there is no map for fcn32s-alexnet, only for nets on vgg16, squeezenet1.0, squeezenet1.1")]
    public void Numbers_without_a_map_are_refused(string net, string name, string expected)
    {
        NamedTensor[] tensors = [new("features.0.weight", new Tensor(new Shape(1))), new(name, new Tensor(new Shape(1)))];

        Assert.Contains(expected, NetAssert.OneLine(Assert.Throws<FcnSharpException>(() => WeightNames.Recognize(net, tensors, "file")).Message), StringComparison.Ordinal);
    }

    /// <summary>The same picture through both conversions gives the same scores.</summary>
    [Theory]
    [InlineData(ChannelOrder.Rgb)]
    [InlineData(ChannelOrder.Bgr)]
    public void A_converted_first_layer_computes_the_same_from_its_own_input(ChannelOrder wanted)
    {
        NetGraph graph = Catalogue.Build("squeezenet1.1", new NetOptions { Classes = 5 });
        IReadOnlyList<NamedTensor> tensors = WeightTransplantTests.Weights("squeezenet1.1", 5);
        var to = new Preprocessing(wanted, [0, 0, 0], [1, 2, 0.5f]);

        (IReadOnlyList<NamedTensor> converted, Preprocessing input) = InputConversion.Convert(graph, tensors, WeightNames.Torchvision, to);

        Assert.Equal((wanted, to.Scale), (input.Order, input.Scale));
        Assert.Equal(wanted == ChannelOrder.Rgb ? WeightNames.Torchvision.Mean : WeightNames.Torchvision.Mean.Reverse(), input.Mean);
        float[] before = Scores(graph, tensors, WeightNames.Torchvision);
        float[] after = Scores(graph, converted, input);
        float largest = before.Max(Math.Abs);
        Assert.All(before.Zip(after), pair => Assert.Equal(pair.First, pair.Second, 1e-5f * largest));
    }

    [Fact]
    public void Turning_the_order_twice_gives_the_same_bits()
    {
        NetGraph graph = Catalogue.Build("squeezenet1.1", new NetOptions { Classes = 5 });
        IReadOnlyList<NamedTensor> tensors = WeightTransplantTests.Weights("squeezenet1.1", 5);
        var rgb = new Preprocessing(ChannelOrder.Rgb, [3, 2, 1], [0.5f, 0.25f, 1]);
        var bgr = new Preprocessing(ChannelOrder.Bgr, [1, 2, 3], [1, 0.25f, 0.5f]);

        (IReadOnlyList<NamedTensor> once, Preprocessing input) = InputConversion.Convert(graph, tensors, rgb, bgr);
        (IReadOnlyList<NamedTensor> twice, Preprocessing back) = InputConversion.Convert(graph, once, input, rgb);

        Assert.Equal(bgr.Mean, input.Mean);
        Assert.Equal(rgb.Mean, back.Mean);
        Assert.NotEqual(tensors[0].Tensor.Span.ToArray(), once[0].Tensor.Span.ToArray());
        Assert.Equal(tensors[0].Tensor.Span.ToArray(), twice[0].Tensor.Span.ToArray());
    }

    [Fact]
    public void Weights_without_colours_cannot_be_converted()
    {
        NetGraph graph = Catalogue.Build("lenet", new NetOptions { Classes = 10 });
        Preprocessing p = WeightNames.Torchvision;

        Assert.Contains("found 20x1x5x5", Assert.Throws<FcnSharpException>(() => InputConversion.Convert(graph, WeightTransplantTests.Weights("lenet", 10), p, p)).Message, StringComparison.Ordinal);
        Assert.Contains("found none", Assert.Throws<FcnSharpException>(() => InputConversion.Convert(graph, [], p, p)).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(string compact)
    {
        string group = compact[..(compact.IndexOf('.', StringComparison.Ordinal) + 1)];
        foreach (string index in compact[group.Length..].Split(' '))
        {
            string[] parts = index.EndsWith('*') ? [".squeeze", ".expand1x1", ".expand3x3"] : [""];
            foreach (string part in parts)
            {
                yield return group + index.TrimEnd('*') + part;
            }
        }
    }

    private static float[] Scores(NetGraph graph, IReadOnlyList<NamedTensor> tensors, Preprocessing input)
    {
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(graph, device);
        WeightTransplant.Apply(network, tensors, "file");
        var image = new RgbImage(40, 50);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)(i * 37 + i / 7);
        }

        var planes = new Tensor(new Shape(1, 3, 50, 40));
        InputEncoder.Encode(image, input, planes.Span);
        return NetFixtures.Forward(network, "scores", ("image", planes)).Span.ToArray();
    }
}
