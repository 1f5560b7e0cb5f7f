using FcnSharp.Formats.Caffe;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Caffe;

/// <summary>Graphs of definitions: the published family, each layer's numbers and results, and what is refused. Long, as each kind of layer has its own.</summary>
public sealed class CaffeNetTests
{
    [Theory]
    [InlineData(CaffePhase.Train)]
    [InlineData(CaffePhase.Test)]
    public void The_whole_published_family_is_built(CaffePhase phase)
    {
        int built = 0;
        foreach (string path in Directory.EnumerateFiles(SharedData.PathOrSkip("prototxt"), "*.prototxt", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(path) == "solver.prototxt")
            {
                continue;
            }

            CaffeNet net = CaffeNet.Build(path, phase, path.Contains("nyud-fcn32s-color-d", StringComparison.Ordinal) ? Depth : null);
            string text = File.ReadAllText(path);
            Assert.NotEmpty(net.Graph.Parameters);
            Assert.NotEmpty(net.Results);
            bool trains = text.Contains("SoftmaxWithLoss", StringComparison.Ordinal);
            Assert.Equal(trains, net.Losses.Count > 0);
            Assert.Equal(trains, net.Graph.Inputs.Any(i => i.Type == FcnSharp.Tensors.Programs.ElementType.Int32));
            Assert.All(net.Losses, loss => Assert.Contains(loss, net.Results));
            built++;
        }

        Assert.Equal(38, built);
    }

    [Fact]
    public void FCN_8s_is_what_the_reference_says()
    {
        CaffeNet net = CaffeNet.Build(SharedData.PathOrSkip("prototxt/voc-fcn8s/train.prototxt"), CaffePhase.Train);

        // 134.3 million without the transposed convolutions, 21 * 21 * (4 * 4 + 4 * 4 + 16 * 16) with them.
        Assert.Equal(134_362_751 + (21 * 21 * (16 + 16 + 256)), net.Graph.Parameters.Sum(p => p.Shape.ElementCount));
        Assert.Equal([5, 9, 31], net.Graph.Nodes.Select(n => n.Layer).OfType<CropLayer>().Select(c => c.OffsetY));
        Assert.All(net.Graph.Nodes.Select(n => n.Layer).OfType<ConvTranspose2dLayer>(), up =>
        {
            Assert.Same(Initializer.Bilinear, up.Weight.Initializer);
            Assert.Equal((0f, true), (up.Weight.LearningRateMultiplier, up.Bias is null));
        });
        var loss = (SoftmaxCrossEntropyLossLayer)net.Graph.Outputs["loss"].Node!.Layer;
        Assert.Equal((255, LossReduction.Sum, 1f), (loss.IgnoreIndex, loss.Reduction, loss.Weight));
        Assert.Equal(["loss"], net.Results);
        var conv = (Conv2dLayer)net.Graph.Outputs["conv1_1"].Node!.Inputs[0].Node!.Layer;
        Assert.Equal((100, 1f, 2f, 1f, 0f), (conv.Geometry.PaddingHeight, conv.Weight.LearningRateMultiplier, conv.Bias!.LearningRateMultiplier, conv.Weight.DecayMultiplier, conv.Bias.DecayMultiplier));
        Assert.Equal(["conv1_1.weight", "conv1_1.bias"], net.Graph.Parameters.Take(2).Select(p => p.Name));
    }

    [Theory]
    [InlineData("voc-fcn8s/deploy.prototxt", "score", 21)]
    [InlineData("voc-fcn32s/val.prototxt", "score", 21)]
    [InlineData("voc-fcn16s/val.prototxt", "score", 21)]
    [InlineData("voc-fcn8s-atonce/train.prototxt", "score", 21)]
    [InlineData("voc-fcn-alexnet/val.prototxt", "score", 21)]
    [InlineData("pascalcontext-fcn8s/val.prototxt", "score", 60)]
    [InlineData("siftflow-fcn8s/test.prototxt", "score_geo", 3)]
    [InlineData("nyud-fcn32s-color-hha/test.prototxt", "score", 40)]
    [InlineData("nyud-fcn32s-color-d/test.prototxt", "score", 40)]
    public void Scores_of_every_net_lie_over_the_pixels_of_any_image(string file, string score, int classes)
    {
        CaffeNet net = CaffeNet.Build(SharedData.PathOrSkip("prototxt/" + file), CaffePhase.Test, file.Contains("color-d", StringComparison.Ordinal) ? Depth : null);
        foreach ((int height, int width) in ((int, int)[])[(500, 375), (1, 1), (33, 65)])
        {
            Assert.Equal(new Shape(1, classes, height, width), ShapeOf(net.Graph, net.Graph.Outputs[score], height, width));
        }
    }

    [Fact]
    public void At_once_training_scales_its_skips_by_frozen_numbers()
    {
        CaffeNet net = CaffeNet.Build(SharedData.PathOrSkip("prototxt/voc-fcn8s-atonce/train.prototxt"), CaffePhase.Train);
        Parameter scale = net.Graph.Parameters.Single(p => p.Name == "scale_pool3.weight");
        var tensor = new Tensor(scale.Shape);
        scale.Initializer.Fill(tensor, 1, 1);

        Assert.Equal((new Shape(256, 1, 1, 1), false), (scale.Shape, scale.IsTrainable));
        Assert.All(tensor.Span.ToArray(), value => Assert.Equal(0.0001f, value));
    }

    [Fact]
    public void Two_heads_are_two_losses_and_auxiliary_ones_weigh_less()
    {
        CaffeNet sift = CaffeNet.Build(SharedData.PathOrSkip("prototxt/siftflow-fcn32s/trainval.prototxt"), CaffePhase.Train);
        CaffeNet google = CaffeNet.Build(SharedData.PathOrSkip("prototxt/bvlc_googlenet/train_val.prototxt"), CaffePhase.Train);

        Assert.Equal(["loss", "loss_geo"], sift.Losses);
        Assert.Equal([0.3f, 0.3f, 1], google.Losses.Select(l => ((SoftmaxCrossEntropyLossLayer)google.Graph.Outputs[l].Node!.Layer).Weight));
        Assert.Equal(new Shape(32, 3, 224, 224), google.InputShapes["data"]);
        Assert.Equal(["data", "label"], google.Graph.Inputs.Select(i => i.Name));
    }

    [Fact]
    public void LeNet_and_AlexNet_have_their_weights_in_place()
    {
        CaffeNet lenet = CaffeNet.Build(SharedData.PathOrSkip("prototxt/lenet.prototxt"));
        CaffeNet alexnet = CaffeNet.Build(SharedData.PathOrSkip("prototxt/bvlc_alexnet/deploy.prototxt"));

        Assert.Equal(431_080, lenet.Graph.Parameters.Sum(p => p.Shape.ElementCount));
        Assert.Equal(60_965_224, alexnet.Graph.Parameters.Sum(p => p.Shape.ElementCount));
        Assert.Equal(new Shape(4096, 256, 6, 6), alexnet.Graph.Parameters.Single(p => p.Name == "fc6.weight").Shape);
        Assert.Equal(["prob"], alexnet.Results);
    }

    [Fact]
    public void A_published_training_net_computes_its_loss_and_gradients()
    {
        CaffeNet net = CaffeNet.Build(SharedData.PathOrSkip("prototxt/voc-fcn-alexnet/train.prototxt"), CaffePhase.Train);
        Shape image = new(1, 3, 9, 8);
        Shape pixels = new(1, 1, 9, 8);
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = new(net.Graph, device);
        NetFixtures.Randomize(network);
        CompiledNet compiled = network.Compile(CompileTarget.Train("loss"), new Dictionary<string, Shape> { ["data"] = image, ["label"] = pixels });
        using IExecution execution = compiled.Plan.Begin();
        execution.Write(compiled.Inputs["data"], TestData.Normal(image, 3, scale: 60).Span);
        execution.Write(compiled.Inputs["label"], NetFixtures.Labels(pixels, 21));
        execution.Run(TestContext.Current.CancellationToken);

        Tensor loss = NetFixtures.Read(execution, compiled.Outputs["loss"]);
        Assert.InRange(loss.Span[0], 0.01f, 100f);
        Assert.Equal(NetFixtures.Labels(pixels, 21).Count(label => label != 255), loss.Span[1]);
        foreach (string layer in (string[])["conv1", "conv2", "conv5", "fc6", "fc7", "score_fr"])
        {
            Parameter weight = net.Graph.Parameters.Single(p => p.Name == layer + ".weight");
            float[] gradient = new float[weight.Shape.ElementCount];
            network.Gradient(weight).Read(gradient);
            Assert.Contains(gradient, value => value != 0);
        }

        Assert.False(net.Graph.Parameters.Single(p => p.Name == "upscore.weight").IsTrainable);
    }

    [Fact]
    public void A_small_net_of_the_older_format_is_trained()
    {
        CaffeNet net = Build(
            """
            input: "data" input_dim: [1, 2, 3, 4] input: "label" input_dim: [1, 1, 3, 4]
            layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" convolution_param { num_output: 3 kernel_size: 1 weight_filler { type: "xavier" } } }
            layers { name: "s" type: SPLIT bottom: "label" top: "l1" top: "l2" }
            layers { name: "loss" type: SOFTMAX_LOSS bottom: "c" bottom: "l1" top: "loss" loss_param { ignore_label: 2 } }
            layers { name: "acc" type: ACCURACY bottom: "c" bottom: "l2" top: "acc" }
            """, CaffePhase.Train);
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = new(net.Graph, device);
        network.Initialize(1);
        CompiledNet compiled = network.Compile(CompileTarget.Train("loss"), new Dictionary<string, Shape> { ["data"] = new(1, 2, 3, 4), ["label"] = new(1, 1, 3, 4) });
        using IExecution execution = compiled.Plan.Begin();
        execution.Write(compiled.Inputs["data"], NetFixtures.Random(new Shape(1, 2, 3, 4), "data").Span);
        execution.Write(compiled.Inputs["label"], (ReadOnlySpan<int>)[0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
        execution.Run(TestContext.Current.CancellationToken);

        Assert.Equal(8, NetFixtures.Read(execution, compiled.Outputs["loss"]).Span[1]);
        Assert.Contains(NetFixtures.Gradients(network)["c.weight"], gradient => gradient != 0);
    }

    [Fact]
    public void Each_layer_computes_what_Caffe_does()
    {
        const string Data = "input: 'data' input_shape { dim: [1, 2, 3, 3] }";
        Tensor data = NetFixtures.Filled(new Shape(1, 2, 3, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, -3, -4, -5, -6, -7, -8, -9);

        Run(Data + Layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }"), data, [5, 6, 8, 9, -1, -3, -7, -9]);
        Run(Data + Layer("Pooling", "pooling_param { kernel_h: 2 kernel_w: 2 stride_h: 2 stride_w: 2 round_mode: FLOOR }"), data, [5, -1]);
        Run(Data + Layer("Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 2 }"), data, [3, 4.5f, 7.5f, 9, -3, -4.5f, -7.5f, -9]);
        Run(Data + Layer("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 3 pad: 1 }"), data, [12f / 9, 9f / 6, 15f / 6, 9f / 4, -12f / 9, -9f / 6, -15f / 6, -9f / 4]);
        Run(Data + Layer("Pooling", "pooling_param { pool: AVE global_pooling: true }"), data, [5, -5]);
        Run(Data + Layer("Pooling", "pooling_param { global_pooling: true }"), data, [9, -1]);
        Run(Data + Layer("ReLU", ""), data, [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Run(Data + Layer("Power", "power_param { scale: 2 }"), data, [.. data.Span.ToArray().Select(x => 2 * x)]);
        Run(Data + Layer("Scale", "scale_param { filler { value: 3 } bias_term: true bias_filler { value: 1 } }"), data, [.. data.Span.ToArray().Select(x => (3 * x) + 1)]);
        Run(Data + Layer("Dropout", ""), data, data.Span.ToArray());
        Run(Data + Layer("Eltwise", "eltwise_param { coeff: 1 coeff: -0.5 }", "'data' bottom: 'data'"), data, [.. data.Span.ToArray().Select(x => x / 2)]);
        Run(Data + Layer("Concat", "concat_param { axis: -3 }", "'data' bottom: 'data'"), data, [.. data.Span, .. data.Span]);
        Run(Data + Layer("Convolution", "convolution_param { num_output: 1 kernel_size: [3, 1] pad_h: 1 stride: [2, 1] bias_filler { value: 7 } weight_filler { value: 1 } }"), data, [7, 7, 7, 7, 7, 7]);
        Run(Data + Layer("Convolution", "convolution_param { num_output: 2 group: 2 kernel_size: 2 dilation: 2 bias_term: false weight_filler { value: 1 } }"), data, [20, -20]);
        Run(Data + Layer("Deconvolution", "convolution_param { num_output: 2 kernel_size: 1 stride: 2 pad: 1 bias_term: false group: 2 weight_filler { type: 'bilinear' } }"), data, [0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, -5, 0, 0, 0, 0]);
        Run(Data + Layer("InnerProduct", "inner_product_param { num_output: 2 weight_filler { value: 1 } bias_filler { value: 0.5 } }"), data, [0.5f, 0.5f]);
        Run(Data + Layer("LRN", "lrn_param { local_size: 1 alpha: 1 beta: 1 k: 2 }"), data, [.. data.Span.ToArray().Select(x => x / (2 + x * x))]);
        Run(Data + "layer { name: 'f' type: 'Flatten' bottom: 'data' top: 'f' } layer { name: 'r' type: 'ReLU' bottom: 'f' top: 'f' }" + Layer("InnerProduct", "inner_product_param { num_output: 1 weight_filler { value: 1 } }", "'f'"), data, [45]);
        Run(Data + Layer("Pooling", "pooling_param { kernel_size: 2 }").Replace("'y'", "'p'", StringComparison.Ordinal) + Layer("Crop", "crop_param { offset: 1 offset: 0 }", "'data' bottom: 'p'"), data, [4, 5, 7, 8, -4, -5, -7, -8]);
        Run(Data + Layer("Split", "") + Layer("Softmax", "", "'y'").Replace("top: 'y'", "top: 'z'", StringComparison.Ordinal).Replace("name: 'y'", "name: 'z'", StringComparison.Ordinal), data, [.. data.Span.ToArray().Select(x => (float)(1 / (1 + Math.Exp(-2 * x))))], "z");
    }

    [Fact]
    public void Batch_norm_takes_the_sums_of_a_model_and_the_scale_behind_it_is_a_layer_of_its_own()
    {
        CaffeNet net = Build(
            """
            input: "data" input_shape { dim: [1, 2, 1, 2] }
            layer { name: "n" type: "BatchNorm" bottom: "data" top: "n" param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 } }
            layer { name: "s" type: "Scale" bottom: "n" top: "n" scale_param { bias_term: true } }
            """);
        CaffeLayer norm = new("n", "BatchNorm", [], [], [NetFixtures.Filled(new Shape(2), 2, 4), NetFixtures.Filled(new Shape(2), 8, 2), NetFixtures.Filled(new Shape(1), 2)]);
        CaffeLayer scale = new("s", "Scale", [], [], [NetFixtures.Filled(new Shape(2), 3, -1), NetFixtures.Filled(new Shape(2), 1, 0)]);
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(net.Graph, device);
        network.Initialize(seed: 1);

        CaffeWeights loaded = net.Load(network, new CaffeModel("", [norm, scale]), "m");
        Tensor found = NetFixtures.Forward(network, "n", ("data", NetFixtures.Filled(new Shape(1, 2, 1, 2), 1, 5, 2, 4)));

        Assert.Equal(4, loaded.Tensors.Count);
        float[] expected = [1, 7, 0, -2];
        Assert.All(expected.Zip(found.Span.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        string problem = Assert.Throws<FcnSharpException>(() => net.Match(new CaffeModel("", [norm with { Blobs = [.. norm.Blobs.Take(2)] }, scale]), "m")).Message;
        Assert.Contains("'n' has estimates but no third blob", problem, StringComparison.Ordinal);
        Assert.Equal(["n.running_mean", "n.running_var"], net.Match(new CaffeModel("", [scale]), "m").Missing);
        Assert.Equal([0f, 0f], net.Match(new CaffeModel("", [norm with { Blobs = [norm.Blobs[0], norm.Blobs[1], new Tensor(new Shape(1))] }]), "m").Tensors["n.running_mean"].Span.ToArray());

        static bool IsFrozen(CaffeNet n) => n.Graph.Nodes.Select(node => node.Layer).OfType<BatchNorm2dLayer>().Single().Settings.Frozen;
        const string Definition = "input: 'data' layer { name: 'n' type: 'BatchNorm' bottom: 'data' top: 'n' PARAM }";
        Assert.False(IsFrozen(CaffeNet.Build(CaffeNetDefinition.Parse(Definition.Replace("PARAM", "", StringComparison.Ordinal), "n"), CaffePhase.Train)));
        Assert.True(IsFrozen(CaffeNet.Build(CaffeNetDefinition.Parse(Definition.Replace("PARAM", "batch_norm_param { use_global_stats: true }", StringComparison.Ordinal), "n"), CaffePhase.Train)));
    }

    [Theory]
    [InlineData("", new float[] { 1, 2 }, new float[] { 3, 4 })]
    [InlineData("slice_param { axis: 1 slice_point: 3 }", new float[] { 1, 2, 3 }, new float[] { 4 })]
    [InlineData("slice_param { slice_dim: 1 slice_point: 1 }", new float[] { 1 }, new float[] { 2, 3, 4 })]
    public void A_slice_cuts_the_channels(string parameters, float[] first, float[] second)
    {
        CaffeNet net = Build($"input: 'data' input_shape {{ dim: [1, 4, 1, 1] }} layer {{ name: 's' type: 'Slice' bottom: 'data' top: 'a' top: 'b' {parameters} }}");
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(net.Graph, device);
        Tensor data = NetFixtures.Filled(new Shape(1, 4, 1, 1), 1, 2, 3, 4);

        Assert.Equal(["a", "b"], net.Results);
        Assert.Equal(first, NetFixtures.Forward(network, "a", ("data", data)).Span.ToArray());
        Assert.Equal(second, NetFixtures.Forward(network, "b", ("data", data)).Span.ToArray());
    }

    [Fact]
    public void Blobs_are_outputs_with_their_last_value_and_results_are_what_nothing_reads()
    {
        CaffeNet net = Build(
            """
            input: "data" input_shape { dim: 1 dim: 1 dim: 2 dim: 2 }
            layer { name: "a" type: "Power" bottom: "data" top: "a" power_param { scale: -1 } }
            layer { name: "r" type: "ReLU" bottom: "a" top: "a" }
            layer { name: "b" type: "Power" bottom: "data" top: "b" }
            layer { name: "quiet" type: "Silence" bottom: "b" }
            """);

        Assert.Equal(["data", "a", "b"], net.Graph.Outputs.Keys);
        Assert.Equal("r", net.Graph.Outputs["a"].Name);
        Assert.Equal(["a", "b"], net.Results);
        Assert.Empty(net.Losses);
    }

    [Fact]
    public void Layers_share_parameters_of_one_name()
    {
        const string Shared = """convolution_param { num_output: 2 kernel_size: 1 } param { name: "w" lr_mult: 3 } param { name: "b" }""";
        CaffeNet net = Build($"input: 'data' input_shape {{ dim: [1, 2, 1, 1] }} layer {{ name: 'a' type: 'Convolution' bottom: 'data' top: 'a' {Shared} }} layer {{ name: 'b' type: 'Convolution' bottom: 'a' top: 'b' {Shared} }}");

        Assert.Equal([("a.weight", 3f), ("a.bias", 1f)], net.Graph.Parameters.Select(p => (p.Name, p.LearningRateMultiplier)));

        CaffeLayer[] layers = [.. "ab".Select(c => new CaffeLayer(c.ToString(), "", [], [], [new Tensor(new Shape(2, 2, 1, 1)), new Tensor(new Shape(2))]))];
        CaffeWeights weights = net.Match(new CaffeModel("", layers), "m");
        Assert.Equal((2, 0, 0), (weights.Tensors.Count, weights.Missing.Count, weights.Unexpected.Count));
    }

    [Fact]
    public void Weights_are_matched_strictly_or_in_part()
    {
        CaffeNet net = Build(
            """
            input: "data" input_shape { dim: [1, 2, 2, 3] }
            layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 2 kernel_size: 1 } }
            layer { name: "fc" type: "InnerProduct" bottom: "c" top: "fc" inner_product_param { num_output: 4 } }
            """);
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = new(net.Graph, device);
        CaffeLayer conv = new("c", "Convolution", [], [], [NetFixtures.Random(new Shape(2, 2, 1, 1), "w"), NetFixtures.Random(new Shape(1, 1, 1, 2), "b")]);
        CaffeLayer full = new("fc", "InnerProduct", [], [], [NetFixtures.Random(new Shape(4, 12), "fw"), NetFixtures.Random(new Shape(4), "fb")]);
        CaffeLayer other = new("loss1/fc", "InnerProduct", [], [], [new Tensor(new Shape(1))]);

        CaffeWeights all = net.Load(network, new CaffeModel("", [conv, full]), "m.caffemodel");
        Assert.Equal(["c.bias", "fc.weight"], all.Coerced);
        TensorAssert.SameBits("fc", full.Blobs[0].Span, network.Save().Single(t => t.Key == "fc.weight").Value.Span);

        FormatAssert.Refuses(() => net.Load(network, new CaffeModel("", [full]), "m.caffemodel"), "m.caffemodel", "2 missing ('c.weight', 'c.bias')");
        FormatAssert.Refuses(() => net.Load(network, new CaffeModel("", [conv, full, other]), "m.caffemodel"), "m.caffemodel", "1 unexpected ('loss1/fc.weight')");
        CaffeWeights part = net.Load(network, new CaffeModel("", [conv, other]), "m.caffemodel", partial: true);
        Assert.Equal(["fc.weight", "fc.bias"], part.Missing);
        Assert.Equal(["loss1/fc.weight"], part.Unexpected);
        TensorAssert.SameBits("fc", full.Blobs[0].Span, network.Save().Single(t => t.Key == "fc.weight").Value.Span);
    }

    [Theory]
    [InlineData(2, 1, 1, 2)]
    [InlineData(2, 3, 1, 1)]
    [InlineData(1, 1, 1, 4)]
    [InlineData(2, 2, 2, 1)]
    public void Weights_of_another_layout_are_refused(params int[] shape)
    {
        CaffeNet net = Build("input: 'data' input_shape { dim: [1, 2, 1, 1] } layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param { num_output: 2 kernel_size: 1 } }");
        var model = new CaffeModel("", [new CaffeLayer("c", "", [], [], [new Tensor(new Shape(shape))])]);

        FormatAssert.Refuses(() => net.Match(model, "m.caffemodel"), "m.caffemodel", "'c.weight'", "2x2x1x1");
    }

    [Theory]
    [InlineData("Foo", "", "'Foo'")]
    [InlineData("ReLU", "relu_param { negative_slope: 0.1 }", "negative slope")]
    [InlineData("ReLU", "relu_parm { }", "'relu_parm'")]
    [InlineData("LRN", "lrn_param { norm_region: WITHIN_CHANNEL }", "'WITHIN_CHANNEL'")]
    [InlineData("LRN", "lrn_param { local_size: 4 }", "odd number")]
    [InlineData("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }", "'STOCHASTIC'")]
    [InlineData("Pooling", "pooling_param { kernel_h: 2 kernel_w: 1 }", "2x1")]
    [InlineData("Pooling", "pooling_param { kernel_size: 2 pad: 2 }", "padding")]
    [InlineData("Pooling", "", "kernel_size is missing")]
    [InlineData("Convolution", "convolution_param { num_output: 2 kernel_sze: 1 }", "'kernel_sze'")]
    [InlineData("Convolution", "convolution_param { num_output: 2 kernel_size: 4 }", "covers 4 rows")]
    [InlineData("Convolution", "convolution_param { num_output: 3 kernel_size: 1 group: 2 }", "2 groups")]
    [InlineData("Convolution", "convolution_param { num_output: 2 kernel_size: 1 axis: 2 }", "the axis 1")]
    [InlineData("Convolution", "convolution_param { num_output: 2 kernel_size: [1, 1, 1] }", "one or two numbers")]
    [InlineData("Convolution", "convolution_param { kernel_size: 1 }", "at least 1 element")]
    [InlineData("InnerProduct", "inner_product_param { num_output: 1 transpose: true }", "transposed")]
    [InlineData("Eltwise", "eltwise_param { operation: PROD }", "at least 2")]
    [InlineData("Dropout", "dropout_param { dropout_ratio: 1 }", "dropout ratio")]
    [InlineData("Power", "power_param { power: 2 }", "power of 1")]
    [InlineData("Scale", "scale_param { num_axes: 0 }", "num_axes")]
    [InlineData("Crop", "", "expected 2")]
    [InlineData("Softmax", "softmax_param { axis: 2 }", "the axis 1")]
    [InlineData("Slice", "slice_param { slice_point: 1 }", "2 channels into 1 parts")]
    [InlineData("Slice", "slice_param { axis: 2 }", "the axis 1")]
    [InlineData("BatchNorm", "batch_norm_param { eps: 0 }", "epsilon")]
    [InlineData("BatchNorm", "batch_norm_param { moving_average_fraction: 2 }", "momentum")]
    public void What_is_not_known_here_is_refused_with_file_line_and_layer(string type, string rest, string problem)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => Build("input: 'data'\ninput_shape { dim: [1, 2, 3, 3] }\n" + Layer(type, rest)));

        Assert.StartsWith("net.prototxt:3:", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        FormatAssert.AssertOneLine(error.Message);
    }

    [Theory]
    [InlineData("layer { name: 'r' type: 'ReLU' bottom: 'nowhere' top: 'r' }", "'nowhere'")]
    [InlineData("layer { name: 'r' type: 'ReLU' bottom: 'data' }", "0 tops")]
    [InlineData("layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'r' } layer { name: 'r' type: 'ReLU' bottom: 'r' top: 'r' }", "two layers named r")]
    [InlineData("layer { name: '' type: 'ReLU' bottom: 'data' top: 'r' }", "1 to 200")]
    [InlineData("layer { name: 'a\\nb' type: 'ReLU' bottom: 'data' top: 'r' }", "printable")]
    [InlineData("layer { name: 'e' type: 'Eltwise' bottom: 'data' bottom: 'data' top: 'e' eltwise_param { operation: MAX } }", "'MAX'")]
    [InlineData("layer { name: 'e' type: 'Eltwise' bottom: 'data' bottom: 'data' top: 'e' eltwise_param { coeff: 1 } }", "found 1")]
    [InlineData("layer { name: 'c' type: 'Concat' bottom: 'data' bottom: 'data' top: 'c' } layer { name: 'e' type: 'Eltwise' bottom: 'data' bottom: 'c' top: 'e' }", "2 and 4 channels")]
    [InlineData("layer { name: 'f' type: 'Flatten' bottom: 'data' top: 'f' } layer { name: 's' type: 'Softmax' bottom: 'f' top: 's' }", "flattened")]
    [InlineData("layer { name: 'd' type: 'Data' top: 'x' } layer { name: 'i' type: 'InnerProduct' bottom: 'x' top: 'i' inner_product_param { num_output: 1 } }", "whole input")]
    [InlineData("layer { name: 'd' type: 'Input' top: 'x' input_param { shape { dim: [1, 2, 3, 4, 5] } } }", "found 5")]
    [InlineData("layer { name: 'd' type: 'Input' top: 'x' input_param { shape { dim: [1, 0] } } }", "at least 1")]
    [InlineData("layer { name: 'd' type: 'Python' bottom: 'data' top: 'x' }", "'Python'")]
    [InlineData("layer { name: 'd' type: 'Data' top: 'l' } layer { name: 's' type: 'SoftmaxWithLoss' bottom: 'data' bottom: 'l' top: 's' loss_param { normalization: FULL ignore_label: 1 } }", "'FULL'")]
    [InlineData("layer { name: 'd' type: 'Data' top: 'l' } layer { name: 's' type: 'SoftmaxWithLoss' bottom: 'data' bottom: 'l' top: 's' loss_param { normalize: false } }", "batches of 1")]
    [InlineData("layer { name: 'd' type: 'Data' top: 'l' } layer { name: 's' type: 'SoftmaxWithLoss' bottom: 'data' bottom: 'l' top: 's' loss_weight: 1 loss_weight: 2 }", "loss_weight")]
    public void Nets_that_do_not_fit_together_are_refused(string layers, string problem)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => Build("input: 'data' input_shape { dim: [2, 2, 3, 3] }" + layers));

        Assert.StartsWith("net.prototxt:1:", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        FormatAssert.AssertOneLine(error.Message);
    }

    [Fact]
    public void Shapes_are_given_for_inputs_that_are_there()
    {
        const string Text = "layer { name: 'd' type: 'Data' top: 'data' } layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'r' }";
        CaffeNetDefinition definition = CaffeNetDefinition.Parse(Text, "net.prototxt");

        Assert.Equal(4, CaffeNet.Build(definition, inputShapes: new Dictionary<string, Shape> { ["data"] = new(1, 4, 2, 2) }).Graph.Inputs[0].Channels);
        Assert.Equal(3, CaffeNet.Build(definition).Graph.Inputs[0].Channels);
        FormatAssert.Refuses(() => CaffeNet.Build(definition, inputShapes: new Dictionary<string, Shape> { ["date"] = new(1, 4, 2, 2) }), "net.prototxt", "'date'");
        FormatAssert.Refuses(() => CaffeNet.Build(definition, inputShapes: new Dictionary<string, Shape> { ["data"] = new(4) }), "net.prototxt", "N x C x H x W");
    }

    [Fact]
    public void An_unknown_filler_matters_only_when_weights_are_drawn()
    {
        CaffeNet net = Build("input: 'data' input_shape { dim: [1, 2, 1, 1] }" + Layer("Convolution", "convolution_param { num_output: 2 kernel_size: 1 weight_filler { type: 'uniform' } }"));
        using IDevice device = NetFixtures.Device("cpu");
        using Network network = new(net.Graph, device);

        Assert.Contains("'uniform'", Assert.Throws<FcnSharpException>(() => network.Initialize(1)).Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, Shape> Depth => new() { ["color"] = new(1, 3, 64, 64), ["depth"] = new(1, 1, 64, 64) };

    private static CaffeNet Build(string text, CaffePhase phase = CaffePhase.Test) => CaffeNet.Build(CaffeNetDefinition.Parse(text, "net.prototxt"), phase);

    private static string Layer(string type, string rest, string bottom = "'data'") => $" layer {{ name: 'y' type: '{type}' bottom: {bottom} top: 'y' {rest} }}";

    private static void Run(string text, Tensor data, float[] expected, string output = "y")
    {
        foreach (string deviceName in NetFixtures.DeviceNames)
        {
            using IDevice device = NetFixtures.Device(deviceName);
            using Network network = new(Build(text).Graph, device);
            network.Initialize(1);
            Tensor found = NetFixtures.Forward(network, output, ("data", data));
            TensorAssert.Within(text, found.Shape, expected, found.Span, i => 1e-6 * (1 + Math.Abs(expected[i])));
        }
    }

    /// <summary>The shape of a value for an image, by the layers' own inference: nothing is allocated.</summary>
    private static Shape ShapeOf(NetGraph graph, GraphValue wanted, int height, int width)
    {
        Dictionary<(GraphNode?, string), Shape> shapes = graph.Inputs.ToDictionary(i => ((GraphNode?)null, i.Name), i => new Shape(1, i.Channels, height, width));
        foreach (GraphNode node in graph.Nodes)
        {
            shapes[(node, "")] = node.Layer.InferShapes([.. node.Inputs.Select(i => shapes[(i.Node, i.Node is null ? i.Name : "")])])[0];
            Assert.True(node.Layer.IsLoss || shapes[(node, "")].Rank == 4);
        }

        return shapes[(wanted.Node, "")];
    }
}
