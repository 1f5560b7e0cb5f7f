namespace FcnSharp.Data.Checks;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>The data can be used and may be meant so, yet it often is not.</summary>
    Warning,

    /// <summary>A training would stop here, or learn something wrong.</summary>
    Error,
}

/// <summary>Something that a check found.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Code">What kind of thing it is, in one word that stays the same.</param>
/// <param name="Message">One line: where, what, and what to do.</param>
public sealed record Finding(FindingSeverity Severity, string Code, string Message);

/// <summary>How often a class occurs.</summary>
/// <param name="Name">The class.</param>
/// <param name="Pixels">Its pixels in all parts.</param>
/// <param name="Share">Their share of all pixels that count, 0 to 1.</param>
/// <param name="Images">In how many images it occurs.</param>
public sealed record ClassShare(string Name, long Pixels, double Share, int Images);

/// <summary>How many images have a size.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Images">How many.</param>
public sealed record SizeCount(int Width, int Height, int Images);

/// <summary>What is known of a dataset.</summary>
public sealed record DatasetReport
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The layout, its parts, classes and void in one line.</summary>
    public required string Summary { get; init; }

    /// <summary>The layout's name.</summary>
    public required string Layout { get; init; }

    /// <summary>Images to train on.</summary>
    public required int Train { get; init; }

    /// <summary>Held-out images.</summary>
    public required int Val { get; init; }

    /// <summary>Images for the end.</summary>
    public required int Test { get; init; }

    /// <summary>The label of void.</summary>
    public required int IgnoreIndex { get; init; }

    /// <summary>The classes; pixels are 0 where only headers were read.</summary>
    public required IReadOnlyList<ClassShare> Classes { get; init; }

    /// <summary>Share of void among all pixels, 0 to 1.</summary>
    public double VoidShare { get; init; }

    /// <summary>The sizes, the most frequent first.</summary>
    public required IReadOnlyList<SizeCount> Sizes { get; init; }

    /// <summary>What was found, errors first.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Whether a training can use the data.</summary>
    public bool IsUsable => Findings.All(finding => finding.Severity != FindingSeverity.Error);
}
