using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Models;

/// <summary>Weights of a classifier of the catalogue.</summary>
/// <param name="Net">Its name, such as "googlenet".</param>
/// <param name="Options">What it must be built with so that the weights fit: as many classes as they have.</param>
/// <param name="Weights">The weights under our names, and the input that they expect.</param>
public sealed record RecognizedNet(string Net, NetOptions Options, RenamedWeights Weights);

/// <summary>A net of the catalogue that a file has all weights of.</summary>
/// <param name="Net">Its name, such as "fcn8s-vgg16".</param>
/// <param name="Options">What it must be built with so that the weights fit.</param>
/// <param name="Naming">Whose names the file has: "Caffe" or "torchvision".</param>
/// <param name="Unused">Tensors of the file that the net has no use for.</param>
public sealed record FittingNet(string Net, NetOptions Options, string Naming, int Unused);

/// <summary>Tells by the names and sizes of tensors which nets of the catalogue they are of.</summary>
public static class NetRecognition
{
    private static readonly string[] Classifiers = [.. Catalogue.Names.Where(name => Catalogue.Get(name) is { Kind: NetKind.Classifier, Preprocessing: not null })];

    /// <summary>Finds the classifier that every weight is there for.</summary>
    /// <param name="tensors">The tensors, in Caffe's names or torchvision's; there may be more.</param>
    /// <param name="source">Where they are from, for messages.</param>
    /// <exception cref="FcnSharpException">They are of no classifier of the catalogue.</exception>
    public static RecognizedNet FindClassifier(IReadOnlyList<NamedTensor> tensors, string source)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        foreach (string net in Classifiers)
        {
            if (TryFit(net, tensors, source) is { } found)
            {
                return found;
            }
        }

        string first = tensors.Count == 0 ? "none" : $"'{tensors[0].Name}' {tensors[0].Tensor.Shape}, ...";
        throw new FcnSharpException($"{source}: its tensors ({first}) are of no classifier that is known here; give weights of {string.Join(", ", Classifiers)}, or the net's own definition.");
    }

    /// <summary>Finds every net, classifier or FCN, that all weights are there for, those that use the most of them first.</summary>
    /// <param name="tensors">What the file lists, in Caffe's names or torchvision's.</param>
    /// <param name="source">Where they are from, for messages.</param>
    public static IReadOnlyList<FittingNet> FindNets(IReadOnlyList<WeightEntry> tensors, string source)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        string[] names = [.. tensors.Select(t => t.Name)];
        return [.. Catalogue.Names.Select(net => Fit(net, names, tensors, source)).OfType<FittingNet>().OrderBy(f => f.Unused)];
    }

    /// <summary>Takes the net as named, with as many classes as the weights have.</summary>
    /// <param name="net">A classifier of the catalogue.</param>
    /// <param name="tensors">The tensors.</param>
    /// <param name="source">Where they are from, for messages.</param>
    /// <exception cref="FcnSharpException">The net is no classifier for colour images, or the names are of a net that has no map. Whether the shapes fit is seen when they are loaded.</exception>
    public static RecognizedNet AsClassifier(string net, IReadOnlyList<NamedTensor> tensors, string source)
    {
        if (!Classifiers.Contains(net))
        {
            _ = Catalogue.Get(net);
            throw new FcnSharpException($"{net} is no classifier of colour images; there is {string.Join(", ", Classifiers)}.");
        }

        RenamedWeights weights = WeightNames.Recognize(net, tensors, source);
        return new RecognizedNet(net, new NetOptions { Classes = ClassesOf(net, weights.Tensors) ?? Catalogue.Get(net).UsualClasses }, weights);
    }

    private static RecognizedNet? TryFit(string net, IReadOnlyList<NamedTensor> tensors, string source)
    {
        RecognizedNet candidate;
        try
        {
            candidate = AsClassifier(net, tensors, source);
        }
        catch (FcnSharpException)
        {
            // Names that this net has no map for: it is another one.
            return null;
        }

        Dictionary<string, long> sizes = candidate.Weights.Tensors.DistinctBy(t => t.Name).ToDictionary(t => t.Name, t => t.Tensor.Shape.ElementCount);
        return ClassesOf(net, candidate.Weights.Tensors) is >= 2 and <= ushort.MaxValue
            && Catalogue.Build(net, candidate.Options).Parameters.All(p => sizes.GetValueOrDefault(p.Name) == p.Shape.ElementCount) ? candidate : null;
    }

    private static FittingNet? Fit(string net, string[] names, IReadOnlyList<WeightEntry> tensors, string source)
    {
        try
        {
            (string naming, IReadOnlyList<string> renamed, _) = WeightNames.Rename(net, names, source);
            Dictionary<string, long> sizes = [];
            foreach ((string name, WeightEntry tensor) in renamed.Zip(tensors))
            {
                sizes[name] = tensor.Shape.ElementCount;
            }

            NetEntry entry = Catalogue.Get(net);
            foreach (UpsamplingKernels kernels in entry.Kind == NetKind.Classifier ? [UpsamplingKernels.Full] : Enum.GetValues<UpsamplingKernels>())
            {
                if (sizes.GetValueOrDefault(ClassBias(entry)) is not (>= 2 and <= ushort.MaxValue and var classes))
                {
                    return null;
                }

                var options = new NetOptions { Classes = (int)classes, Kernels = kernels };
                IReadOnlyList<Parameter> parameters = Catalogue.Build(net, options).Parameters;
                if (parameters.All(p => sizes.GetValueOrDefault(p.Name) == p.Shape.ElementCount))
                {
                    return new FittingNet(net, options, naming, tensors.Count - parameters.Count);
                }
            }

            return null;
        }
        catch (FcnSharpException)
        {
            // Names that this net has no map for, or more classes than it can have: it is another one.
            return null;
        }
    }

    /// <summary>The bias of the first layer that has an element a class: a classifier's last one, an FCN's coarsest scores.</summary>
    private static string ClassBias(NetEntry net) => net.Kind == NetKind.Classifier
        ? Catalogue.Build(net.Name, new NetOptions { Classes = net.UsualClasses }).Parameters[^1].Name
        : "score_fr.bias";

    /// <summary>The last bias has an element a class.</summary>
    private static int? ClassesOf(string net, IReadOnlyList<NamedTensor> tensors)
    {
        NetGraph graph = Catalogue.Build(net, new NetOptions { Classes = Catalogue.Get(net).UsualClasses });
        return (int?)tensors.FirstOrDefault(t => t.Name == graph.Parameters[^1].Name).Tensor?.Shape.ElementCount;
    }
}
