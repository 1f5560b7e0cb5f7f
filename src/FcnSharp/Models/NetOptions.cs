using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Models;

/// <summary>How coarse scores become pixels.</summary>
public enum Upsampling
{
    /// <summary>Transposed convolutions that stay bilinear, as in the reference's nets.</summary>
    Bilinear,

    /// <summary>Transposed convolutions that start bilinear and are learned, as the paper's text allows.</summary>
    Learned,
}

/// <summary>What can be chosen about a net of the catalogue.</summary>
public sealed record NetOptions
{
    /// <summary>Number of classes, at least 2.</summary>
    public required int Classes { get; init; }

    /// <summary>How coarse scores become pixels.</summary>
    public Upsampling Upsampling { get; init; } = Upsampling.Learned;

    /// <summary>The label of void pixels.</summary>
    public int IgnoreIndex { get; init; } = 255;

    /// <summary>The options as names and values for a model file; <see cref="Parse"/> reads them.</summary>
    public IReadOnlyDictionary<string, string> ToStrings() => new Dictionary<string, string>
    {
        ["classes"] = Classes.ToString(CultureInfo.InvariantCulture),
        ["upsampling"] = Upsampling == Upsampling.Learned ? "learned" : "bilinear",
        ["ignoreIndex"] = IgnoreIndex.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Reads options from names and values.</summary>
    /// <param name="values">As <see cref="ToStrings"/> gives them.</param>
    /// <param name="source">Where they are from, for messages.</param>
    /// <exception cref="FcnSharpException">One is missing, unknown or not understood.</exception>
    public static NetOptions Parse(IReadOnlyDictionary<string, string> values, string source)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (string name in values.Keys)
        {
            if (name is not ("classes" or "upsampling" or "ignoreIndex"))
            {
                throw new FcnSharpException($"{source}: the net option \"{name}\" is unknown to this version; update FcnSharp.");
            }
        }

        return new NetOptions
        {
            Classes = Number(values, "classes", source),
            IgnoreIndex = Number(values, "ignoreIndex", source),
            Upsampling = values.GetValueOrDefault("upsampling") switch
            {
                "learned" => Upsampling.Learned,
                "bilinear" => Upsampling.Bilinear,
                string other => throw new FcnSharpException($"{source}: the net option \"upsampling\" must be learned or bilinear, found \"{other}\"."),
                null => throw new FcnSharpException($"{source}: the net option \"upsampling\" is missing."),
            },
        };
    }

    private static int Number(IReadOnlyDictionary<string, string> values, string name, string source) =>
        values.TryGetValue(name, out string? text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FcnSharpException($"{source}: the net option \"{name}\" must be a whole number, found \"{values.GetValueOrDefault(name)}\".");
}
