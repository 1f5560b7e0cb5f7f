namespace FcnSharp.Cli.Predict;

/// <summary>Whether images are computed in tiles.</summary>
internal enum TileMode
{
    /// <summary>Where the whole image does not fit, and the net can be cut; the classes are the same.</summary>
    Auto,

    /// <summary>Where the whole image does not fit; the classes are the same.</summary>
    Exact,

    /// <summary>Where the whole image does not fit, with less of their surroundings.</summary>
    Fast,

    /// <summary>Never.</summary>
    Off,
}
