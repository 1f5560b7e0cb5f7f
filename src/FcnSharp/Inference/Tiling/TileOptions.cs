namespace FcnSharp.Inference.Tiling;

/// <summary>How a large image is computed in tiles.</summary>
public sealed record TileOptions
{
    /// <summary>How much of its surroundings a tile is computed with.</summary>
    public TileHalo Halo { get; init; }

    /// <summary>
    /// Bytes that the computation may take: the values of one tile, scratch memory, its pixels and its answer, and the rows of the
    /// image and of classes that are held meanwhile. An image that is in memory as a whole and the net's parameters come on top.
    /// More memory makes larger tiles, of which less is surroundings that are computed twice.
    /// </summary>
    public long MemoryBudget { get; init; } = 512L << 20;
}
