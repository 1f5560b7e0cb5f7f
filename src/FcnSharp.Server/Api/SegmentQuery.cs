using System.Globalization;
using FcnSharp.Inference;
using Microsoft.AspNetCore.Http;

namespace FcnSharp.Server.Api;

/// <summary>The parameters of POST /v1/segment.</summary>
/// <param name="Model">The name of the model; null for the default.</param>
/// <param name="Include">What a JSON answer has beside the classes.</param>
/// <param name="View">The picture that a PNG answer shows; null where the Accept header decides.</param>
/// <param name="Opacity">How much of an overlay are the classes' colours, 0 to 1.</param>
/// <param name="Polygons">Which polygons, and how exactly.</param>
internal sealed record SegmentQuery(string? Model, Parts Include, View? View, double Opacity, PolygonOptions Polygons)
{
    private const double DefaultOpacity = 0.6;
    private const int MaxTolerance = 1000;

    /// <summary>The parts by the names that requests call them.</summary>
    public static IReadOnlyDictionary<string, Parts> PartNames { get; } = NamesOf(Enum.GetValues<Parts>().Where(p => p != Parts.None));

    /// <summary>The views by the names that requests call them.</summary>
    public static IReadOnlyDictionary<string, View> ViewNames { get; } = NamesOf(Enum.GetValues<View>());

    /// <summary>Reads the parameters.</summary>
    /// <exception cref="ProblemException">One is not known, given twice, or makes no sense.</exception>
    public static SegmentQuery Read(IQueryCollection query)
    {
        SegmentQuery result = new(null, Parts.None, null, DefaultOpacity, new PolygonOptions());
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in query)
        {
            string value = values.Count == 1 ? values[0]! : throw Bad($"The parameter '{name}' is given {values.Count} times; give it once.");
            result = name switch
            {
                "model" => result with { Model = value },
                "include" => result with { Include = ReadParts(value) },
                "view" => result with { View = ReadView(value) },
                "opacity" => result with { Opacity = ReadNumber(value, 1) ?? throw Bad($"The opacity of an overlay is from 0 to 1, such as 0.5, found '{value}'.") },
                "tolerance" => result with { Polygons = result.Polygons with { Tolerance = ReadNumber(value, MaxTolerance) ?? throw Bad($"The tolerance of polygons is from 0 to {MaxTolerance} pixels, found '{value}'.") } },
                "minPixels" => result with { Polygons = result.Polygons with { MinPixels = ReadCount(value) } },
                _ => throw Bad($"There is no parameter '{name}'; there are model, include, view, opacity, tolerance and minPixels."),
            };
        }

        return result;
    }

    /// <summary>The view of a name.</summary>
    /// <exception cref="ProblemException">There is none of that name.</exception>
    public static View ReadView(string name) => ViewNames.TryGetValue(name, out View view)
        ? view
        : throw Bad($"There is no view '{name}'; there are {string.Join(", ", ViewNames.Keys)}.");

    private static Dictionary<string, T> NamesOf<T>(IEnumerable<T> values)
        where T : struct, Enum => values.ToDictionary(v => v.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    private static Parts ReadParts(string list)
    {
        Parts parts = Parts.None;
        foreach (string name in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            parts |= PartNames.TryGetValue(name, out Parts part) ? part : throw Bad($"There is no part '{name}' to include; there are {string.Join(", ", PartNames.Keys)}.");
        }

        return parts;
    }

    private static double? ReadNumber(string text, double most) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number >= 0 && number <= most ? number : null;

    private static int ReadCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0
            ? count
            : throw Bad($"The pixels that a polygon has at least are a whole number from 1, found '{text}'.");

    private static ProblemException Bad(string detail) => new(StatusCodes.Status400BadRequest, detail);
}

/// <summary>What a JSON answer may have beside the classes: pictures, each as the <see cref="View"/> of its name, and figures.</summary>
[Flags]
internal enum Parts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The classes.</summary>
    Mask = 1,

    /// <summary>The image under them.</summary>
    Overlay = 2,

    /// <summary>How sure the model is.</summary>
    Confidence = 4,

    /// <summary>The class of each pixel, as lengths of runs.</summary>
    Rle = 8,

    /// <summary>The outlines of the regions.</summary>
    Polygons = 16,
}

/// <summary>The pictures of a segmented image.</summary>
internal enum View
{
    /// <summary>The class of each pixel, with the classes' colours as palette.</summary>
    Mask,

    /// <summary>The image under the classes' colours.</summary>
    Overlay,

    /// <summary>How sure the model is of each pixel: grey, white is certain.</summary>
    Confidence,
}
