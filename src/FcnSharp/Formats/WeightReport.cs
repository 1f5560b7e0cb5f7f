namespace FcnSharp.Formats;

/// <summary>What reading a file of weights changes, leaves out and decides, for whoever loads it to tell or to refuse.</summary>
/// <param name="Format">The format's name for people, such as "PyTorch, zip".</param>
/// <param name="Coerced">The tensors that are stored in another type than F32 and are converted.</param>
/// <param name="Skipped">What is no floating-point tensor of one to four axes, such as the counters of batch normalisation.</param>
/// <param name="Notes">Decisions, one clause each: which part of a checkpoint was taken, which prefix was removed from the names.</param>
public sealed record WeightReport(
    string Format,
    IReadOnlyList<WeightEntry> Coerced,
    IReadOnlyList<SkippedEntry> Skipped,
    IReadOnlyList<string> Notes);
