using FcnSharp.Data.Labels;

namespace FcnSharp.Data.Layouts;

/// <summary>What a layout found in a folder: file names only, no picture was opened.</summary>
internal sealed record DatasetIndex
{
    /// <summary>The layout's name, such as PASCAL VOC.</summary>
    public required string Layout { get; init; }

    /// <summary>The images to train on.</summary>
    public IReadOnlyList<DatasetItem> Train { get; init; } = [];

    /// <summary>The held-out images.</summary>
    public IReadOnlyList<DatasetItem> Val { get; init; } = [];

    /// <summary>The images for the end.</summary>
    public IReadOnlyList<DatasetItem> Test { get; init; } = [];

    /// <summary>Every image with labels; the parts one after the other unless the layout says otherwise.</summary>
    public IReadOnlyList<DatasetItem> All
    {
        get => field ?? [.. Train.Concat(Val).Concat(Test).DistinctBy(item => item.Name)];
        init;
    }

    /// <summary>Where the parts come from, as messages say it.</summary>
    public required string Splits { get; init; }

    /// <summary>Files that are missing, left over or listed wrongly: one line each.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>The layout's own classes; null where the labels have to tell.</summary>
    public IReadOnlyList<ClassInfo>? Classes { get; init; }

    /// <summary>The layout's label of void.</summary>
    public int IgnoreIndex { get; init; } = 255;

    /// <summary>Whether label 0 is void and label k is class k - 1.</summary>
    public bool ReduceZero { get; init; }

    /// <summary>The class of each stored label where they are numbered in another way than the classes; else null.</summary>
    public IReadOnlyDictionary<int, int>? LabelIds { get; init; }

    /// <summary>What reads the label files, given the classes and the label of void, where they are no PNG; else null.</summary>
    public Func<ClassTable, int, LabelReader>? Labels { get; init; }

    /// <summary>The items of a part.</summary>
    public IReadOnlyList<DatasetItem> Part(DatasetSplit split) => split switch
    {
        DatasetSplit.Train => Train,
        DatasetSplit.Val => Val,
        DatasetSplit.Test => Test,
        _ => All,
    };
}
