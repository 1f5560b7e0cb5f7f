using FcnSharp.Imaging;

namespace FcnSharp.Data;

/// <summary>Which part of a folder a dataset is.</summary>
public enum DatasetSplit
{
    /// <summary>Every image that has labels.</summary>
    All,

    /// <summary>The images to train on.</summary>
    Train,

    /// <summary>The held-out images, by which a training is steered.</summary>
    Val,

    /// <summary>The images that are looked at once, at the end; empty in most folders.</summary>
    Test,
}

/// <summary>How a folder is read. What is null is taken from the layout that was found.</summary>
public sealed record FolderOptions
{
    /// <summary>The label of void pixels; null for the layout's, which is 11 for CamVid and 255 for all others.</summary>
    public int? IgnoreIndex { get; init; }

    /// <summary>
    /// The classes; null takes them from <see cref="ClassFilePath"/>, from classes.txt in the folder, from the layout, from
    /// <see cref="DefaultClasses"/> or, where none of them says it, from the labels themselves, which reads every label file once.
    /// </summary>
    public IReadOnlyList<ClassInfo>? Classes { get; init; }

    /// <summary>The classes where neither a file nor the layout says them, in place of counting labels; null to count.</summary>
    public IReadOnlyList<ClassInfo>? DefaultClasses { get; init; }

    /// <summary>A file of classes (see <see cref="ClassFile"/>) to use instead of the folder's classes.txt.</summary>
    public string? ClassFilePath { get; init; }

    /// <summary>Whether label 0 is void and label k is class k - 1, as in ADE20K, NYUDv2 and SIFT Flow; null for the layout's custom.</summary>
    public bool? ReduceZero { get; init; }

    /// <summary>The share of images to hold out where neither train.txt nor val.txt says which; above 0 and below 1.</summary>
    public double ValShare { get; init; } = 0.2;

    /// <summary>The seed that chooses them.</summary>
    public long SplitSeed { get; init; } = 1337;

    /// <summary>What reads the pictures; null for <see cref="ImageReader.Default"/>.</summary>
    public ImageReader? Images { get; init; }
}
