using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Models;

public sealed class WeightTransplantTests
{
    private const int Classes = 3;

    [Fact]
    public void A_net_takes_its_own_weights_and_all_match()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = Create("fcn8s-squeezenet1.1", device);
        IReadOnlyList<NamedTensor> tensors = Weights("fcn8s-squeezenet1.1", Classes);

        TransplantReport report = WeightTransplant.Apply(network, tensors, "some.safetensors");

        Assert.Equal(network.Graph.Parameters.Select(p => p.Name), report.Matched);
        Assert.Equal("fcn8s-squeezenet1.1", report.Origin);
        Assert.True(report.IsComplete);
        Assert.Equal($"some.safetensors (fcn8s-squeezenet1.1) into fcn8s-squeezenet1.1: {report.Matched.Count} matched", report.ToString());
        AssertLoaded(network, tensors, report.Matched);
    }

    /// <summary>Every FCN of the catalogue that is light enough to hold, from its classifier.</summary>
    [Theory]
    [InlineData("fcn16s-squeezenet1.0", "conv10")]
    [InlineData("fcn4s-squeezenet1.1", "conv10")]
    [InlineData("fcn32s-googlenet", "loss3/classifier")]
    [InlineData("fcn8s-googlenet", "loss3/classifier")]
    public void An_FCN_starts_from_its_classifier(string name, string lastLayer)
    {
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = Create(name, device);
        string classifier = name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..];
        IReadOnlyList<NamedTensor> tensors = Weights(classifier, 7);

        TransplantReport report = WeightTransplant.Apply(network, tensors, "file");

        Assert.Equal(classifier, report.Origin);
        Assert.Equal([lastLayer + ".bias", lastLayer + ".weight"], report.Dropped);
        Assert.All(report.New, n => Assert.Matches("^(score|upscore)", n));
        Assert.Equal(tensors.Count - 2, report.Matched.Count);
        Assert.Empty(report.Coerced);
        AssertLoaded(network, tensors, report.Matched);
    }

    /// <summary>By the names and shapes of the graphs alone: VGG16's weights would take half a gigabyte each.</summary>
    [Theory]
    [InlineData("fcn32s-vgg16", "vgg16")]
    [InlineData("fcn8s-atonce-vgg16", "vgg16")]
    [InlineData("fcn32s-alexnet", "alexnet")]
    public void Classifiers_with_fully_connected_layers_share_them_with_their_FCN(string name, string classifier)
    {
        Dictionary<string, Shape> target = Shapes(name, 21);
        Dictionary<string, Shape> source = Shapes(classifier, 1000);

        Assert.Equal(["fc8.bias", "fc8.weight"], source.Keys.Except(target.Keys).Order());
        Assert.All(target.Keys.Except(source.Keys), n => Assert.Matches("^(score|upscore)", n));
        Assert.All(source.Where(s => target.ContainsKey(s.Key)), s => Assert.Equal(target[s.Key], s.Value));
        Assert.Equal(classifier == "vgg16" ? new Shape(4096, 512, 7, 7) : new Shape(4096, 256, 6, 6), target["fc6.weight"]);
    }

    [Theory]
    [InlineData("fcn16s-googlenet", "fcn32s-googlenet", "upscore.weight", "score_inception_4e.bias, score_inception_4e.weight, upscore16.weight, upscore2.weight")]
    [InlineData("fcn8s-googlenet", "fcn16s-googlenet", "upscore16.weight", "score_inception_3b.bias, score_inception_3b.weight, upscore8.weight, upscore_inception_4e.weight")]
    [InlineData("fcn8s-googlenet", "fcn32s-googlenet", "upscore.weight", "score_inception_3b.bias, score_inception_3b.weight, score_inception_4e.bias, score_inception_4e.weight, upscore2.weight, upscore8.weight, upscore_inception_4e.weight")]
    [InlineData("fcn8s-squeezenet1.0", "fcn16s-squeezenet1.0", "upscore.weight", "score_pool4.bias, score_pool4.weight, upscore2.weight, upscore8.weight")]
    public void A_finer_FCN_starts_from_a_coarser_one(string name, string coarser, string dropped, string added)
    {
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = Create(name, device);
        IReadOnlyList<NamedTensor> tensors = Weights(coarser, Classes);

        TransplantReport report = WeightTransplant.Apply(network, tensors, "file");

        Assert.Equal((coarser, dropped), (report.Origin, string.Join(", ", report.Dropped)));
        Assert.Equal(added, string.Join(", ", report.New.Order(StringComparer.Ordinal)));
        Assert.Contains("score_fr.weight", report.Matched);
        AssertLoaded(network, tensors, report.Matched);
    }

    /// <summary>A new skip starts at zero, so a finer net begins with the scores of the coarser one, up to the interpolation between.</summary>
    [Fact]
    public void A_finer_FCN_begins_where_the_coarser_one_ended()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using var coarse = new Network(Catalogue.Build("fcn16s-squeezenet1.1", new NetOptions { Classes = Classes, Upsampling = Upsampling.Bilinear }), device);
        NetFixtures.Randomize(coarse);
        using var fine = new Network(Catalogue.Build("fcn8s-squeezenet1.1", new NetOptions { Classes = Classes, Upsampling = Upsampling.Bilinear }), device);
        fine.Initialize(seed: 5);
        WeightTransplant.Apply(fine, [.. coarse.Save().Select(t => new NamedTensor(t.Key, t.Value))], "file");
        Tensor image = NetFixtures.Random(new Shape(1, 3, 65, 65), "image");

        Tensor before = NetFixtures.Forward(coarse, "scores", ("image", image));
        Tensor after = NetFixtures.Forward(fine, "scores", ("image", image));

        // Both interpolate between the same points 16 pixels apart, where they agree.
        for (int y = 0; y < 65; y += 16)
        {
            for (int x = 0; x < 65; x += 16)
            {
                Assert.Equal(before[0, 1, y, x], after[0, 1, y, x], 1e-5f * Math.Max(1, Math.Abs(before[0, 1, y, x])));
            }
        }
    }

    [Fact]
    public void A_flat_matrix_becomes_a_kernel_by_flat_copy()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(Catalogue.Build("lenet", new NetOptions { Classes = 10 }), device);
        Dictionary<string, Tensor> tensors = Weights("lenet", 10).ToDictionary(t => t.Name, t => t.Tensor);
        float[] weight = tensors["ip1.weight"].Span.ToArray();
        tensors["ip1.weight"] = tensors["ip1.weight"].Reshape(new Shape(500, 800));
        tensors["ip2.weight"] = tensors["ip2.weight"].Reshape(new Shape(1, 1, 10, 500));
        tensors["ip1.bias"] = tensors["ip1.bias"].Reshape(new Shape(1, 1, 1, 500));

        TransplantReport report = WeightTransplant.Apply(network, [.. tensors.Select(t => new NamedTensor(t.Key, t.Value))], "file");

        Assert.Equal(
            [
                new Coercion("ip1.weight", new Shape(500, 800), new Shape(500, 50, 4, 4), "flat copy"),
                new Coercion("ip1.bias", new Shape(1, 1, 1, 500), new Shape(500), "flat copy"),
                new Coercion("ip2.weight", new Shape(1, 1, 10, 500), new Shape(10, 500, 1, 1), "flat copy"),
            ],
            report.Coerced);
        Assert.Equal(weight, Value(network, "ip1.weight"));
    }

    [Fact]
    public void A_matrix_of_other_rows_or_kernels_of_another_form_are_no_flat_copy()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(Catalogue.Build("lenet", new NetOptions { Classes = 10 }), device);
        Dictionary<string, Tensor> tensors = Weights("lenet", 10).ToDictionary(t => t.Name, t => t.Tensor);
        tensors["ip1.weight"] = tensors["ip1.weight"].Reshape(new Shape(800, 500));
        tensors["conv2.weight"] = tensors["conv2.weight"].Reshape(new Shape(50, 5, 20, 5));

        string message = Refused(network, tensors);

        Assert.Contains("2 of another shape: conv2.weight 50x5x20x5 for 50x20x5x5, ip1.weight 800x500 for 500x50x4x4", message, StringComparison.Ordinal);
    }

    [Fact]
    public void New_input_channels_start_as_the_mean_of_the_old_ones()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(Catalogue.Build("fcn16s-squeezenet1.1", new NetOptions { Classes = Classes, InputChannels = 4 }), device);
        network.Initialize(seed: 9);
        Tensor weight = Weights("squeezenet1.1", 7).Single(t => t.Name == "conv1.weight").Tensor;

        TransplantReport report = WeightTransplant.Apply(network, Weights("squeezenet1.1", 7), "file");

        Assert.Equal("conv1.weight", Assert.Single(report.Coerced).Name);
        var wide = new Tensor(new Shape(64, 4, 3, 3), Value(network, "conv1.weight"));
        for (int o = 0; o < 64; o++)
        {
            for (int i = 0; i < 9; i++)
            {
                Assert.Equal([weight[o, 0, i / 3, i % 3], weight[o, 1, i / 3, i % 3], weight[o, 2, i / 3, i % 3]], new[] { 0, 1, 2 }.Select(c => wide[o, c, i / 3, i % 3]));
                Assert.Equal((weight[o, 0, i / 3, i % 3] + weight[o, 1, i / 3, i % 3] + weight[o, 2, i / 3, i % 3]) / 3, wide[o, 3, i / 3, i % 3], 1e-6f);
            }
        }
    }

    [Fact]
    public void What_does_not_fit_is_named_and_nothing_is_changed()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = Create("fcn8s-squeezenet1.1", device);
        float[] before = Value(network, "conv1.weight");
        Dictionary<string, Tensor> tensors = Weights("fcn8s-squeezenet1.1", Classes).ToDictionary(t => t.Name, t => t.Tensor);
        tensors.Remove("fire2/squeeze1x1.bias");
        tensors["score_fr.bias"] = new Tensor(new Shape(Classes + 1));
        tensors["extra.weight"] = new Tensor(new Shape(1));

        string message = Refused(network, tensors);

        Assert.Contains("; 1 missing: fire2/squeeze1x1.bias; 1 unexpected: extra.weight; 1 of another shape: score_fr.bias 4 for 3; nothing was loaded", message, StringComparison.Ordinal);
        Assert.Equal(before, Value(network, "conv1.weight"));
    }

    [Fact]
    public void A_partial_load_takes_the_rest_and_tells_what_was_left_out()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = Create("fcn8s-squeezenet1.1", device);
        float[] before = Value(network, "score_fr.bias");
        List<NamedTensor> tensors = [.. Weights("fcn8s-squeezenet1.1", Classes + 1)];
        tensors.Add(new NamedTensor("extra.weight", new Tensor(new Shape(1))));

        TransplantReport report = WeightTransplant.Apply(network, tensors, "file", partial: true);

        Assert.False(report.IsComplete);
        Assert.Equal(["extra.weight"], report.Unexpected);
        Assert.Equal(6, report.Mismatched.Count);
        Assert.Equal(before, Value(network, "score_fr.bias"));
        AssertLoaded(network, tensors, report.Matched);
    }

    [Fact]
    public void A_file_of_which_nothing_fits_is_refused_even_partially()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = Create("fcn8s-squeezenet1.1", device);

        string message = NetAssert.OneLine(Assert.Throws<FcnSharpException>(() => WeightTransplant.Apply(network, [.. Weights("lenet", 10).Skip(4)], "file", partial: true)).Message);

        Assert.Contains("nothing fits", message, StringComparison.Ordinal);
        Assert.Contains("give weights of fcn8s-squeezenet1.1, fcn16s-squeezenet1.1, squeezenet1.1.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = Create("fcn8s-squeezenet1.1", device);
        IReadOnlyList<NamedTensor> tensors = Weights("squeezenet1.1", 7);

        Assert.Contains("two tensors named conv1.weight", Assert.Throws<FcnSharpException>(() => WeightTransplant.Apply(network, [.. tensors, tensors[0]], "file")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GoogLeNets_auxiliary_classifiers_are_dropped()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = Create("fcn32s-googlenet", device);
        NamedTensor auxiliary = new("loss1/fc.weight", new Tensor(new Shape(2, 3)));

        TransplantReport report = WeightTransplant.Apply(network, [.. Weights("googlenet", 7), auxiliary], "file");

        Assert.Equal(["loss1/fc.weight", "loss3/classifier.bias", "loss3/classifier.weight"], report.Dropped);
    }

    [Theory]
    [InlineData(0.01f, true)]
    [InlineData(0.02f, false)]
    public void The_stored_factors_of_a_fixed_scale_are_dropped_only_if_they_are_the_nets(float factor, bool fits)
    {
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Scale("scale_pool4", g.Conv2d("c", g.Input("x", 1), 2, Conv2dParameters.Square(1)), 0.01f))), device);
        NamedTensor[] tensors = [new("c.weight", new Tensor(new Shape(2, 1, 1, 1))), new("c.bias", new Tensor(new Shape(2))), new("scale_pool4.weight", new Tensor(new Shape(2), [0.01f, factor]))];

        TransplantReport report = WeightTransplant.Apply(network, tensors, "file", partial: true);

        Assert.Equal(fits, report.IsComplete);
        Assert.Equal(["scale_pool4.weight"], fits ? report.Dropped : report.Unexpected);
    }

    /// <summary>Weights that tell names and places apart: each number depends on its tensor's name.</summary>
    internal static IReadOnlyList<NamedTensor> Weights(string net, int classes) =>
        [.. Catalogue.Build(net, new NetOptions { Classes = classes }).Parameters.Select(p => new NamedTensor(p.Name, NetFixtures.Random(p.Shape, p.Name)))];

    private static Dictionary<string, Shape> Shapes(string net, int classes) =>
        Catalogue.Build(net, new NetOptions { Classes = classes }).Parameters.ToDictionary(p => p.Name, p => p.Shape);

    private static Network Create(string name, IDevice device)
    {
        var network = new Network(Catalogue.Build(name, new NetOptions { Classes = Classes }), device);
        network.Initialize(seed: 9);
        return network;
    }

    private static string Refused(Network network, Dictionary<string, Tensor> tensors) =>
        NetAssert.OneLine(Assert.Throws<FcnSharpException>(() => WeightTransplant.Apply(network, [.. tensors.Select(t => new NamedTensor(t.Key, t.Value))], "file")).Message);

    private static float[] Value(Network network, string name)
    {
        Parameter parameter = network.Graph.Parameters.Single(p => p.Name == name);
        float[] values = new float[parameter.Shape.ElementCount];
        network.Value(parameter).Read(values);
        return values;
    }

    private static void AssertLoaded(Network network, IReadOnlyList<NamedTensor> tensors, IReadOnlyList<string> names)
    {
        foreach (NamedTensor tensor in tensors.Where(t => names.Contains(t.Name)))
        {
            Assert.Equal(tensor.Tensor.Span.ToArray(), Value(network, tensor.Name));
        }
    }
}
