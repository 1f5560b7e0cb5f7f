using System.Globalization;
using System.Text.RegularExpressions;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Models;

/// <summary>What we compute from where the grids lie against what the reference wrote down.</summary>
public sealed partial class ReferenceGeometryTests
{
    /// <summary>The constants of the reference's nets: kernel and stride of each upsampling, and each crop's offset.</summary>
    [Theory]
    [InlineData("fcn32s-vgg16", "upscore 64/32", "score 19")]
    [InlineData("fcn16s-vgg16", "upscore2 4/2, upscore16 32/16", "score_pool4c 5, score 27")]
    [InlineData("fcn8s-vgg16", "upscore2 4/2, upscore_pool4 4/2, upscore8 16/8", "score_pool4c 5, score_pool3c 9, score 31")]
    [InlineData("fcn8s-atonce-vgg16", "upscore2 4/2, upscore_pool4 4/2, upscore8 16/8", "score_pool4c 5, score_pool3c 9, score 31")]
    [InlineData("fcn32s-alexnet", "upscore 63/32", "score 18")]
    public void Kernels_and_crop_offsets_are_the_references(string name, string kernels, string crops)
    {
        NetGraph graph = Reference(name);

        Assert.Equal(kernels, string.Join(", ", Layers<ConvTranspose2dLayer>(graph).Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Name} {l.Geometry.KernelHeight}/{l.Geometry.StrideHeight}"))));
        Assert.Equal(crops, string.Join(", ", Layers<CropLayer>(graph).Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Name} {l.OffsetY}"))));
        Assert.All(Layers<CropLayer>(graph), l => Assert.Equal(l.OffsetY, l.OffsetX));
        Assert.All(Layers<ConvTranspose2dLayer>(graph), l => Assert.Equal((0, 0, null), (l.Geometry.PaddingHeight, l.Geometry.OutputPaddingWidth, l.Bias)));
    }

    [Theory]
    [InlineData("fcn32s-vgg16", "voc-fcn32s/train.prototxt", 21)]
    [InlineData("fcn16s-vgg16", "voc-fcn16s/train.prototxt", 21)]
    [InlineData("fcn8s-vgg16", "voc-fcn8s/train.prototxt", 21)]
    [InlineData("fcn8s-atonce-vgg16", "voc-fcn8s-atonce/train.prototxt", 21)]
    [InlineData("fcn32s-alexnet", "voc-fcn-alexnet/train.prototxt", 21)]
    [InlineData("fcn32s-vgg16", "pascalcontext-fcn32s/train.prototxt", 60)]
    [InlineData("fcn8s-vgg16", "pascalcontext-fcn8s/train.prototxt", 60)]
    [InlineData("alexnet", "bvlc_reference_caffenet/deploy.prototxt", 1000)]
    [InlineData("googlenet", "bvlc_googlenet/deploy.prototxt", 1000)]
    [InlineData("lenet", "lenet.prototxt", 10)]
    public void Layers_and_their_numbers_are_those_of_the_published_definition(string name, string file, int classes)
    {
        string[] expected = [.. PublishedLayers(File.ReadAllText(SharedData.PathOrSkip("prototxt/" + file)))];
        NetGraph graph = Catalogue.Build(name, new NetOptions { Classes = classes, Padding = BorderPadding.Reference });

        // What training needs is the nets' own way to their loss, what a classifier is deployed for its probabilities.
        string output = file.EndsWith("train.prototxt", StringComparison.Ordinal) ? "loss" : "probabilities";
        Assert.Equal(expected.Order(StringComparer.Ordinal), graph.NodesFor([output]).Select(n => Describe(n.Layer)).OfType<string>().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("fcn8s-vgg16", Upsampling.Bilinear)]
    [InlineData("fcn32s-alexnet", Upsampling.Bilinear)]
    [InlineData("fcn8s-vgg16", Upsampling.Learned)]
    public void Score_layers_start_at_zero_and_upsampling_is_bilinear(string name, Upsampling upsampling)
    {
        NetGraph graph = Catalogue.Build(name, new NetOptions { Classes = 21, Upsampling = upsampling });
        foreach (Parameter parameter in graph.Parameters.Where(p => p.Name.StartsWith("score", StringComparison.Ordinal)))
        {
            Assert.Same(Initializer.Zero, parameter.Initializer);
        }

        foreach (Parameter parameter in graph.Parameters.Where(p => p.Name.StartsWith("upscore", StringComparison.Ordinal)))
        {
            Assert.Same(Initializer.Bilinear, parameter.Initializer);
            Assert.Equal(upsampling == Upsampling.Learned, parameter.IsTrainable);
        }
    }

    [Theory]
    [InlineData("fcn8s-vgg16", "conv1_1", 2, 0)]
    [InlineData("fcn32s-alexnet", "conv1", 1, 1)]
    [InlineData("fcn32s-alexnet", "score_fr", 2, 0)]
    [InlineData("fcn8s-googlenet", "conv1/7x7_s2", 2, 0)]
    public void Biases_learn_and_decay_as_in_the_reference(string name, string layer, float rate, float decay)
    {
        Parameter bias = Assert.Single(Reference(name).Parameters, p => p.Name == layer + ".bias");
        Assert.Equal((rate, decay), (bias.LearningRateMultiplier, bias.DecayMultiplier));
    }

    private static NetGraph Reference(string name) => Catalogue.Build(name, new NetOptions { Classes = 21, Padding = BorderPadding.Reference });

    private static IEnumerable<T> Layers<T>(NetGraph graph) => graph.Nodes.Select(n => n.Layer).OfType<T>();

    /// <summary>A layer of ours in the words of <see cref="PublishedLayers"/>; null for what a definition does not have.</summary>
    private static string? Describe(Layer layer) => string.Create(CultureInfo.InvariantCulture, $"{layer.Name} ") + (layer switch
    {
        Conv2dLayer { Geometry: { } g } c => Numbers("Convolution", c.Weight.Shape.N, g.KernelHeight, g.StrideHeight, g.PaddingHeight, g.Groups),
        ConvTranspose2dLayer { Geometry: { } g } c => Numbers("Deconvolution", c.Weight.Shape.C, g.KernelHeight, g.StrideHeight, g.PaddingHeight, g.Groups),
        FullyConnectedLayer f => Numbers("InnerProduct", f.Weight.Shape.N, 0, 1, 0, 1),
        MaxPool2dLayer { Geometry: { CeilMode: true } g } => Numbers("Pooling MAX", 0, g.KernelSize, g.Stride, g.Padding, 1),
        AvgPool2dLayer { Geometry: { CeilMode: true } g } => Numbers("Pooling AVE", 0, g.KernelSize, g.Stride, g.Padding, 1),
        LocalResponseNormLayer { Numbers: { } n } => string.Create(CultureInfo.InvariantCulture, $"LRN {n.Size} {n.Alpha} {n.Beta}"),
        DropoutLayer d => string.Create(CultureInfo.InvariantCulture, $"Dropout {d.Ratio}"),
        ScaleLayer s => string.Create(CultureInfo.InvariantCulture, $"Scale {s.Factor}"),
        CropLayer c => string.Create(CultureInfo.InvariantCulture, $"Crop {c.OffsetY}"),
        ReluLayer => "ReLU",
        SumLayer => "Eltwise",
        ConcatLayer => "Concat",
        SoftmaxLayer => "Softmax",
        _ => null,
    }) is { } text && !text.EndsWith(' ') ? text : null;

    private static string Numbers(string type, int outputs, int kernel, int stride, int padding, int groups) =>
        string.Create(CultureInfo.InvariantCulture, $"{type} n{outputs} k{kernel} s{stride} p{padding} g{groups}");

    /// <summary>The layers of a definition in one format, in one line each; data and loss left out.</summary>
    private static IEnumerable<string> PublishedLayers(string text)
    {
        foreach (string layer in LayerStart().Split(text).Skip(1))
        {
            string Word(string key, string otherwise) => Regex.Match(layer, $@"\b{key}: ""?([^""\s]+)") is { Success: true } m ? m.Groups[1].Value : otherwise;
            int Number(string key, int otherwise) => int.Parse(Word(key, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
            string type = Word("type", "");
            string? described = type switch
            {
                "Convolution" or "Deconvolution" => Numbers(type, Number("num_output", 0), Number("kernel_size", 0), Number("stride", 1), Number("pad", 0), Number("group", 1)),
                "InnerProduct" => Numbers(type, Number("num_output", 0), 0, 1, 0, 1),
                "Pooling" => Numbers("Pooling " + Word("pool", ""), 0, Number("kernel_size", 0), Number("stride", 1), Number("pad", 0), 1),
                "LRN" => $"LRN {Word("local_size", "")} {Word("alpha", "")} {Word("beta", "")}",
                "Dropout" => $"Dropout {Word("dropout_ratio", "")}",
                "Scale" => $"Scale {Word("value", "")}",
                "Crop" => $"Crop {Word("offset", "")}",
                "ReLU" or "Eltwise" or "Concat" or "Softmax" => type,
                _ => null,
            };
            if (described is not null)
            {
                yield return $"{Word("name", "")} {described}";
            }
        }
    }

    [GeneratedRegex(@"\blayer\s*\{")]
    private static partial Regex LayerStart();
}
