using System.Globalization;
using FcnSharp.Data.Transforms;
using FcnSharp.Tensors;

namespace FcnSharp.Training;

/// <summary>What is done to images and labels before a training sees them, beside mirroring.</summary>
public sealed record AugmentationOptions
{
    /// <summary>The least factor of a random scale; with <see cref="MaxScale"/> 1 for none.</summary>
    public double MinScale { get; init; } = 1;

    /// <summary>The greatest factor of a random scale.</summary>
    public double MaxScale { get; init; } = 1;

    /// <summary>The farthest turn to either side in degrees; 0 for none.</summary>
    public double Rotation { get; init; }

    /// <summary>The farthest shift in pixels; 0 for none. The paper tried 32.</summary>
    public int Jitter { get; init; }

    /// <summary>The strength of random brightness, contrast and saturation, 0 to 1; 0 for none.</summary>
    public double Colour { get; init; }

    /// <summary>The size of a random crop, width and height; null trains on whole images.</summary>
    public (int Width, int Height)? Crop { get; init; }

    /// <summary>The share of 32x32 patches of each image that count (FCN, section 4.3); 1 for all.</summary>
    public double PatchShare { get; init; } = 1;

    /// <summary>Whether nothing is done.</summary>
    public bool IsNone => this == new AugmentationOptions();

    /// <summary>The transforms in the order in which they are applied; null when there are none.</summary>
    /// <param name="seed">What all random numbers follow from.</param>
    public Augmentation? Build(long seed)
    {
        List<ISampleTransform> transforms = [];
        if (MinScale != 1 || MaxScale != 1)
        {
            transforms.Add(new RandomScale(MinScale, MaxScale));
        }

        if (Rotation > 0)
        {
            transforms.Add(new Rotation(Rotation));
        }

        if (Jitter > 0)
        {
            transforms.Add(new Jitter(Jitter));
        }

        if (Crop is { } crop)
        {
            transforms.Add(new RandomCrop(crop.Width, crop.Height));
        }

        if (Colour > 0)
        {
            // After the crop: the fewest pixels.
            transforms.Add(new ColourJitter(Colour, Colour, Colour));
        }

        if (PatchShare < 1)
        {
            transforms.Add(new PatchSampling(PatchShare));
        }

        return transforms.Count == 0 ? null : new Augmentation(seed, transforms);
    }

    /// <summary>The options as names and values; none for what is not done.</summary>
    public IEnumerable<KeyValuePair<string, string>> ToStrings()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        if (MinScale != 1 || MaxScale != 1)
        {
            yield return new("scale", string.Create(culture, $"{MinScale:R}-{MaxScale:R}"));
        }

        if (Rotation > 0)
        {
            yield return new("rotation", Rotation.ToString("R", culture));
        }

        if (Jitter > 0)
        {
            yield return new("jitter", Jitter.ToString(culture));
        }

        if (Colour > 0)
        {
            yield return new("colour", Colour.ToString("R", culture));
        }

        if (Crop is { } crop)
        {
            yield return new("crop", string.Create(culture, $"{crop.Width}x{crop.Height}"));
        }

        if (PatchShare < 1)
        {
            yield return new("patchShare", PatchShare.ToString("R", culture));
        }
    }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="FcnSharpException">An option is out of range.</exception>
    public void Validate()
    {
        TrainingOptions.Check(MinScale is > 0 and <= 16 && MaxScale >= MinScale && MaxScale <= 16, "scale", "from a least to a greatest factor above 0 and at most 16", MinScale);
        TrainingOptions.Check(Rotation is >= 0 and <= 180, "rotation", "0 to 180 degrees", Rotation);
        TrainingOptions.Check(Jitter >= 0, "jitter", "at least 0 pixels", Jitter);
        TrainingOptions.Check(Colour is >= 0 and <= 1, "strength of colour changes", "0 to 1", Colour);
        TrainingOptions.Check(Crop is null or { Width: >= 1, Height: >= 1 }, "crop", "at least 1x1 pixels", Crop?.Width ?? 0);
        TrainingOptions.Check(PatchShare is > 0 and <= 1, "share of patches", "above 0 and at most 1", PatchShare);
    }
}
