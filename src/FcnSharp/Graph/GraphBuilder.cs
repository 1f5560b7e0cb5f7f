using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Graph;

/// <summary>Multipliers of the learning rate and of the weight decay of a layer's weight and bias; 0 freezes.</summary>
/// <param name="Weight">Learning rate of the weight.</param>
/// <param name="Bias">Learning rate of the bias.</param>
/// <param name="WeightDecay">Decay of the weight.</param>
/// <param name="BiasDecay">Decay of the bias.</param>
public readonly record struct Multipliers(float Weight, float Bias, float WeightDecay, float BiasDecay)
{
    /// <summary>As the reference trains: biases twice as fast and without decay.</summary>
    public static Multipliers Reference { get; } = new(1, 2, 1, 0);

    /// <summary>Nothing is learned.</summary>
    public static Multipliers Frozen { get; } = new(0, 0, 0, 0);
}

/// <summary>Builds a <see cref="NetGraph"/> layer by layer, so that a net's file reads like the paper's description.</summary>
public sealed class GraphBuilder(string name)
{
    private readonly List<GraphValue> _inputs = [];
    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<string, GraphValue> _outputs = [];
    private readonly HashSet<string> _names = [];
    private readonly HashSet<GraphValue> _values = [];

    /// <summary>An input of the net, [N, channels, H, W].</summary>
    public GraphValue Input(string inputName, int channels, ElementType type = ElementType.Float32)
    {
        Claim(inputName);
        GraphValue value = Own(new GraphValue(inputName, channels, null, 0, type));
        _inputs.Add(value);
        return value;
    }

    /// <summary>A convolution with bias.</summary>
    /// <param name="layerName">Unique in the net.</param>
    /// <param name="input">What it is applied to.</param>
    /// <param name="channels">Output channels.</param>
    /// <param name="geometry">Kernel, stride, padding, dilation, groups.</param>
    /// <param name="initializer">Initial weight; MSRA when null. The bias starts at 0.</param>
    /// <param name="multipliers">Learning-rate and decay multipliers; the reference's when null.</param>
    public GraphValue Conv2d(string layerName, GraphValue input, int channels, Conv2dParameters geometry, Initializer? initializer = null, Multipliers? multipliers = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(geometry);
        Multipliers m = multipliers ?? Multipliers.Reference;
        var weight = new Parameter(layerName + ".weight", Named(layerName, () => geometry.WeightShape(input.Channels, channels)), initializer ?? Initializer.Msra)
        {
            LearningRateMultiplier = m.Weight,
            DecayMultiplier = m.WeightDecay,
        };
        var bias = new Parameter(layerName + ".bias", new Shape(channels), Initializer.Zero)
        {
            LearningRateMultiplier = m.Bias,
            DecayMultiplier = m.BiasDecay,
        };
        return Add(new Conv2dLayer(layerName, geometry, weight, bias), channels, input);
    }

    /// <summary>A transposed convolution without bias, initially bilinear.</summary>
    /// <param name="layerName">Unique in the net.</param>
    /// <param name="input">What it is applied to.</param>
    /// <param name="channels">Output channels.</param>
    /// <param name="geometry">Kernel, stride, padding, dilation, groups, output padding.</param>
    /// <param name="initializer">Initial weight; bilinear when null.</param>
    /// <param name="multipliers">Learning-rate and decay multipliers; frozen, as in the reference, when null.</param>
    public GraphValue ConvTranspose2d(string layerName, GraphValue input, int channels, ConvTranspose2dParameters geometry, Initializer? initializer = null, Multipliers? multipliers = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(geometry);
        Multipliers m = multipliers ?? Multipliers.Frozen;
        var weight = new Parameter(layerName + ".weight", Named(layerName, () => geometry.WeightShape(input.Channels, channels)), initializer ?? Initializer.Bilinear)
        {
            LearningRateMultiplier = m.Weight,
            DecayMultiplier = m.WeightDecay,
        };
        return Add(new ConvTranspose2dLayer(layerName, geometry, weight, null), channels, input);
    }

    /// <summary>A fully connected layer with bias: a weight for each number of an input of one size.</summary>
    /// <param name="layerName">Unique in the net.</param>
    /// <param name="input">What it is applied to.</param>
    /// <param name="channels">Outputs.</param>
    /// <param name="inputHeight">The input's height.</param>
    /// <param name="inputWidth">The input's width.</param>
    /// <param name="initializer">Initial weight; MSRA when null. The bias starts at 0.</param>
    /// <param name="multipliers">Learning-rate and decay multipliers; the reference's when null.</param>
    public GraphValue FullyConnected(string layerName, GraphValue input, int channels, int inputHeight = 1, int inputWidth = 1, Initializer? initializer = null, Multipliers? multipliers = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        Multipliers m = multipliers ?? Multipliers.Reference;
        var weight = new Parameter(layerName + ".weight", Named(layerName, () => new Shape(channels, input.Channels, inputHeight, inputWidth)), initializer ?? Initializer.Msra)
        {
            LearningRateMultiplier = m.Weight,
            DecayMultiplier = m.WeightDecay,
        };
        var bias = new Parameter(layerName + ".bias", new Shape(channels), Initializer.Zero)
        {
            LearningRateMultiplier = m.Bias,
            DecayMultiplier = m.BiasDecay,
        };
        return Add(new FullyConnectedLayer(layerName, weight, bias), channels, input);
    }

    /// <summary>Max-pooling.</summary>
    public GraphValue MaxPool2d(string layerName, GraphValue input, MaxPool2dParameters geometry) =>
        Add(new MaxPool2dLayer(layerName, geometry), Channels(input), input);

    /// <summary>max(input, 0).</summary>
    public GraphValue Relu(string layerName, GraphValue input) => Add(new ReluLayer(layerName), Channels(input), input);

    /// <summary>Dropout, in training only.</summary>
    public GraphValue Dropout(string layerName, GraphValue input, float ratio) => Add(new DropoutLayer(layerName, ratio), Channels(input), input);

    /// <summary>The window of another value's height and width, at an offset.</summary>
    public GraphValue Crop(string layerName, GraphValue input, GraphValue like, int offset) =>
        Add(new CropLayer(layerName, offset, offset), Channels(input), input, like);

    /// <summary>Elementwise sum.</summary>
    public GraphValue Sum(string layerName, params GraphValue[] inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return Add(new SumLayer(layerName), inputs.Length == 0 ? 0 : Channels(inputs[0]), inputs);
    }

    /// <summary>The class with the largest score.</summary>
    public GraphValue ArgMax(string layerName, GraphValue scores) => Add(new ArgMaxLayer(layerName), 1, ElementType.Int32, scores);

    /// <summary>Per-pixel softmax cross-entropy.</summary>
    public GraphValue SoftmaxCrossEntropyLoss(string layerName, GraphValue scores, GraphValue labels, int ignoreIndex = 255, LossReduction reduction = LossReduction.Mean, float weight = 1, IReadOnlyList<float>? classWeights = null) =>
        Add(new SoftmaxCrossEntropyLossLayer(layerName, ignoreIndex, reduction, weight, classWeights), 1, scores, labels);

    /// <summary>The inputs one after the other along the channels.</summary>
    public GraphValue Concat(string layerName, params GraphValue[] inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return Add(new ConcatLayer(layerName), inputs.Sum(Channels), inputs);
    }

    /// <summary>factor * input, the factor fixed.</summary>
    public GraphValue Scale(string layerName, GraphValue input, float factor) => Add(new ScaleLayer(layerName, factor), Channels(input), input);

    /// <summary>Elementwise sum of coefficients[i] * inputs[i], the coefficients fixed.</summary>
    public GraphValue WeightedSum(string layerName, IReadOnlyList<float> coefficients, params GraphValue[] inputs)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(inputs);
        return Add(new SumLayer(layerName, coefficients), inputs.Length == 0 ? 0 : Channels(inputs[0]), inputs);
    }

    /// <summary>A border of one number around each plane.</summary>
    public GraphValue Pad2d(string layerName, GraphValue input, Pad2dParameters geometry) => Add(new Pad2dLayer(layerName, geometry), Channels(input), input);

    /// <summary>Probabilities: softmax over the channels.</summary>
    public GraphValue Softmax(string layerName, GraphValue scores) => Add(new SoftmaxLayer(layerName), Channels(scores), scores);

    /// <summary>The class with the largest score and its softmax probability.</summary>
    public (GraphValue Classes, GraphValue Confidence) ClassifyPixels(string layerName, GraphValue scores)
    {
        GraphValue classes = Add(new ClassifyPixelsLayer(layerName), 1, ElementType.Int32, scores);
        return (classes, Own(new GraphValue(layerName, 1, classes.Node, 1, ElementType.Float32)));
    }

    /// <summary>Bilinear resize; give a second input where its size is the one that is wanted.</summary>
    public GraphValue BilinearResize2d(string layerName, GraphValue input, BilinearResize2dParameters geometry, GraphValue? like = null) =>
        Add(new BilinearResize2dLayer(layerName, geometry), Channels(input), like is null ? [input] : [input, like]);

    /// <summary>Batch normalisation; the running estimates are buffers.</summary>
    /// <param name="layerName">Unique in the net.</param>
    /// <param name="input">What is normalised.</param>
    /// <param name="parameters">Epsilon, momentum, frozen or not; the usual ones when null.</param>
    /// <param name="multipliers">Learning-rate and decay multipliers of weight and bias; learned without decay when null.</param>
    public GraphValue BatchNorm2d(string layerName, GraphValue input, BatchNorm2dParameters? parameters = null, Multipliers? multipliers = null)
    {
        Multipliers m = multipliers ?? new Multipliers(1, 1, 0, 0);
        int channels = Channels(input);
        var weight = new Parameter(layerName + ".weight", new Shape(channels), Initializer.Constant(1)) { LearningRateMultiplier = m.Weight, DecayMultiplier = m.WeightDecay };
        var bias = new Parameter(layerName + ".bias", new Shape(channels), Initializer.Zero) { LearningRateMultiplier = m.Bias, DecayMultiplier = m.BiasDecay };
        return Add(new BatchNorm2dLayer(layerName, parameters ?? new BatchNorm2dParameters(), weight, bias), channels, input);
    }

    /// <summary>Average-pooling.</summary>
    public GraphValue AvgPool2d(string layerName, GraphValue input, AvgPool2dParameters geometry) =>
        Add(new AvgPool2dLayer(layerName, geometry), Channels(input), input);

    /// <summary>Pooling over the whole image, of whatever size: the mean of each channel, or its largest pixel.</summary>
    public GraphValue GlobalPool2d(string layerName, GraphValue input, bool max = false) => Add(new GlobalPool2dLayer(layerName, max), Channels(input), input);

    /// <summary>Max-pooling that also gives the index y * W + x of each winner, Int32, for <see cref="MaxUnpool2d"/>.</summary>
    public (GraphValue Output, GraphValue Indices) MaxPool2dWithIndices(string layerName, GraphValue input, MaxPool2dParameters geometry)
    {
        GraphValue output = Add(new MaxPool2dLayer(layerName, geometry, returnIndices: true), Channels(input), input);
        return (output, Own(new GraphValue(layerName, output.Channels, output.Node, 1, ElementType.Int32)));
    }

    /// <summary>The inverse of a max-pooling: each value goes back to where its window's winner was, zeros elsewhere.</summary>
    /// <param name="layerName">Unique in the net.</param>
    /// <param name="input">The values, as many as the pooling's outputs.</param>
    /// <param name="indices">The pooling's indices, of <see cref="MaxPool2dWithIndices"/>.</param>
    /// <param name="like">The pooling's input, of which only the size is read.</param>
    /// <param name="geometry">The pooling's geometry.</param>
    public GraphValue MaxUnpool2d(string layerName, GraphValue input, GraphValue indices, GraphValue like, MaxPool2dParameters geometry) =>
        Add(new MaxUnpool2dLayer(layerName, geometry), Channels(input), input, indices, like);

    /// <summary>Local response normalisation across channels; AlexNet's numbers when null.</summary>
    public GraphValue LocalResponseNorm(string layerName, GraphValue input, LocalResponseNormParameters? parameters = null) =>
        Add(new LocalResponseNormLayer(layerName, parameters ?? new LocalResponseNormParameters()), Channels(input), input);

    /// <summary>Any layer of one output.</summary>
    public GraphValue Add(Layer layer, int channels, params GraphValue[] inputs) => Add(layer, channels, ElementType.Float32, inputs);

    /// <summary>Names an output of the net.</summary>
    public void Output(string outputName, GraphValue value)
    {
        CheckOwn(value, $"output {outputName}");
        if (!_outputs.TryAdd(outputName, value))
        {
            throw new FcnSharpException($"{name} has two outputs named {outputName}.");
        }
    }

    /// <summary>The finished graph.</summary>
    /// <exception cref="FcnSharpException">Two parameters have one name: a file could not tell them apart.</exception>
    public NetGraph Build()
    {
        var graph = new NetGraph(name, [.. _inputs], [.. _nodes], new Dictionary<string, GraphValue>(_outputs));
        if (graph.Parameters.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } clash)
        {
            throw new FcnSharpException($"{name} has two parameters named {clash.Key}; to share one, give both layers the same parameter.");
        }

        return graph;
    }

    private static int Channels(GraphValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Channels;
    }

    private Shape Named(string layerName, Func<Shape> shape)
    {
        try
        {
            return shape();
        }
        catch (FcnSharpException e)
        {
            throw new FcnSharpException($"{name}, layer {layerName}: {e.Message}", e);
        }
    }

    private GraphValue Add(Layer layer, int channels, ElementType type, params GraphValue[] inputs)
    {
        ArgumentNullException.ThrowIfNull(layer);
        for (int i = 0; i < inputs.Length; i++)
        {
            CheckOwn(inputs[i], $"layer {layer.Name}");
            if (inputs[i].Type != layer.InputType(i))
            {
                throw new FcnSharpException($"{name}, layer {layer.Name}: the input \"{inputs[i].Name}\" holds {inputs[i].Type}, {layer.InputType(i)} is needed; give the type where the input is defined.");
            }
        }

        Claim(layer.Name);
        var node = new GraphNode(layer, [.. inputs]);
        _nodes.Add(node);
        return Own(new GraphValue(layer.Name, channels, node, 0, type));
    }

    private GraphValue Own(GraphValue value)
    {
        _values.Add(value);
        return value;
    }

    private void CheckOwn(GraphValue value, string user)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!_values.Contains(value))
        {
            throw new FcnSharpException($"{name}, {user}: \"{value.Name}\" belongs to another net.");
        }
    }

    private void Claim(string claimed)
    {
        if (!_names.Add(claimed))
        {
            throw new FcnSharpException($"{name} has two layers named {claimed}.");
        }
    }
}
