using System.Globalization;
using FcnSharp.Inference.Tiling;

namespace FcnSharp.Cli.Predict;

/// <summary>How an image was cut, as --json writes it.</summary>
/// <param name="Path">The image.</param>
/// <param name="Width">Its width in pixels.</param>
/// <param name="Height">Its height in pixels.</param>
/// <param name="Tiles">How many tiles there were.</param>
/// <param name="TileWidth">Pixels of the widest, with its surroundings.</param>
/// <param name="TileHeight">Pixels of the highest, likewise.</param>
/// <param name="Halo">exact, or fast where less than all surroundings that count were computed with.</param>
/// <param name="ByRows">Whether the image was read by rows, and never was in memory as a whole.</param>
/// <param name="Computed">How many pixels were computed for each of the image.</param>
internal sealed record PredictCut(string Path, int Width, int Height, int Tiles, int TileWidth, int TileHeight, string Halo, bool ByRows, double Computed)
{
    /// <summary>Tells of a plan.</summary>
    public static PredictCut Of(string path, TilePlan plan, bool fast, bool byRows) => new(
        path, plan.Columns[^1].Output.End, plan.Rows[^1].Output.End, plan.Count, plan.WindowWidth, plan.WindowHeight, fast ? "fast" : "exact", byRows, Math.Round(plan.Overhead, 3));

    /// <summary>The same in one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Path}: {Width}x{Height} pixels in {Tiles} tiles of up to {TileWidth}x{TileHeight}{(ByRows ? ", read and written by rows" : "")} ({Halo}; {Computed:0.0} pixels computed for each)");
}
