namespace FcnSharp.Inference.Tiling;

/// <summary>A tile along one axis.</summary>
/// <param name="Window">The pixels of the image that are computed.</param>
/// <param name="Output">Those of them whose answer is kept.</param>
public readonly record struct TileSpan(PixelInterval Window, PixelInterval Output);
