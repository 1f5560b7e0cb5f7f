using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Formats.Onnx;

/// <summary>
/// Layers as standard operators that compute the same for every size of the image: what depends on the size is computed in the graph.
/// </summary>
/// <param name="graph">Where they are written.</param>
/// <param name="weights">A tensor for each parameter.</param>
/// <param name="half">Whether values between the layers are 16-bit floats.</param>
internal sealed class OnnxLayers(OnnxGraph graph, IReadOnlyDictionary<string, Tensor> weights, bool half)
{
    private OnnxElementType Type => half ? OnnxElementType.Float16 : OnnxElementType.Float;

    /// <summary>Writes a layer and returns the names of its outputs.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">Names of its inputs.</param>
    /// <exception cref="FcnSharpException">No standard operator computes the same.</exception>
    public IReadOnlyList<string> Write(Layer layer, IReadOnlyList<string> inputs) => layer switch
    {
        Conv2dLayer l => [Convolution(l.Name, l.Geometry, inputs[0], l.Weight, l.Bias)],
        ConvTranspose2dLayer l => [TransposedConvolution(l, inputs[0])],
        FullyConnectedLayer l => [Convolution(l.Name, l.Geometry, inputs[0], l.Weight, l.Bias)],
        MaxPool2dLayer { ReturnIndices: false } l => [MaxPool(l, inputs[0])],
        AvgPool2dLayer l => [AveragePool(l, inputs[0])],
        GlobalPool2dLayer l => [graph.Add(l.Max ? "GlobalMaxPool" : "GlobalAveragePool", l.Name, inputs)],
        ReluLayer l => [graph.Add("Relu", l.Name, inputs)],
        DropoutLayer => [inputs[0]],
        LocalResponseNormLayer l => [Normalise(l, inputs[0])],
        BatchNorm2dLayer l => [BatchNorm(l, inputs[0])],
        SumLayer l => [Sum(l, inputs)],
        ScaleLayer l => [Scaled(l.Name, inputs[0], l.Factor)],
        ConcatLayer l => [graph.Add("Concat", l.Name, inputs, new OnnxAttribute("axis", 1L))],
        SliceLayer l => [Slice(l.Name, inputs[0], graph.Integers(l.Name + ".starts", l.First), graph.Integers(l.Name + ".ends", l.First + (long)l.Count), graph.Integers("axes.channels", 1))],
        CropLayer l => [Crop(l, inputs)],
        Pad2dLayer l => [Pad(l, inputs[0])],
        BilinearResize2dLayer l => [Resize(l, inputs)],
        SoftmaxLayer l => [graph.Add("Softmax", l.Name, inputs, new OnnxAttribute("axis", 1L))],
        _ => throw new FcnSharpException($"Layer {layer.Name}: ONNX export does not know {layer.Kind}; export a net without it."),
    };

    private string Weight(Parameter parameter) => graph.Add(Floats(parameter.Name, [.. Enumerable.Range(0, parameter.Shape.Rank).Select(i => (long)parameter.Shape[i])], weights[parameter.Name].Memory));

    private string Number(string name, float value) => graph.Add(Floats(name, [], new[] { value }));

    private OnnxConstant Floats(string name, IReadOnlyList<long> sizes, ReadOnlyMemory<float> values) => OnnxConstants.Floats(name, Type, sizes, values);

    private string Convolution(string name, Conv2dParameters g, string input, Parameter weight, Parameter? bias) => graph.Add(
        "Conv",
        name,
        bias is null ? [input, Weight(weight)] : [input, Weight(weight), Weight(bias)],
        Pair("kernel_shape", g.KernelHeight, g.KernelWidth),
        Pair("strides", g.StrideHeight, g.StrideWidth),
        Sides(g.PaddingHeight, g.PaddingWidth, g.PaddingHeight, g.PaddingWidth),
        Pair("dilations", g.DilationHeight, g.DilationWidth),
        new OnnxAttribute("group", (long)g.Groups));

    private string TransposedConvolution(ConvTranspose2dLayer layer, string input)
    {
        ConvTranspose2dParameters g = layer.Geometry;
        return graph.Add(
            "ConvTranspose",
            layer.Name,
            layer.Bias is null ? [input, Weight(layer.Weight)] : [input, Weight(layer.Weight), Weight(layer.Bias)],
            Pair("kernel_shape", g.KernelHeight, g.KernelWidth),
            Pair("strides", g.StrideHeight, g.StrideWidth),
            Sides(g.PaddingHeight, g.PaddingWidth, g.PaddingHeight, g.PaddingWidth),
            Pair("output_padding", g.OutputPaddingHeight, g.OutputPaddingWidth),
            Pair("dilations", g.DilationHeight, g.DilationWidth),
            new OnnxAttribute("group", (long)g.Groups));
    }

    private string MaxPool(MaxPool2dLayer layer, string input)
    {
        MaxPool2dParameters g = layer.Geometry;

        // Rounding up is rounding down with stride - 1 more at the end, where nothing wins; runtimes disagree about the operator's own ceil mode.
        int end = g.Padding + (g.CeilMode ? g.Stride - 1 : 0);
        if (end >= g.KernelSize)
        {
            throw new FcnSharpException($"Layer {layer.Name}: a pooling that rounds up with stride {g.Stride} and padding {g.Padding} for a window of {g.KernelSize} has no operator in ONNX; use a smaller stride or padding.");
        }

        return graph.Add(
            "MaxPool",
            layer.Name,
            [input],
            Pair("kernel_shape", g.KernelSize, g.KernelSize),
            Pair("strides", g.Stride, g.Stride),
            Sides(g.Padding, g.Padding, end, end));
    }

    private string AveragePool(AvgPool2dLayer layer, string input)
    {
        AvgPool2dParameters g = layer.Geometry;
        bool counts = g.Divisor == AvgPoolDivisor.PaddedWindow;
        if (g.CeilMode && g.Stride > 1)
        {
            throw new FcnSharpException($"Layer {layer.Name}: an average pooling that rounds up is computed differently by different ONNX runtimes; use one that rounds down.");
        }

        return graph.Add(
            "AveragePool",
            layer.Name,
            [input],
            Pair("kernel_shape", g.KernelSize, g.KernelSize),
            Pair("strides", g.Stride, g.Stride),
            Sides(g.Padding, g.Padding, g.Padding, g.Padding),
            new OnnxAttribute("count_include_pad", counts ? 1L : 0L));
    }

    private string Normalise(LocalResponseNormLayer layer, string input)
    {
        string value = half ? OnnxConstants.Cast(graph, layer.Name + ".float", input, OnnxElementType.Float) : input;
        string output = graph.Add(
            "LRN",
            half ? layer.Name + ".norm" : layer.Name,
            [value],
            new OnnxAttribute("alpha", layer.Numbers.Alpha),
            new OnnxAttribute("beta", layer.Numbers.Beta),
            new OnnxAttribute("bias", layer.Numbers.K),
            new OnnxAttribute("size", (long)layer.Numbers.Size));
        return half ? OnnxConstants.Cast(graph, layer.Name, output, OnnxElementType.Float16) : output;
    }

    private string BatchNorm(BatchNorm2dLayer layer, string input) => graph.Add(
        "BatchNormalization",
        layer.Name,
        [input, Weight(layer.Weight), Weight(layer.Bias), Weight(layer.RunningMean), Weight(layer.RunningVariance)],
        new OnnxAttribute("epsilon", layer.Settings.Epsilon));

    private string Sum(SumLayer layer, IReadOnlyList<string> inputs)
    {
        string sum = Term(layer, inputs, 0);
        for (int i = 1; i < inputs.Count; i++)
        {
            sum = graph.Add("Add", i == inputs.Count - 1 ? layer.Name : FormattableString.Invariant($"{layer.Name}.sum{i}"), [sum, Term(layer, inputs, i)]);
        }

        return sum;
    }

    private string Term(SumLayer layer, IReadOnlyList<string> inputs, int index) =>
        layer.Coefficients?[index] is { } factor && factor != 1 ? Scaled(FormattableString.Invariant($"{layer.Name}.term{index}"), inputs[index], factor) : inputs[index];

    private string Scaled(string name, string input, float factor) => factor == 1 ? input : graph.Add("Mul", name, [input, Number(name + ".factor", factor)]);

    private string Slice(string name, string input, string starts, string ends, string axes) => graph.Add("Slice", name, [input, starts, ends, axes]);

    private string Crop(CropLayer layer, IReadOnlyList<string> inputs)
    {
        string starts = graph.Integers(layer.Name + ".starts", layer.OffsetY, layer.OffsetX);
        string size = SizeOf(layer.Name, inputs[1]);
        string ends = layer is { OffsetY: 0, OffsetX: 0 } ? size : graph.Add("Add", layer.Name + ".ends", [size, starts]);
        return Slice(layer.Name, inputs[0], starts, ends, graph.Integers("axes.rows_columns", 2, 3));
    }

    /// <summary>Height and width of a value.</summary>
    private string SizeOf(string name, string input)
    {
        string shape = graph.Add("Shape", name + ".shape", [input]);
        return Slice(name + ".size", shape, graph.Integers("two", 2), graph.Integers("four", 4), graph.Integers("axes.first", 0));
    }

    private string Pad(Pad2dLayer layer, string input)
    {
        Pad2dParameters g = layer.Geometry;
        string pads = graph.Integers(layer.Name + ".pads", 0, 0, g.Top, g.Left, 0, 0, g.Bottom, g.Right);
        return graph.Add("Pad", layer.Name, [input, pads, Number(layer.Name + ".value", g.Value)], new OnnxAttribute("mode", "constant"));
    }

    private string Resize(BilinearResize2dLayer layer, IReadOnlyList<string> inputs)
    {
        BilinearResize2dParameters g = layer.Geometry;
        OnnxAttribute[] attributes =
        [
            new("mode", "linear"),
            new("coordinate_transformation_mode", g.AlignCorners ? "align_corners" : "half_pixel"),
        ];
        if (g.Factor > 0)
        {
            string scales = graph.Add(OnnxConstants.Floats(layer.Name + ".scales", OnnxElementType.Float, [4], new[] { 1f, 1f, g.Factor, g.Factor }));
            return graph.Add("Resize", layer.Name, [inputs[0], "", scales], attributes);
        }

        string size = g.IsLikeSecondInput ? SizeOf(layer.Name + ".like", inputs[1]) : graph.Integers(layer.Name + ".to", g.Height, g.Width);
        string shape = graph.Add("Shape", layer.Name + ".from", [inputs[0]]);
        string batch = Slice(layer.Name + ".batch", shape, graph.Integers("zero", 0), graph.Integers("two", 2), graph.Integers("axes.first", 0));
        string sizes = graph.Add("Concat", layer.Name + ".sizes", [batch, size], new OnnxAttribute("axis", 0L));
        return graph.Add("Resize", layer.Name, [inputs[0], "", "", sizes], attributes);
    }

    private static OnnxAttribute Pair(string name, int height, int width) => new(name, new long[] { height, width });

    private static OnnxAttribute Sides(int top, int left, int bottom, int right) => new("pads", new long[] { top, left, bottom, right });
}
