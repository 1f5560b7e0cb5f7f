using FcnSharp.Data.Layouts;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Labels;

/// <summary>Reads label files as the numbers that are stored; a <see cref="LabelTable"/> turns them into classes.</summary>
internal abstract class LabelReader
{
    /// <summary>The stored labels.</summary>
    /// <param name="item">The sample.</param>
    /// <param name="width">The image's width, for labels that have no size of their own.</param>
    /// <param name="height">The image's height.</param>
    /// <exception cref="FcnSharpException">The file cannot be read.</exception>
    public abstract LabelMap Read(DatasetItem item, int width, int height);
}
