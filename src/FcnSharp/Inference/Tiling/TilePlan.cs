namespace FcnSharp.Inference.Tiling;

/// <summary>
/// How an image is cut into tiles: each of <see cref="Rows"/> with each of <see cref="Columns"/>. The outputs cover the image
/// without overlap, in order; the windows overlap. Along each axis all windows but the last have one size.
/// </summary>
/// <param name="Rows">The tiles along the rows, from the top.</param>
/// <param name="Columns">The tiles along the columns, from the left.</param>
public sealed record TilePlan(IReadOnlyList<TileSpan> Rows, IReadOnlyList<TileSpan> Columns)
{
    /// <summary>Rows of the highest window.</summary>
    public int WindowHeight => Rows.Max(t => t.Window.Length);

    /// <summary>Columns of the widest window.</summary>
    public int WindowWidth => Columns.Max(t => t.Window.Length);

    /// <summary>How many tiles there are.</summary>
    public int Count => Rows.Count * Columns.Count;

    /// <summary>How many pixels are computed for each of the image; 1 without any overlap.</summary>
    public double Overhead =>
        Rows.Sum(t => (double)t.Window.Length) / Rows[^1].Output.End * (Columns.Sum(t => (double)t.Window.Length) / Columns[^1].Output.End);
}
