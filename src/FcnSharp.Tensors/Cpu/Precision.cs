namespace FcnSharp.Tensors.Cpu;

/// <summary>How convolutions round (docs/numerics.md).</summary>
public enum Precision
{
    /// <summary>Winograd's minimal filtering where it is faster: errors of a few 1e-5 of the largest output.</summary>
    Fast,

    /// <summary>Sums of products only, as the definition says.</summary>
    Exact,
}
