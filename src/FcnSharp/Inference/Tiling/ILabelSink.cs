namespace FcnSharp.Inference.Tiling;

/// <summary>Takes the classes of an image by rows from the top, each row once.</summary>
public interface ILabelSink
{
    /// <summary>Whether <see cref="WriteRows"/> is given confidences, too, which cost some time.</summary>
    bool WantsConfidence { get; }

    /// <summary>Takes the next rows.</summary>
    /// <param name="first">The first row; the one after the last that were written.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="labels">The class of each pixel, count rows of the image's width. Not to be kept.</param>
    /// <param name="confidence">The softmax probability of that class, likewise; empty unless <see cref="WantsConfidence"/>.</param>
    void WriteRows(int first, int count, ReadOnlySpan<ushort> labels, ReadOnlySpan<float> confidence);
}
