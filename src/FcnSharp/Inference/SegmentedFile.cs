using System.Diagnostics.CodeAnalysis;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Inference;

/// <summary>One image of a folder: what is seen in it, or why it cannot be segmented.</summary>
/// <param name="Path">The file's path: the folder's as it was given, and the way from there.</param>
/// <param name="Image">The picture; null where there is an error.</param>
/// <param name="Segmentation">What is seen in it; null where there is an error.</param>
/// <param name="Error">Why it cannot be segmented, in one line; null where it was.</param>
public sealed record SegmentedFile(string Path, RgbImage? Image, Segmentation? Segmentation, FcnSharpException? Error)
{
    /// <summary>Whether it was segmented.</summary>
    [MemberNotNullWhen(true, nameof(Image), nameof(Segmentation))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;
}
