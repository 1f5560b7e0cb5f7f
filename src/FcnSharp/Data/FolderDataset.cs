using FcnSharp.Data.Layouts;
using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>
/// A dataset in a folder, whose layout is found by itself: PASCAL VOC, Cityscapes, ADE20K, CamVid, LabelMe, or the plain one:
/// <c>images/NAME.png|jpg|webp</c> with <c>labels/NAME.png</c>, and optionally <c>classes.txt</c> (see <see cref="ClassFile"/>),
/// <c>train.txt</c>, <c>val.txt</c> and <c>test.txt</c> (a name a line). Labels are palette indices, grey values, or the classes' colours;
/// masks of 0 and 255 alone are two classes.
/// </summary>
public sealed class FolderDataset : ISegmentationDataset
{
    private readonly FolderSource _source;
    private readonly IReadOnlyList<DatasetItem> _items;

    private FolderDataset(FolderSource source, IReadOnlyList<DatasetItem> items)
    {
        _source = source;
        _items = items;
    }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public IReadOnlyList<ClassInfo> Classes => _source.Classes;

    /// <inheritdoc/>
    public int IgnoreIndex => _source.IgnoreIndex;

    /// <summary>The layout that was found, such as PASCAL VOC.</summary>
    public string Layout => _source.Index.Layout;

    /// <summary>The layout, its parts, classes and void in one line.</summary>
    public string Summary => _source.Summary;

    /// <summary>Opens a folder and checks that images and labels pair up; pictures are read when they are loaded.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="split">The part to take, in the order of its list, or by name, ordinally.</param>
    /// <param name="options">What the layout does not say, or says wrongly.</param>
    /// <exception cref="FcnSharpException">No layout is known that fits, a file has no partner, one of the text files is wrong, or the part is empty.</exception>
    public static FolderDataset Open(string folder, DatasetSplit split = DatasetSplit.All, FolderOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        FolderSource source = FolderSource.Open(folder, options);
        IReadOnlyList<DatasetItem> items = source.Index.Part(split);
        if (items.Count > 0)
        {
            return new(source, items);
        }

        (string part, string list) = split switch
        {
            DatasetSplit.Train => ("training", "train.txt"),
            DatasetSplit.Val => ("held-out", "val.txt"),
            DatasetSplit.Test => ("test", "test.txt"),
            _ => ("labelled", "train.txt"),
        };
        throw new FcnSharpException($"{folder}: the {part} part of the {source.Index.All.Count} images is empty ({source.Index.Layout}, {source.Index.Splits}); take another part, add images, or list some in {list}.");
    }

    /// <inheritdoc/>
    public Sample Load(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return _source.Load(_items[index]);
    }
}
