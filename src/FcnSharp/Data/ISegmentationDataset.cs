using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>
/// A fixed list of labelled images. Loading must be safe from several threads at once and give the same sample for the same index each time.
/// </summary>
public interface ISegmentationDataset
{
    /// <summary>The number of samples.</summary>
    int Count { get; }

    /// <summary>The classes in the order of their labels.</summary>
    IReadOnlyList<ClassInfo> Classes { get; }

    /// <summary>The label of void pixels, which neither loss nor metrics count.</summary>
    int IgnoreIndex { get; }

    /// <summary>Reads one sample; each label is below the number of classes or the ignore index.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="FcnSharpException">The sample cannot be read, or image and labels do not fit each other or the classes.</exception>
    Sample Load(int index);
}
