using FcnSharp.Imaging;

namespace FcnSharp.Inference.Tiling;

/// <summary>Collects classes, and confidences where they are wanted, in memory.</summary>
internal sealed class LabelMapSink(int width, int height, bool confidence) : ILabelSink
{
    /// <summary>The classes.</summary>
    public LabelMap Classes { get; } = new(width, height);

    /// <summary>The confidences, row by row; empty where they are not wanted.</summary>
    public float[] Confidence { get; } = confidence ? new float[width * height] : [];

    /// <inheritdoc/>
    public bool WantsConfidence => confidence;

    /// <inheritdoc/>
    public void WriteRows(int first, int count, ReadOnlySpan<ushort> labels, ReadOnlySpan<float> confidences)
    {
        labels.CopyTo(Classes.Labels.AsSpan(first * width));
        confidences.CopyTo(Confidence.AsSpan(confidence ? first * width : 0));
    }
}
