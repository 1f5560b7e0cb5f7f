using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Models;

/// <summary>A net of the catalogue with weights from elsewhere, ready to be saved as a model.</summary>
/// <param name="Description">The net, its classes, and the input that the weights expect.</param>
/// <param name="Tensors">All its weights: those of the file, and initial values for layers that the file's net does not have.</param>
/// <param name="Report">What became of each tensor.</param>
public sealed record PretrainedModel(ModelDescription Description, IReadOnlyList<NamedTensor> Tensors, TransplantReport Report)
{
    /// <summary>Loads weights into a net: its own, those of a coarser FCN, or of its classifier (FCN, section 4.1).</summary>
    /// <param name="net">The net's name, such as "fcn8s-vgg16".</param>
    /// <param name="options">What it is built with.</param>
    /// <param name="classes">Its classes, as many as the options say.</param>
    /// <param name="weights">The file's tensors, in Caffe's names, torchvision's or ours.</param>
    /// <param name="source">The file, for messages.</param>
    /// <param name="device">Where the weights are put together; it stays the caller's.</param>
    /// <param name="input">The input that the weights expect, if the file says so; null for the one that such weights are published for.</param>
    /// <param name="seed">What the initial values of new layers depend on.</param>
    /// <param name="partial">Whether missing, unexpected and mismatched tensors are allowed.</param>
    /// <exception cref="FcnSharp.Tensors.FcnSharpException">There is no such net, the options are out of range, or the weights do not fit.</exception>
    public static PretrainedModel Create(
        string net, NetOptions options, IReadOnlyList<ClassInfo> classes, IReadOnlyList<NamedTensor> weights, string source, IDevice device,
        Preprocessing? input = null, ulong seed = 0, bool partial = false)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(classes);
        if (classes.Count != options.Classes)
        {
            throw new ArgumentException($"The net has {options.Classes} classes, found {classes.Count}.", nameof(classes));
        }

        RenamedWeights renamed = WeightNames.Recognize(net, weights, source);
        using var network = new Network(Catalogue.Build(net, options), device);
        network.Initialize(seed);
        TransplantReport report = WeightTransplant.Apply(network, renamed.Tensors, source, partial);
        var description = new ModelDescription(
            new ModelArchitecture(net, options.ToStrings()),
            classes,
            input ?? renamed.Preprocessing ?? new Preprocessing(ChannelOrder.Bgr, [0, 0, 0]));
        return new PretrainedModel(description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))], report);
    }

    /// <summary>Whether a file has every weight of a net itself, and not of one that it starts from: then it was trained as it is.</summary>
    public static bool IsComplete(string net, NetOptions options, IReadOnlyList<NamedTensor> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        HashSet<string> names = [.. weights.Select(t => t.Name)];
        return Catalogue.Build(net, options).Parameters.All(p => names.Contains(p.Name));
    }
}
