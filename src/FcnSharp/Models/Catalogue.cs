using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Tensors;

namespace FcnSharp.Models;

/// <summary>What a net gives.</summary>
public enum NetKind
{
    /// <summary>A class for each pixel: outputs "scores", "classes", "confidentClasses", "confidence", "probabilities" and "loss".</summary>
    Segmentation,

    /// <summary>A class for each image: outputs "scores" and "probabilities".</summary>
    Classifier,
}

/// <summary>A net of the catalogue.</summary>
/// <param name="Name">Its name, such as "fcn8s-vgg16".</param>
/// <param name="Kind">What it gives.</param>
/// <param name="Preprocessing">How an image becomes the input that published weights expect; null for a net without weights in colour.</param>
/// <param name="Size">Side of the square image that a classifier is made for; for other nets a usual one to tell costs at.</param>
/// <param name="Origins">The nets whose weights it may start from, the nearest first: coarser FCNs, then the classifier.</param>
public sealed record NetEntry(string Name, NetKind Kind, Preprocessing? Preprocessing, int Size, IReadOnlyList<string> Origins)
{
    /// <summary>Builds the graph of a name for options that <see cref="Catalogue.Build"/> has checked.</summary>
    public required Func<string, NetOptions, NetGraph> Builder { get; init; }

    /// <summary>The classes of the data set that it is published for: 1000 of ImageNet, 21 of PASCAL VOC with background.</summary>
    public int UsualClasses { get; init; } = Kind == NetKind.Classifier ? 1000 : 21;
}

/// <summary>The nets that can be built by name.</summary>
public static class Catalogue
{
    /// <summary>More classes than this would not fit a label of one byte beside void.</summary>
    public const int MaxClasses = 255;

    private const int MaxClassifierClasses = ushort.MaxValue;
    private const int MaxInputChannels = 64;
    private const int VocSize = 500;

    private static readonly Preprocessing Reference = new(ChannelOrder.Bgr, [104.00699f, 116.66877f, 122.67892f]);
    private static readonly Preprocessing RoundedMean = new(ChannelOrder.Bgr, [104, 117, 123]);
    private static readonly Preprocessing VggMean = new(ChannelOrder.Bgr, [103.939f, 116.779f, 123.68f]);

    private static readonly Dictionary<string, NetEntry> Entries = All().ToDictionary(e => e.Name, StringComparer.Ordinal);

    /// <summary>The names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Entries.Keys.Order(StringComparer.Ordinal)];

    /// <summary>What is known of a net.</summary>
    /// <exception cref="FcnSharpException">The name is unknown.</exception>
    public static NetEntry Get(string name) => Entries.TryGetValue(name, out NetEntry? entry)
        ? entry
        : throw new FcnSharpException($"There is no net \"{name}\"; there is {string.Join(", ", Names)}.");

    /// <summary>Builds a net.</summary>
    /// <exception cref="FcnSharpException">The name is unknown, or an option is out of range.</exception>
    public static NetGraph Build(string name, NetOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        NetEntry entry = Get(name);
        int most = entry.Kind == NetKind.Classifier ? MaxClassifierClasses : MaxClasses;
        if (options.Classes < 2 || options.Classes > most)
        {
            throw new FcnSharpException($"A net needs 2 to {most} classes, found {options.Classes}.");
        }

        if (options.InputChannels is < 1 or > MaxInputChannels)
        {
            throw new FcnSharpException($"A net needs 1 to {MaxInputChannels} input channels, found {options.InputChannels}.");
        }

        return entry.Builder(name, options);
    }

    private static IEnumerable<NetEntry> All()
    {
        yield return new("mini-fcn8s", NetKind.Segmentation, Reference, 96, []) { Builder = MiniFcn8s.Build };

        yield return new("vgg16", NetKind.Classifier, VggMean, 224, []) { Builder = Vgg16.Classifier };
        foreach (NetEntry entry in Fcns("vgg16", [32, 16, 8, 4], Vgg16Fcn))
        {
            yield return entry;
        }

        yield return new("fcn8s-atonce-vgg16", NetKind.Segmentation, Reference, VocSize, ["vgg16"]) { Builder = (n, o) => Vgg16.Fcn(n, o, 8, atOnce: true) };

        yield return new("alexnet", NetKind.Classifier, Reference, 227, []) { Builder = AlexNet.Classifier };
        yield return new("googlenet", NetKind.Classifier, RoundedMean, 224, []) { Builder = GoogLeNet.Classifier };
        yield return new("squeezenet1.0", NetKind.Classifier, RoundedMean, 227, []) { Builder = (n, o) => SqueezeNet.Classifier(n, o, SqueezeNet.V10) };
        yield return new("squeezenet1.1", NetKind.Classifier, RoundedMean, 227, []) { Builder = (n, o) => SqueezeNet.Classifier(n, o, SqueezeNet.V11) };
        yield return new("lenet", NetKind.Classifier, null, 28, []) { Builder = LeNet.Classifier, UsualClasses = 10 };
        IEnumerable<NetEntry>[] families =
        [
            Fcns("alexnet", [32, 16, 8], AlexNet.Fcn),
            Fcns("googlenet", [32, 16, 8, 4], GoogLeNet.Fcn),
            Fcns("squeezenet1.0", [16, 8, 4], (n, o, stride) => SqueezeNet.Fcn(n, o, SqueezeNet.V10, stride)),
            Fcns("squeezenet1.1", [16, 8, 4], (n, o, stride) => SqueezeNet.Fcn(n, o, SqueezeNet.V11, stride)),
        ];
        foreach (NetEntry entry in families.SelectMany(f => f))
        {
            yield return entry;
        }
    }

    private static NetGraph Vgg16Fcn(string name, NetOptions options, int stride) => Vgg16.Fcn(name, options, stride);

    /// <summary>The FCNs on a classifier; each may start from any coarser one.</summary>
    private static IEnumerable<NetEntry> Fcns(string classifier, int[] strides, Func<string, NetOptions, int, NetGraph> build)
    {
        List<string> origins = [classifier];
        foreach (int stride in strides)
        {
            string name = $"fcn{stride}s-{classifier}";
            yield return new(name, NetKind.Segmentation, Reference, VocSize, [.. origins]) { Builder = (n, o) => build(n, o, stride) };
            origins.Insert(0, name);
        }
    }
}
