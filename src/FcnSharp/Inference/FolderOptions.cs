namespace FcnSharp.Inference;

/// <summary>Which images of a folder are segmented, and how.</summary>
public sealed record FolderOptions
{
    /// <summary>Whether folders below it count, too. Hidden ones and links never do.</summary>
    public bool Recursive { get; init; } = true;

    /// <summary>What is computed, and how; null for the segmenter's own options.</summary>
    public SegmentOptions? Segment { get; init; }

    /// <summary>Bytes that images and results under way may take, beside what the net takes. One image is under way even if it is larger.</summary>
    public long MemoryBudget { get; init; } = 256L << 20;
}
