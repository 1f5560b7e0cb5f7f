namespace FcnSharp.Inference;

/// <summary>How much of an image a class has.</summary>
/// <param name="Index">Its index among the model's classes.</param>
/// <param name="Class">Its name and colour.</param>
/// <param name="Pixels">How many pixels it has.</param>
/// <param name="Share">Their share of the image, above 0 up to 1.</param>
/// <param name="Confidence">The mean confidence of its pixels, from 1 / classes to 1; null where confidence was not asked for.</param>
public sealed record ClassArea(int Index, ClassInfo Class, int Pixels, double Share, double? Confidence);
