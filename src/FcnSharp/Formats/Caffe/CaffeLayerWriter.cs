using System.Globalization;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Formats.Caffe;

/// <summary>
/// What each of Caffe's layer types is here, with its defaults. Where ours differs: an inner product is a convolution over its
/// whole input, a scale is a convolution of one 1x1 kernel a channel, and flattening leaves the axes as they are.
/// The file is long because each type has its own fields and defaults.
/// </summary>
internal static class CaffeLayerWriter
{
    private static readonly HashSet<string> LayerFields =
    [
        "name", "type", "bottom", "top", "phase", "loss_weight", "param", "propagate_down", "include", "exclude", "blobs_lr", "weight_decay",
        "blob_share_mode", "transform_param", "loss_param",
        "accuracy_param", "batch_norm_param", "concat_param", "convolution_param", "crop_param", "dropout_param", "eltwise_param", "flatten_param",
        "inner_product_param", "lrn_param", "pooling_param", "power_param", "relu_param", "scale_param", "slice_param", "softmax_param",
    ];

    private static readonly HashSet<string> InnerProductFields = ["num_output", "bias_term", "weight_filler", "bias_filler", "axis", "transpose"];

    private static readonly HashSet<string> ScaleFields = ["axis", "num_axes", "filler", "bias_term", "bias_filler"];

    private static readonly HashSet<string> BatchNormFields = ["use_global_stats", "moving_average_fraction", "eps"];

    private static readonly HashSet<string> SliceFields = ["axis", "slice_point", "slice_dim"];

    private static readonly HashSet<string> LrnFields = ["local_size", "alpha", "beta", "norm_region", "k", "engine"];

    private static readonly HashSet<string> EltwiseFields = ["operation", "coeff", "stable_prod_grad"];

    private static readonly HashSet<string> LossFields = ["ignore_label", "normalize", "normalization"];

    private static readonly HashSet<string> CropFields = ["axis", "offset"];

    private static readonly HashSet<string> ConcatFields = ["axis", "concat_dim"];

    private static readonly HashSet<string> PowerFields = ["power", "scale", "shift"];

    private static readonly HashSet<string> DropoutFields = ["dropout_ratio", "scale_train"];

    private static readonly HashSet<string> ReluFields = ["negative_slope", "engine"];

    private static readonly HashSet<string> SoftmaxFields = ["axis", "engine"];

    private static readonly HashSet<string> FlattenFields = ["axis", "end_axis"];

    private static readonly Dictionary<string, Action<CaffeGraphWriter, CaffeLayerDefinition>> Writers = new()
    {
        ["BatchNorm"] = BatchNorm,
        ["Concat"] = Concat,
        ["Convolution"] = Convolution,
        ["Crop"] = Crop,
        ["Deconvolution"] = Deconvolution,
        ["Dropout"] = Dropout,
        ["Eltwise"] = Eltwise,
        ["Flatten"] = Flatten,
        ["InnerProduct"] = InnerProduct,
        ["LRN"] = LocalResponseNorm,
        ["Pooling"] = Pooling,
        ["Power"] = Power,
        ["ReLU"] = Relu,
        ["Scale"] = Scale,
        ["Slice"] = Slice,
        ["Softmax"] = Softmax,
        ["SoftmaxWithLoss"] = SoftmaxWithLoss,
        ["Split"] = Split,
    };

    /// <summary>Writes one layer.</summary>
    public static void Write(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        if (!Writers.TryGetValue(layer.Type, out Action<CaffeGraphWriter, CaffeLayerDefinition>? write))
        {
            throw layer.Message.Error($"the layer {ErrorText.Quote(layer.Name)} has the type {ErrorText.Quote(layer.Type)}, which is not known here; known are {string.Join(", ", Writers.Keys)}");
        }

        layer.Message.ExpectOnly($"a layer of type {layer.Type}", LayerFields);
        write(net, layer);
    }

    private static void Convolution(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer);
        PrototxtMessage p = Parameters(layer, "convolution_param", null);
        Conv2dParameters geometry = CaffeGeometry.Convolution(p);
        WriteConvolution(net, layer, p, input, geometry, p.Integer("num_output", 0));
    }

    private static void Deconvolution(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer);
        PrototxtMessage p = Parameters(layer, "convolution_param", null);
        ConvTranspose2dParameters geometry = CaffeGeometry.Deconvolution(p);
        int outputs = p.Integer("num_output", 0);
        Shape weightShape = geometry.WeightShape(input.Value.Channels, outputs);

        // The reference's files name no filler here: its scripts fill what upsamples with bilinear kernels.
        bool upsamples = weightShape.C == 1 || weightShape.C == weightShape.N;
        Parameter weight = net.Parameter(layer, 0, weightShape, CaffeFillers.Read(p, "weight_filler", upsamples ? Initializer.Bilinear : Initializer.Zero));
        net.Append(layer, new ConvTranspose2dLayer(layer.Name, geometry, weight, Bias(net, layer, p, outputs)), outputs, false, input);
    }

    private static void InnerProduct(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer, flat: true);
        PrototxtMessage p = Parameters(layer, "inner_product_param", InnerProductFields);
        CaffeGeometry.Axis(p, 1);
        if (p.Flag("transpose", false))
        {
            throw p.Error("an inner product with transposed weights is not known here; transpose them");
        }

        Shape size = input.Shape ?? throw layer.Message.Error($"the inner product {ErrorText.Quote(layer.Name)} covers its whole input, whose size the definition does not say; give the shape of the net's input");
        WriteConvolution(net, layer, p, input, new Conv2dParameters(size.H, size.W), p.Integer("num_output", 0));
    }

    private static void WriteConvolution(CaffeGraphWriter net, CaffeLayerDefinition layer, PrototxtMessage p, CaffeBlob input, Conv2dParameters geometry, int outputs)
    {
        Parameter weight = net.Parameter(layer, 0, geometry.WeightShape(input.Value.Channels, outputs), CaffeFillers.Read(p, "weight_filler", Initializer.Zero));
        net.Append(layer, new Conv2dLayer(layer.Name, geometry, weight, Bias(net, layer, p, outputs)), outputs, false, input);
    }

    private static Parameter? Bias(CaffeGraphWriter net, CaffeLayerDefinition layer, PrototxtMessage p, int outputs, bool usual = true) => p.Flag("bias_term", usual)
        ? net.Parameter(layer, 1, new Shape(outputs), CaffeFillers.Read(p, "bias_filler", Initializer.Zero))
        : null;

    private static void Scale(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer);
        PrototxtMessage p = Parameters(layer, "scale_param", ScaleFields);
        CaffeGeometry.Axis(p, 1);
        if (p.Integer("num_axes", 1) != 1)
        {
            throw p.Error("expected a scale of one number a channel (num_axes 1), found another; it is not known here");
        }

        int channels = input.Value.Channels;
        Conv2dParameters geometry = Conv2dParameters.Square(1, groups: channels);
        Parameter weight = net.Parameter(layer, 0, geometry.WeightShape(channels, channels), CaffeFillers.Read(p, "filler", Initializer.Constant(1)));
        net.Append(layer, new Conv2dLayer(layer.Name, geometry, weight, Bias(net, layer, p, channels, usual: false)), channels, false, input);
    }

    /// <summary>
    /// Caffe's normalises only; a Scale behind it does the rest. Its blobs are the estimates of mean and variance, each times the third
    /// blob's number.
    /// </summary>
    private static void BatchNorm(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer);
        PrototxtMessage p = Parameters(layer, "batch_norm_param", BatchNormFields);
        var settings = new BatchNorm2dParameters(p.Number("eps", 1e-5f), 1 - p.Number("moving_average_fraction", 0.999f), p.Flag("use_global_stats", net.Phase == CaffePhase.Test));
        var perChannel = new Shape(input.Value.Channels);
        Parameter Fixed(string name, float value) => new($"{layer.Name}.{name}", perChannel, Initializer.Constant(value)) { LearningRateMultiplier = 0, DecayMultiplier = 0 };
        var norm = new BatchNorm2dLayer(layer.Name, settings, Fixed("weight", 1), Fixed("bias", 0));
        net.AddEstimates(layer, norm);
        net.Append(layer, norm, input.Value.Channels, false, input);
    }

    private static void Slice(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadAll(net, layer, atLeast: 1, atMost: 1, tops: null)[0];
        PrototxtMessage p = Parameters(layer, "slice_param", SliceFields);
        CaffeGeometry.Axis(p, 1);
        CaffeGeometry.Axis(p, 1, "slice_dim");
        int channels = input.Value.Channels;
        int parts = layer.Tops.Count;
        IReadOnlyList<int> points = p.Integers("slice_point");
        if (points.Count == 0 && parts > 0 && channels % parts == 0)
        {
            points = [.. Enumerable.Range(1, parts - 1).Select(i => i * (channels / parts))];
        }

        int[] bounds = [0, .. points, channels];
        if (bounds.Length != parts + 1 || bounds.Zip(bounds.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw layer.Message.Error(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.Quote(layer.Name)} cuts {channels} channels into {parts} parts, expected rising slice_points between them, one fewer than parts, or parts of one size; correct them"));
        }

        for (int i = 0; i < parts; i++)
        {
            var part = new SliceLayer(parts == 1 ? layer.Name : string.Create(CultureInfo.InvariantCulture, $"{layer.Name}.{i}"), bounds[i], bounds[i + 1] - bounds[i]);
            net.AppendPart(layer, part, i, part.Count, input);
        }
    }

    private static void Pooling(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer);
        PrototxtMessage p = Parameters(layer, "pooling_param", null);
        (bool max, bool global) = CaffeGeometry.PoolingKind(p);
        if (global)
        {
            net.Append(layer, new GlobalPool2dLayer(layer.Name, max), input.Value.Channels, false, input);
            return;
        }

        MaxPool2dParameters g = CaffeGeometry.Pooling(p);
        Layer pooling = max ? new MaxPool2dLayer(layer.Name, g) : new AvgPool2dLayer(layer.Name, new AvgPool2dParameters(g.KernelSize, g.Stride, g.Padding, g.CeilMode));
        net.Append(layer, pooling, input.Value.Channels, false, input);
    }

    private static void LocalResponseNorm(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer);
        PrototxtMessage p = Parameters(layer, "lrn_param", LrnFields);
        string region = p.Word("norm_region", "ACROSS_CHANNELS");
        if (region != "ACROSS_CHANNELS")
        {
            throw p.Error($"expected a normalisation ACROSS_CHANNELS, found {ErrorText.Quote(region)}, which is not known here");
        }

        var numbers = new LocalResponseNormParameters(p.Integer("local_size", 5), p.Number("alpha", 1), p.Number("beta", 0.75f), p.Number("k", 1));
        numbers.Check();
        net.Append(layer, new LocalResponseNormLayer(layer.Name, numbers), input.Value.Channels, false, input);
    }

    private static void Relu(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer, flat: true);
        PrototxtMessage p = Parameters(layer, "relu_param", ReluFields);
        if (p.Number("negative_slope", 0) != 0)
        {
            throw p.Error("a ReLU with a negative slope is not known here; use a plain one");
        }

        net.Append(layer, new ReluLayer(layer.Name), input.Value.Channels, input.Flat, input);
    }

    private static void Dropout(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer, flat: true);
        PrototxtMessage p = Parameters(layer, "dropout_param", DropoutFields);
        net.Append(layer, new DropoutLayer(layer.Name, p.Number("dropout_ratio", 0.5f)), input.Value.Channels, input.Flat, input);
    }

    private static void Power(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer, flat: true);
        PrototxtMessage p = Parameters(layer, "power_param", PowerFields);
        if (p.Number("power", 1) != 1 || p.Number("shift", 0) != 0)
        {
            throw p.Error("only a power of 1 without a shift is known here, which multiplies by its scale; use a scale layer");
        }

        net.Append(layer, new ScaleLayer(layer.Name, p.Number("scale", 1)), input.Value.Channels, input.Flat, input);
    }

    private static void Concat(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob[] inputs = ReadAll(net, layer, atLeast: 1);
        PrototxtMessage p = Parameters(layer, "concat_param", ConcatFields);
        CaffeGeometry.Axis(p, 1);
        CaffeGeometry.Axis(p, 1, "concat_dim");
        if (inputs.Length == 1)
        {
            net.Define(layer.Tops[0], inputs[0]);
            return;
        }

        long channels = inputs.Sum(input => (long)input.Value.Channels);
        if (channels > int.MaxValue)
        {
            throw layer.Message.Error(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.Quote(layer.Name)} would have {channels} channels, expected at most {int.MaxValue}; concatenate fewer"));
        }

        net.Append(layer, new ConcatLayer(layer.Name), (int)channels, false, inputs);
    }

    private static void Eltwise(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob[] inputs = ReadAll(net, layer, atLeast: 2);
        PrototxtMessage p = Parameters(layer, "eltwise_param", EltwiseFields);
        string operation = p.Word("operation", "SUM");
        IReadOnlyList<float> coefficients = p.Numbers("coeff");
        if (operation != "SUM")
        {
            throw p.Error($"expected the elementwise operation SUM, found {ErrorText.Quote(operation)}, which is not known here");
        }

        if (coefficients.Count != 0 && coefficients.Count != inputs.Length)
        {
            throw p.Error(string.Create(CultureInfo.InvariantCulture, $"expected a coefficient for each of {inputs.Length} bottoms, found {coefficients.Count}; give as many"));
        }

        int channels = inputs[0].Value.Channels;
        if (inputs.FirstOrDefault(input => input.Value.Channels != channels) is { } other)
        {
            throw layer.Message.Error(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.Quote(layer.Name)} adds {channels} and {other.Value.Channels} channels, expected as many of each; correct its bottoms"));
        }

        net.Append(layer, coefficients.Count == 0 ? new SumLayer(layer.Name) : new SumLayer(layer.Name, coefficients), channels, false, inputs);
    }

    private static void Crop(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob[] inputs = ReadAll(net, layer, atLeast: 2, atMost: 2);
        PrototxtMessage p = Parameters(layer, "crop_param", CropFields);
        CaffeGeometry.Axis(p, 2);
        IReadOnlyList<int> offsets = p.Integers("offset");
        if (offsets.Count > 2)
        {
            throw p.Error(string.Create(CultureInfo.InvariantCulture, $"expected one offset, or one for rows and one for columns, found {offsets.Count}; remove some"));
        }

        (int y, int x) = offsets.Count == 0 ? (0, 0) : (offsets[0], offsets[^1]);
        net.Append(layer, new CropLayer(layer.Name, y, x), inputs[0].Value.Channels, false, inputs);
    }

    private static void Flatten(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer, flat: true);
        PrototxtMessage p = Parameters(layer, "flatten_param", FlattenFields);
        CaffeGeometry.Axis(p, 1);
        if (p.Integer("end_axis", -1) is not (-1 or 3))
        {
            throw p.Error("expected to flatten up to the last axis, found another end_axis, which is not known here");
        }

        net.Define(layer.Tops[0], input with { Flat = true });
    }

    private static void Split(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadAll(net, layer, atLeast: 1, atMost: 1, flat: true, tops: null)[0];
        foreach (string top in layer.Tops)
        {
            net.Define(top, input);
        }
    }

    private static void Softmax(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob input = ReadOne(net, layer);
        CaffeGeometry.Axis(Parameters(layer, "softmax_param", SoftmaxFields), 1);
        net.Append(layer, new SoftmaxLayer(layer.Name), input.Value.Channels, false, input);
    }

    private static void SoftmaxWithLoss(CaffeGraphWriter net, CaffeLayerDefinition layer)
    {
        CaffeBlob[] inputs = ReadAll(net, layer, atLeast: 2, atMost: 2);
        CaffeGeometry.Axis(Parameters(layer, "softmax_param", SoftmaxFields), 1);
        PrototxtMessage p = Parameters(layer, "loss_param", LossFields);
        float weight = layer.LossWeights.Count switch
        {
            0 => 1,
            1 => layer.LossWeights[0],
            _ => throw layer.Message.Error($"{ErrorText.Quote(layer.Name)} has one top, expected at most one loss_weight; remove the others"),
        };

        // No label is -1, so nothing is void where the file names no label to ignore. The labels' shape is the data's, so none is inferred.
        var loss = new SoftmaxCrossEntropyLossLayer(layer.Name, p.Integer("ignore_label", -1), Reduction(p, inputs[0].Shape), weight);
        net.Append(layer, loss, 1, false, inputs[0], inputs[1] with { Shape = null });
    }

    // The older flag counts only where the newer field is absent; false of it means: over the number of images.
    private static LossReduction Reduction(PrototxtMessage p, Shape? scores)
    {
        string normalization = p.Word("normalization", p.Flag("normalize", true) ? "VALID" : "BATCH_SIZE");
        return normalization switch
        {
            "VALID" => LossReduction.Mean,
            "FULL" when !p.Has("ignore_label") => LossReduction.Mean,
            "NONE" => LossReduction.Sum,
            "BATCH_SIZE" when scores is null or { N: 1 } => LossReduction.Sum,
            "BATCH_SIZE" => throw p.Error(string.Create(CultureInfo.InvariantCulture, $"a loss over the number of images is known for batches of 1 only, found {scores.Value.N}; give the input a batch of 1, or normalise by the pixels")),
            _ => throw p.Error($"the normalization {ErrorText.Quote(normalization)} is not known here for this loss; use VALID, BATCH_SIZE or NONE"),
        };
    }

    private static CaffeBlob ReadOne(CaffeGraphWriter net, CaffeLayerDefinition layer, bool flat = false) => ReadAll(net, layer, atLeast: 1, atMost: 1, flat: flat)[0];

    private static CaffeBlob[] ReadAll(CaffeGraphWriter net, CaffeLayerDefinition layer, int atLeast, int atMost = int.MaxValue, bool flat = false, int? tops = 1)
    {
        if (layer.Bottoms.Count < atLeast || layer.Bottoms.Count > atMost)
        {
            throw layer.Message.Error(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.Quote(layer.Name)} has {layer.Bottoms.Count} bottoms, expected {(atLeast == atMost ? "" : "at least ")}{atLeast}; correct them"));
        }

        if (tops is { } expected && layer.Tops.Count != expected)
        {
            throw layer.Message.Error(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.Quote(layer.Name)} has {layer.Tops.Count} tops, expected {expected}; correct them"));
        }

        CaffeBlob[] inputs = [.. layer.Bottoms.Select((_, i) => net.Read(layer, i))];
        if (!flat && inputs.Any(input => input.Flat && input.Shape is not { H: 1, W: 1 }))
        {
            throw layer.Message.Error($"{ErrorText.Quote(layer.Name)} reads a flattened blob, which only inner products may do here; flatten behind it");
        }

        return inputs;
    }

    private static PrototxtMessage Parameters(CaffeLayerDefinition layer, string name, IReadOnlySet<string>? fields)
    {
        PrototxtMessage p = layer.Message.Message(name) ?? new PrototxtMessage(layer.Message.Source, layer.Message.Line, layer.Message.Column, []);
        if (fields is not null)
        {
            p.ExpectOnly(name, fields);
        }

        return p;
    }
}
