using FcnSharp.Imaging;

namespace FcnSharp.Data;

/// <summary>An image with the class of each of its pixels.</summary>
/// <param name="Image">The picture, W x H.</param>
/// <param name="Labels">The labels, of the same W x H.</param>
/// <param name="Name">The name by which messages and reports speak of it; for files the name without its ending.</param>
public sealed record Sample(RgbImage Image, LabelMap Labels, string Name);
