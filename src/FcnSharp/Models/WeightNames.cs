using System.Globalization;
using FcnSharp.Formats;
using FcnSharp.Tensors;

namespace FcnSharp.Models;

/// <summary>Weights under our names, and the input that they expect.</summary>
/// <param name="Naming">Whose names they had: "Caffe" or "torchvision".</param>
/// <param name="Tensors">The tensors, named as our layers are.</param>
/// <param name="Preprocessing">The input that such weights are published for; null if none is known.</param>
public sealed record RenamedWeights(string Naming, IReadOnlyList<NamedTensor> Tensors, Preprocessing? Preprocessing);

/// <summary>
/// Translates the names of other programs. Our names are Caffe's layer names, a dot, and "weight" or "bias"; torchvision numbers
/// the layers of its VGG16 and SqueezeNet, pools and ReLUs included.
/// </summary>
public static class WeightNames
{
    /// <summary>What torchvision's nets expect: RGB from 0 to 1, less the mean, over the deviation.</summary>
    public static Preprocessing Torchvision { get; } = new(
        ChannelOrder.Rgb,
        [255 * 0.485f, 255 * 0.456f, 255 * 0.406f],
        [1 / (255 * 0.229f), 1 / (255 * 0.224f), 1 / (255 * 0.225f)]);

    private static readonly Dictionary<string, Dictionary<string, string>> TorchvisionLayers = new()
    {
        ["vgg16"] = Vgg16(),
        ["squeezenet1.0"] = SqueezeNet([3, 4, 5, 7, 8, 9, 10, 12]),
        ["squeezenet1.1"] = SqueezeNet([3, 4, 6, 7, 9, 10, 11, 12]),
    };

    /// <summary>Renames a file's tensors for a net.</summary>
    /// <param name="net">The net they will be loaded into, such as "fcn8s-vgg16"; it tells which trunk the numbers are of.</param>
    /// <param name="tensors">The file's tensors.</param>
    /// <param name="source">The file, for messages.</param>
    /// <returns>
    /// Under names of ours everything stays as it is, but dots that some programs write for the slashes in layers' names become slashes again. Under torchvision's, the input is torchvision's too, unless somebody has
    /// renamed Caffe's weights, which the numbers cannot tell: then give <see cref="InputConversion"/> the input that is right.
    /// </returns>
    /// <exception cref="FcnSharpException">The names are torchvision's, but of a net that has no map, or of other layers.</exception>
    public static RenamedWeights Recognize(string net, IReadOnlyList<NamedTensor> tensors, string source)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        (string naming, IReadOnlyList<string> names, Preprocessing? preprocessing) = Rename(net, [.. tensors.Select(t => t.Name)], source);
        return new RenamedWeights(naming, [.. tensors.Zip(names, (t, name) => new NamedTensor(name, t.Tensor))], preprocessing);
    }

    /// <summary>The names alone, in their order; see <see cref="Recognize"/>.</summary>
    internal static (string Naming, IReadOnlyList<string> Names, Preprocessing? Preprocessing) Rename(string net, IReadOnlyList<string> names, string source)
    {
        NetEntry entry = Catalogue.Get(net);
        NetEntry trunk = entry.Origins.Count > 0 ? Catalogue.Get(entry.Origins[^1]) : entry;
        if (!names.Any(name => name.StartsWith("features.", StringComparison.Ordinal)))
        {
            bool own = names.Any(name => name.StartsWith("score_fr.", StringComparison.Ordinal));
            return ("Caffe", WithSlashes(names, entry, trunk), (own ? entry : trunk).Preprocessing);
        }

        if (!TorchvisionLayers.TryGetValue(trunk.Name, out Dictionary<string, string>? layers))
        {
            throw new FcnSharpException($"{source} has torchvision's names, but there is no map for {net}, only for nets on {string.Join(", ", TorchvisionLayers.Keys)}; rename its tensors as our layers are.");
        }

        var renamed = new List<string>(names.Count);
        foreach (string name in names)
        {
            int dot = name.LastIndexOf('.');
            string? layer = dot < 0 ? null : layers.GetValueOrDefault(name[..dot]);
            renamed.Add(layer is null
                ? throw new FcnSharpException($"{source}: {name} is no layer of torchvision's {trunk.Name}; is it a file of another net?")
                : layer + name[dot..]);
        }

        return ("torchvision", renamed, Torchvision);
    }

    private static string[] WithSlashes(IReadOnlyList<string> names, params NetEntry[] nets)
    {
        HashSet<string> known = [.. nets.SelectMany(n => Catalogue.Build(n.Name, new NetOptions { Classes = n.UsualClasses }).Parameters).Select(p => p.Name)];
        ILookup<string, string> dotted = known.ToLookup(n => n.Replace('/', '.'));
        return [.. names.Select(name => known.Contains(name) ? name : dotted[name].FirstOrDefault(name))];
    }

    private static Dictionary<string, string> Vgg16()
    {
        var layers = new Dictionary<string, string> { ["classifier.0"] = "fc6", ["classifier.3"] = "fc7", ["classifier.6"] = "fc8" };
        int index = 0;
        int[] convolutions = [2, 2, 3, 3, 3];
        for (int stage = 0; stage < convolutions.Length; stage++)
        {
            for (int i = 1; i <= convolutions[stage]; i++)
            {
                layers[Numbered("features", index)] = string.Create(CultureInfo.InvariantCulture, $"conv{stage + 1}_{i}");
                index += 2;
            }

            index++;
        }

        return layers;
    }

    private static Dictionary<string, string> SqueezeNet(int[] fireModules)
    {
        var layers = new Dictionary<string, string> { ["features.0"] = "conv1", ["classifier.1"] = "conv10" };
        for (int i = 0; i < fireModules.Length; i++)
        {
            string fire = string.Create(CultureInfo.InvariantCulture, $"fire{i + 2}/");
            string from = Numbered("features", fireModules[i]);
            layers[from + ".squeeze"] = fire + "squeeze1x1";
            layers[from + ".expand1x1"] = fire + "expand1x1";
            layers[from + ".expand3x3"] = fire + "expand3x3";
        }

        return layers;
    }

    private static string Numbered(string group, int index) => string.Create(CultureInfo.InvariantCulture, $"{group}.{index}");
}
