using FcnSharp.Data;
using FcnSharp.Imaging;
using FcnSharp.Training;

namespace FcnSharp.Cli.Train;

/// <summary>The images that a run trains on and is chosen by.</summary>
/// <param name="Name">What identifies them in checkpoints.</param>
/// <param name="Train">The training part.</param>
/// <param name="Val">The held-out part.</param>
/// <param name="ClassWeights">How much each class counts; null for all alike.</param>
internal sealed record TrainingData(string Name, ISegmentationDataset Train, ISegmentationDataset Val, IReadOnlyList<float>? ClassWeights)
{
    /// <summary>Crops larger than this cost memory and bring little.</summary>
    private const int LargestCropSide = 512;

    /// <summary>Opens a folder.</summary>
    public static TrainingData Open(string folder, FolderOptions options, ClassWeighting weighting, CancellationToken stop)
    {
        FolderDataset train = FolderDataset.Open(folder, DatasetSplit.Train, options);

        // Both parts see the classes that the first has found: without a class file they are read from the labels.
        FolderDataset val = FolderDataset.Open(folder, DatasetSplit.Val, options with { Classes = train.Classes });
        var cached = new CachingDataset(train, CachingDataset.DefaultBytes / 2);
        return new TrainingData(train.Summary, cached, new CachingDataset(val, CachingDataset.DefaultBytes / 2), Training.ClassWeights.Of(weighting, cached, stop));
    }

    /// <summary>The size of the first image, neither side beyond 512.</summary>
    public (int Width, int Height) UsualCrop
    {
        get
        {
            RgbImage first = Train.Load(0).Image;
            return (Math.Min(first.Width, LargestCropSide), Math.Min(first.Height, LargestCropSide));
        }
    }
}
