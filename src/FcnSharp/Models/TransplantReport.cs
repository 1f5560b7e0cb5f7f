using FcnSharp.Tensors;

namespace FcnSharp.Models;

/// <summary>A tensor that was taken in another shape than the file's.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="From">The file's shape.</param>
/// <param name="To">The net's shape.</param>
/// <param name="How">What was done, as a phrase.</param>
public sealed record Coercion(string Name, Shape From, Shape To, string How);

/// <summary>What became of each tensor of a file and of each parameter of a net when weights were loaded.</summary>
/// <param name="Source">The file.</param>
/// <param name="Net">The net that was loaded into.</param>
/// <param name="Origin">The net that the weights are of: the same, a coarser FCN, or the classifier.</param>
/// <param name="Matched">Parameters that took a tensor as it was.</param>
/// <param name="Coerced">Parameters that took a tensor in another shape.</param>
/// <param name="New">Parameters that the origin does not have, such as a skip's score layer: they keep their initial values.</param>
/// <param name="Dropped">Tensors that the net has no use for and need not have, such as the classifier's last layer.</param>
/// <param name="Missing">Parameters that the origin has and the file lacks.</param>
/// <param name="Unexpected">Tensors that neither the net nor the origin knows.</param>
/// <param name="Mismatched">Parameters whose tensor has a shape that does not fit, such as one of other classes.</param>
public sealed record TransplantReport(
    string Source,
    string Net,
    string Origin,
    IReadOnlyList<string> Matched,
    IReadOnlyList<Coercion> Coerced,
    IReadOnlyList<string> New,
    IReadOnlyList<string> Dropped,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Unexpected,
    IReadOnlyList<string> Mismatched)
{
    private const int NamesShown = 3;

    /// <summary>Whether nothing is missing, unexpected or of a wrong shape.</summary>
    public bool IsComplete => Missing.Count + Unexpected.Count + Mismatched.Count == 0;

    /// <summary>One line: how many of each kind, and the first names where names matter.</summary>
    public override string ToString()
    {
        string[] parts =
        [
            $"{Matched.Count} matched",
            .. Part(Coerced.Select(c => c.Name), "coerced"),
            .. Part(New, "new"),
            .. Part(Dropped, "dropped"),
            .. Part(Missing, "missing"),
            .. Part(Unexpected, "unexpected"),
            .. Part(Mismatched, "of another shape"),
        ];
        return $"{Source} ({Origin}) into {Net}: {string.Join("; ", parts)}";
    }

    private static IEnumerable<string> Part(IEnumerable<string> names, string what)
    {
        string[] all = [.. names];
        return all.Length == 0 ? [] : [$"{all.Length} {what}: {string.Join(", ", all.Take(NamesShown))}{(all.Length > NamesShown ? ", ..." : "")}"];
    }
}
