namespace FcnSharp.Inference.Tiling;

/// <summary>How a large image is computed in tiles.</summary>
public sealed record TileOptions
{
    /// <summary>How much of its surroundings a tile is computed with.</summary>
    public TileHalo Halo { get; init; }

    /// <summary>
    /// Bytes that the computation of one tile may take: values, scratch memory, its pixels and its answer. The image, the classes
    /// and the net's parameters come on top. More memory makes larger tiles, of which less is surroundings that are computed twice.
    /// </summary>
    public long MemoryBudget { get; init; } = 512L << 20;
}
