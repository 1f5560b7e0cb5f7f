using FcnSharp.Data;
using FcnSharp.Imaging;

namespace FcnSharp.Pictures.Trained;

/// <summary>Generated scenes, a range of one series; drawn when they are asked for.</summary>
/// <param name="first">The number of the first.</param>
/// <param name="count">How many.</param>
internal sealed class Scenes(int first, int count) : ISegmentationDataset
{
    /// <summary>Side of a scene in pixels.</summary>
    public const int Side = 128;

    private const long Seed = 1337;

    /// <inheritdoc/>
    public int Count { get; } = count;

    /// <inheritdoc/>
    public IReadOnlyList<ClassInfo> Classes => SceneClasses.All;

    /// <inheritdoc/>
    public int IgnoreIndex => 255;

    /// <inheritdoc/>
    public Sample Load(int index) => SyntheticScenes.Generate(Side, Side, Seed, first + index);

    /// <summary>A scene of twice the side, of a series that no net was trained on.</summary>
    public static Sample Large(int index) => SyntheticScenes.Generate(2 * Side, 2 * Side, Seed + 1, index);

    /// <summary>Four scenes as one picture of twice the side: objects keep the size that the nets have learned.</summary>
    public static Sample Mosaic(ISegmentationDataset scenes, int firstScene)
    {
        var image = new RgbImage(2 * Side, 2 * Side);
        var labels = new LabelMap(2 * Side, 2 * Side);
        for (int i = 0; i < 4; i++)
        {
            Sample scene = scenes.Load(firstScene + i);
            (int top, int left) = (i / 2 * Side, i % 2 * Side);
            for (int y = 0; y < Side; y++)
            {
                scene.Image.Row(y).CopyTo(image.Row(top + y)[(3 * left)..]);
                scene.Labels.Row(y).CopyTo(labels.Row(top + y)[left..]);
            }
        }

        return new Sample(image, labels, "mosaic");
    }
}
