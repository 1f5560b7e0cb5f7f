using FcnSharp.Inference.Tiling;

namespace FcnSharp.Cli.Predict;

/// <summary>How one image goes through.</summary>
/// <param name="Tiles">How it is cut; null where it is computed as a whole.</param>
/// <param name="Options">Memory and halo of the tiles.</param>
/// <param name="ByRows">Whether it is read by rows, and never in memory as a whole.</param>
/// <param name="PictureBytes">What its pixels and results take beside the computation.</param>
/// <param name="Small">Whether as many like it as there are threads can be computed at once.</param>
internal sealed record PredictWay(TilePlan? Tiles, TileOptions? Options, bool ByRows, long PictureBytes, bool Small = false);
