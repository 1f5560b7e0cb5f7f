namespace FcnSharp.Cli.Predict;

/// <summary>How images are predicted.</summary>
/// <param name="Folder">The output folder; folders below it are made as images need them.</param>
/// <param name="Confidence">Whether the confidence is written, too.</param>
/// <param name="Tile">Whether images that do not fit are cut.</param>
/// <param name="Memory">Bytes for the computation and the pictures under way, beside the model.</param>
internal sealed record PredictSettings(string Folder, bool Confidence, TileMode Tile, long Memory);
