namespace FcnSharp.Inference.Tiling;

/// <summary>How much of its surroundings a tile is computed with.</summary>
public enum TileHalo
{
    /// <summary>All that its pixels depend on: the answer is that for the whole image, but for rounding where the device takes short cuts.</summary>
    Exact,

    /// <summary>
    /// A quarter of it: less work, but approximate. Far surroundings hardly count in a trained net, yet nothing bounds what they
    /// change: near the seams between tiles classes may differ from those for the whole image.
    /// </summary>
    Fast,
}
