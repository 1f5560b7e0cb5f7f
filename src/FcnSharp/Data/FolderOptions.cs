namespace FcnSharp.Data;

/// <summary>Which part of a folder a dataset is.</summary>
public enum DatasetSplit
{
    /// <summary>Every image.</summary>
    All,

    /// <summary>The images to train on.</summary>
    Train,

    /// <summary>The held-out images.</summary>
    Val,
}

/// <summary>How a folder is read.</summary>
public sealed record FolderOptions
{
    /// <summary>The label of void pixels.</summary>
    public int IgnoreIndex { get; init; } = 255;

    /// <summary>The classes; null takes them from classes.txt or, without one, from the labels themselves, which reads every label file once.</summary>
    public IReadOnlyList<ClassInfo>? Classes { get; init; }

    /// <summary>The share of images to hold out where neither train.txt nor val.txt says which; above 0 and below 1.</summary>
    public double ValShare { get; init; } = 0.2;

    /// <summary>The seed that chooses them.</summary>
    public long SplitSeed { get; init; } = 1337;
}
