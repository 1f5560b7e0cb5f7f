namespace FcnSharp.Inference.Tiling;

/// <summary>The files that <see cref="PngLabelSink"/> writes.</summary>
/// <param name="Labels">The class of each pixel, with the classes' colours as palette.</param>
/// <param name="Overlay">The classes' colours over the image; null for none.</param>
/// <param name="Confidence">How probable the class of each pixel is, 16-bit grey from 0 (black) to 65535 (certain); null for none.</param>
public sealed record PngOutputs(string Labels, string? Overlay = null, string? Confidence = null);
