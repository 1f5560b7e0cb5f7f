using System.Globalization;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Models;

/// <summary>How coarse scores become pixels.</summary>
public enum Upsampling
{
    /// <summary>Transposed convolutions that stay bilinear, as in the reference's nets.</summary>
    Bilinear,

    /// <summary>Transposed convolutions that start bilinear and are learned, as the paper's text allows.</summary>
    Learned,
}

/// <summary>The kernels of the transposed convolutions.</summary>
public enum UpsamplingKernels
{
    /// <summary>One kernel for each pair of classes, [C, C, k, k], of which only the diagonal starts filled: the reference's.</summary>
    Full,

    /// <summary>One kernel for each class, [C, 1, k, k]: the same bilinear result for a C-th of the weights and work.</summary>
    PerClass,
}

/// <summary>How a net makes room at the border of the image.</summary>
public enum BorderPadding
{
    /// <summary>Each layer keeps the grid of its input: scores lie exactly over their pixels and no border is computed in vain.</summary>
    Tight,

    /// <summary>100 pixels around the first convolution and none around fc6, with crops that shift the scores back: the reference's.</summary>
    Reference,
}

/// <summary>What can be chosen about a net of the catalogue. Classifiers know classes and input channels only.</summary>
public sealed record NetOptions
{
    /// <summary>Number of classes, at least 2.</summary>
    public required int Classes { get; init; }

    /// <summary>How coarse scores become pixels.</summary>
    public Upsampling Upsampling { get; init; } = Upsampling.Learned;

    /// <summary>The kernels of the transposed convolutions.</summary>
    public UpsamplingKernels Kernels { get; init; } = UpsamplingKernels.Full;

    /// <summary>How the net makes room at the border.</summary>
    public BorderPadding Padding { get; init; } = BorderPadding.Tight;

    /// <summary>Channels of the image; null for the net's own, 3 of colour, 1 for LeNet. More for nets that fuse depth early (FCN, section 5, NYUDv2).</summary>
    public int? InputChannels { get; init; }

    /// <summary>The label of void pixels.</summary>
    public int IgnoreIndex { get; init; } = 255;

    /// <summary>Whether the loss is the mean over the pixels that count or, as in the reference's heavy recipes, their sum. It shapes the training, not the model: model files do not hold it.</summary>
    public LossReduction Loss { get; init; } = LossReduction.Mean;

    /// <summary>How much a pixel of each class counts in the loss; null for all alike. Like <see cref="Loss"/> no part of the model.</summary>
    public IReadOnlyList<float>? ClassWeights { get; init; }

    /// <summary>What the channels of VGG16 and AlexNet inside of the net are divided by: comparisons with other programs hold for small nets as for large ones, and small ones fit into a repository.</summary>
    internal int Narrowing { get; init; } = 1;

    /// <summary>The options as names and values for a model file; <see cref="Parse"/> reads them. Those that came later are left out where they are the default, so that older versions read the file.</summary>
    public IReadOnlyDictionary<string, string> ToStrings()
    {
        var values = new Dictionary<string, string>
        {
            ["classes"] = Text(Classes),
            ["upsampling"] = Upsampling == Upsampling.Learned ? "learned" : "bilinear",
            ["ignoreIndex"] = Text(IgnoreIndex),
        };
        if (Kernels == UpsamplingKernels.PerClass)
        {
            values["kernels"] = "per-class";
        }

        if (Padding == BorderPadding.Reference)
        {
            values["padding"] = "reference";
        }

        if (InputChannels is { } channels)
        {
            values["inputChannels"] = Text(channels);
        }

        return values;
    }

    /// <summary>Reads options from names and values.</summary>
    /// <param name="values">As <see cref="ToStrings"/> gives them.</param>
    /// <param name="source">Where they are from, for messages.</param>
    /// <exception cref="FcnSharpException">One is missing, unknown or not understood.</exception>
    public static NetOptions Parse(IReadOnlyDictionary<string, string> values, string source)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (string name in values.Keys)
        {
            if (name is not ("classes" or "upsampling" or "ignoreIndex" or "kernels" or "padding" or "inputChannels"))
            {
                throw new FcnSharpException($"{source}: the net option \"{name}\" is unknown to this version; update FcnSharp.");
            }
        }

        return new NetOptions
        {
            Classes = Number(values, "classes", source),
            IgnoreIndex = Number(values, "ignoreIndex", source),
            Upsampling = Choice(values, "upsampling", source, null, ("learned", Upsampling.Learned), ("bilinear", Upsampling.Bilinear)),
            Kernels = Choice(values, "kernels", source, "full", ("full", UpsamplingKernels.Full), ("per-class", UpsamplingKernels.PerClass)),
            Padding = Choice(values, "padding", source, "tight", ("tight", BorderPadding.Tight), ("reference", BorderPadding.Reference)),
            InputChannels = values.ContainsKey("inputChannels") ? Number(values, "inputChannels", source) : null,
        };
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static T Choice<T>(IReadOnlyDictionary<string, string> values, string name, string source, string? otherwise, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        string text = values.GetValueOrDefault(name) ?? otherwise ?? throw new FcnSharpException($"{source}: the net option \"{name}\" is missing.");
        foreach ((string known, T value) in choices)
        {
            if (known == text)
            {
                return value;
            }
        }

        throw new FcnSharpException($"{source}: the net option \"{name}\" must be {choices[0].Text} or {choices[1].Text}, found \"{text}\".");
    }

    private static int Number(IReadOnlyDictionary<string, string> values, string name, string source) =>
        values.TryGetValue(name, out string? text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FcnSharpException($"{source}: the net option \"{name}\" must be a whole number, found \"{values.GetValueOrDefault(name)}\".");
}
