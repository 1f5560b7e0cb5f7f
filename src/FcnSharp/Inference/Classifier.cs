using System.Globalization;
using FcnSharp.Formats;
using FcnSharp.Formats.Caffe;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Inference;

/// <summary>
/// A classifier with published weights: the classes of an image, and as a fully convolutional net the classes all over it. Safe to
/// use from several threads at once.
/// </summary>
public sealed class Classifier : IDisposable
{
    private const string Answer = "probabilities";

    /// <summary>What Caffe's published classifiers expect, unless something else is known.</summary>
    private static readonly Preprocessing CaffeInput = new(ChannelOrder.Bgr, [104, 117, 123]);

    private readonly Network _network;
    private readonly string _input;

    private Classifier(Network network, string input, int size, Preprocessing preprocessing, IReadOnlyList<string>? names)
    {
        (_network, _input, Size, Preprocessing) = (network, input, size, preprocessing);
        int classes = network.Graph.Outputs[Answer].Channels;
        Names = names?.Count == classes ? names
            : classes == ImageNetClasses.Count ? ImageNetClasses.Names
            : [.. Enumerable.Range(0, classes).Select(i => string.Create(CultureInfo.InvariantCulture, $"class {i}"))];
    }

    /// <summary>The net's name.</summary>
    public string Net => _network.Graph.Name;

    /// <summary>Side of the square image that it is made for, in pixels.</summary>
    public int Size { get; }

    /// <summary>The names of its classes: those of the model file, of ImageNet where there are 1000, else numbers.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How an image becomes its input.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>Loads weights into a classifier of the catalogue.</summary>
    /// <param name="path">A file that <see cref="WeightFile"/> reads, or a model of ours.</param>
    /// <param name="device">Where to compute; it stays the caller's.</param>
    /// <param name="net">The classifier's name; null to tell it by the tensors.</param>
    /// <param name="input">The input that the weights expect; null for what the model file says, or what weights of such names are published for.</param>
    /// <exception cref="FcnSharpException">The file cannot be read, is of no classifier that is known, or does not fit the one that is named.</exception>
    public static Classifier Load(string path, IDevice device, string? net = null, Preprocessing? input = null)
    {
        ModelDescription? model = ModelFile.FindDescription(path);
        LoadedWeights weights = WeightFile.Read(path, rejectNonFinite: true);
        net ??= model?.Architecture.Name;
        RecognizedNet found = net is null ? NetRecognition.FindClassifier(weights.Tensors, path) : NetRecognition.AsClassifier(net, weights.Tensors, path);
        int size = Catalogue.Get(found.Net).Size;
        NetGraph graph = Catalogue.Build(found.Net, found.Options);
        return Create(graph, "image", size, graph.Inputs[0].Channels, Answer, input ?? model?.Preprocessing ?? found.Weights.Preprocessing ?? CaffeInput, model?.Classes, device,
            network => WeightTransplant.Apply(network, found.Weights.Tensors, path));
    }

    /// <summary>Loads weights into a net of Caffe that is made of its definition, whatever it is, as long as its last layer is a softmax.</summary>
    /// <param name="path">The .caffemodel.</param>
    /// <param name="definition">The .prototxt of the deployed net.</param>
    /// <param name="device">Where to compute; it stays the caller's.</param>
    /// <param name="input">The input that the weights expect; null for blue, green, red less ImageNet's mean.</param>
    /// <exception cref="FcnSharpException">A file cannot be read, the net cannot be built here, is no classifier of colour images of a known size, or the weights do not fit.</exception>
    public static Classifier LoadCaffe(string path, string definition, IDevice device, Preprocessing? input = null)
    {
        CaffeNet net = CaffeNet.Build(definition);
        string[] answers = [.. net.Results.Where(r => net.Graph.Outputs[r].Node?.Layer is SoftmaxLayer)];
        if (answers.Length != 1 || net.Graph.Inputs.Count != 1)
        {
            throw new FcnSharpException($"{definition} is no classifier: expected one input and one softmax as result, found {net.Graph.Inputs.Count} and {answers.Length}; give the definition for deployment.");
        }

        GraphValue image = net.Graph.Inputs[0];
        if (image.Channels != 3 || !net.InputShapes.TryGetValue(image.Name, out Shape shape) || shape.H != shape.W)
        {
            throw new FcnSharpException($"{definition}: expected an input of 3 channels and a square size, found {(net.InputShapes.TryGetValue(image.Name, out Shape found) ? found.ToString() : "no size")}; give the definition for deployment.");
        }

        CaffeModel model = CaffeModel.Read(path);
        return Create(net.Graph, image.Name, shape.H, image.Channels, answers[0], input ?? CaffeInput, classes: null, device, network => Fill(network, net.Match(model, path), path));
    }

    /// <summary>The probability of each class for the middle of an image: its largest centred square, resized to <see cref="Size"/>.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <returns>The probabilities; they add up to 1.</returns>
    public float[] Classify(RgbImage image, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        int side = Math.Min(image.Width, image.Height);
        RgbImage square = ImageCrop.Of(image, (image.Width - side) / 2, (image.Height - side) / 2, side, side);
        return Run(Resize.Image(square, Size, Size), cancellation).Span.ToArray();
    }

    /// <summary>The probability of each class all over an image: each cell is the classifier on its window.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="side">To how many pixels its shorter side is resized, at least <see cref="Size"/>; objects should then be about as large as <see cref="Size"/>.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">The side is below <see cref="Size"/>, or the image needs more memory than there is.</exception>
    public ClassMap Map(RgbImage image, int side, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (side < Size)
        {
            throw new FcnSharpException($"{Net} sees windows of {Size}x{Size} pixels, so an image needs at least a side of {Size}, found {side}.");
        }

        double scale = (double)side / Math.Min(image.Width, image.Height);
        RgbImage resized = Resize.Image(image, (int)Math.Round(image.Width * scale), (int)Math.Round(image.Height * scale));
        Tensor probabilities = Run(resized, cancellation);
        GraphValue answer = _network.Graph.Outputs[Answer];
        PixelGrid Grid(bool vertical) => new PixelGrids(vertical).Of(answer)
            ?? throw new FcnSharpException($"{Net}: its scores lie on no regular grid, so they make no map.");
        return new ClassMap(probabilities, Grid(vertical: true), Grid(vertical: false), resized.Height, resized.Width);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    private static Classifier Create(NetGraph graph, string input, int size, int channels, string answer, Preprocessing preprocessing, IReadOnlyList<ClassInfo>? classes, IDevice device, Action<Network> load)
    {
        var network = new Network(Convolutionalized(graph, new() { [input] = new Shape(1, channels, size, size) }, answer), device);
        try
        {
            load(network);
            network.FreezeParameters();
            return new Classifier(network, input, size, preprocessing, classes is null ? null : [.. classes.Select(c => c.Name)]);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static NetGraph Convolutionalized(NetGraph graph, Dictionary<string, Shape> input, string answer)
    {
        NetGraph net = Convolutionalization.Apply(graph, input, answer);
        return new NetGraph(net.Name, net.Inputs, net.Nodes, new Dictionary<string, GraphValue> { [Answer] = net.Outputs[answer] });
    }

    private static void Fill(Network network, CaffeWeights weights, string path)
    {
        weights.ExpectComplete(network.Graph.Name, path);
        foreach (Parameter parameter in network.Graph.Parameters)
        {
            network.Value(parameter).Write(weights.Tensors[parameter.Name].Span);
        }
    }

    private Tensor Run(RgbImage image, CancellationToken cancellation)
    {
        CompiledNet net = _network.Compile(CompileTarget.Inference(Answer), new Dictionary<string, Shape> { [_input] = new(1, 3, image.Height, image.Width) });
        float[] planes = new float[image.Pixels.Length];
        InputEncoder.Encode(image, Preprocessing, planes);
        using IExecution execution = net.Plan.Begin();
        execution.Write(net.Inputs[_input], planes);
        execution.Run(cancellation);
        var probabilities = new Tensor(net.Outputs[Answer].Shape);
        execution.Read(net.Outputs[Answer], probabilities.Span);
        return probabilities;
    }
}
