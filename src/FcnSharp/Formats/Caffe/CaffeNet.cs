using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>
/// A Caffe net as a graph that runs here: made of its .prototxt, with its weights from its .caffemodel.
/// Every blob is an output of the graph, by its name and with the value that it has at the end, after what is computed in place.
/// Parameters are named as the layer, a dot, and weight or bias.
/// </summary>
public sealed class CaffeNet
{
    private readonly CaffePlaces _places;

    internal CaffeNet(NetGraph graph, CaffePhase phase, IReadOnlyDictionary<string, Shape> inputShapes, IReadOnlyList<string> results, CaffePlaces places)
    {
        (Graph, Phase, InputShapes, Results) = (graph, phase, inputShapes, results);
        Losses = [.. graph.Outputs.Where(output => output.Value.Node?.Layer.IsLoss == true).Select(output => output.Key)];
        _places = places;
    }

    /// <summary>The net. It takes images of any size, unless a fully connected layer's weights fix it.</summary>
    public NetGraph Graph { get; }

    /// <summary>The phase that it was built for.</summary>
    public CaffePhase Phase { get; }

    /// <summary>The shapes [N, C, H, W] that the definition gives its inputs; those that it leaves to the data are absent.</summary>
    public IReadOnlyDictionary<string, Shape> InputShapes { get; }

    /// <summary>The outputs that no layer reads: scores, probabilities, losses.</summary>
    public IReadOnlyList<string> Results { get; }

    /// <summary>The outputs that are losses.</summary>
    public IReadOnlyList<string> Losses { get; }

    /// <summary>Builds a net from a file; see <see cref="Build(CaffeNetDefinition, CaffePhase, IReadOnlyDictionary{string, Shape}?)"/>.</summary>
    /// <exception cref="FcnSharpException">The file is no definition, or holds what cannot be built here; the message names file, line and layer.</exception>
    public static CaffeNet Build(string path, CaffePhase phase = CaffePhase.Test, IReadOnlyDictionary<string, Shape>? inputShapes = null) =>
        Build(CaffeNetDefinition.Read(path), phase, inputShapes);

    /// <summary>Builds a net.</summary>
    /// <param name="definition">The definition: deploy, train or test.</param>
    /// <param name="phase">Which of its layers are meant; deploy files are of <see cref="CaffePhase.Test"/>.</param>
    /// <param name="inputShapes">
    /// Shapes [N, C, H, W] of inputs that the definition leaves to its data, or that shall be others than it says. The number of channels
    /// counts, and the size where fully connected layers follow. Without one, data has 3 channels, and what a loss compares with is labels.
    /// </param>
    /// <exception cref="FcnSharpException">A layer's type or numbers are not known here, or blobs do not fit; the message names file, line and layer.</exception>
    public static CaffeNet Build(CaffeNetDefinition definition, CaffePhase phase = CaffePhase.Test, IReadOnlyDictionary<string, Shape>? inputShapes = null)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return new CaffeGraphWriter(definition, phase, inputShapes ?? new Dictionary<string, Shape>()).Write();
    }

    /// <summary>Finds the net's weights in a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="source">Where it is from, for messages.</param>
    /// <exception cref="FcnSharpException">A tensor has another shape than the net needs.</exception>
    public CaffeWeights Match(CaffeModel model, string source) => CaffeWeights.Match(Graph, _places, model, source);

    /// <summary>Loads the net's weights from a model.</summary>
    /// <param name="network">A network of <see cref="Graph"/>.</param>
    /// <param name="model">The model.</param>
    /// <param name="source">Where it is from, for messages.</param>
    /// <param name="partial">Whether tensors may be missing, whose parameters then stay as they are, or left over.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="FcnSharpException">A tensor is missing, left over or of another shape; nothing was changed then.</exception>
    public CaffeWeights Load(Network network, CaffeModel model, string source, bool partial = false)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (network.Graph != Graph)
        {
            throw new ArgumentException("The network is of another graph.", nameof(network));
        }

        CaffeWeights weights = Match(model, source);
        if (!partial)
        {
            weights.ExpectComplete(Graph.Name, source);
        }

        foreach (Parameter parameter in Graph.Parameters)
        {
            if (weights.Tensors.TryGetValue(parameter.Name, out Tensor? tensor))
            {
                network.Value(parameter).Write(tensor.Span);
            }
        }

        return weights;
    }
}
