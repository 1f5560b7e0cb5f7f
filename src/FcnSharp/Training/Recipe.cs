using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Training;

/// <summary>A way of training by name: those of the FCN papers and their reference, and one for small data.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Padding">How the nets of this recipe make room at the border.</param>
/// <param name="Upsampling">Whether upsampling is learned.</param>
/// <param name="Loss">Mean or sum.</param>
/// <param name="Epochs">Length in passes over the data; null where <see cref="TrainingOptions.Steps"/> says it.</param>
public sealed record Recipe(string Name, BorderPadding Padding, Upsampling Upsampling, LossReduction Loss, int? Epochs)
{
    private const float WeightDecay = 5e-4f;

    /// <summary>All recipes; the first is the default.</summary>
    public static IReadOnlyList<Recipe> All { get; } =
    [
        // Small data: mean loss, SGD, poly rate, scale, crop and colour augmentation.
        new("modern", BorderPadding.Tight, Upsampling.Learned, LossReduction.Mean, 60)
        {
            Options = new TrainingOptions
            {
                Steps = 1,
                BatchSize = 4,
                LearningRate = 0.01f,
                Momentum = 0.9f,
                WeightDecay = WeightDecay,
                WarmupSteps = 50,
                Augmentation = new AugmentationOptions { MinScale = 0.6, MaxScale = 1.8, Colour = 0.3 },
            },
            CropsBatches = true,
        },
        // The reference's: one image a step, summed loss, momentum 0.99.
        new("heavy", BorderPadding.Reference, Upsampling.Bilinear, LossReduction.Sum, null)
        {
            Options = Reference with { Steps = 100_000 },
            Rates = [("fcn32s-*", 1e-10f), ("fcn16s-*", 1e-12f), ("fcn8s-atonce-*", 1e-10f), ("*", 1e-14f)],
        },
        // The reference's FCN-8s in one stage: heavy, for 300,000 steps.
        new("at-once", BorderPadding.Reference, Upsampling.Bilinear, LossReduction.Sum, null)
        {
            Options = Reference with { Steps = 300_000, LearningRate = 1e-10f },
        },
        // The reference's for AlexNet: 20 images a step one by one, mean loss, momentum 0.9.
        new("accumulated", BorderPadding.Reference, Upsampling.Bilinear, LossReduction.Mean, null)
        {
            Options = Reference with { Steps = 100_000, LearningRate = 1e-4f, Momentum = 0.9f, AccumulatedBatches = 20 },
        },
        // The paper's text: 20 images a step, mean loss, momentum 0.9, 175 epochs.
        new("cvpr", BorderPadding.Reference, Upsampling.Bilinear, LossReduction.Mean, 175)
        {
            Options = Reference with { Momentum = 0.9f, AccumulatedBatches = 20 },
            Rates = [("*-alexnet", 1e-3f), ("*-googlenet", 5e-5f), ("*", 1e-4f)],
        },
    ];

    /// <summary>Solver, schedule, batch and augmentation. Steps count where <see cref="Epochs"/> is null.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>Learning rates by patterns of the net's name, the first that fits; empty where all nets have that of the options.</summary>
    public IReadOnlyList<(string Pattern, float Rate)> Rates { get; init; } = [];

    /// <summary>Whether images are cropped to one size, so that any of them make a batch.</summary>
    public bool CropsBatches { get; init; }

    private static TrainingOptions Reference => new()
    {
        Steps = 1,
        BatchSize = 1,
        Momentum = 0.99f,
        WeightDecay = WeightDecay,
        PolyPower = 0,
        Mirror = false,
        Sampling = Sampling.WithReplacement,
    };

    /// <summary>The recipe of a name.</summary>
    /// <exception cref="FcnSharpException">There is none.</exception>
    public static Recipe Get(string name) => All.FirstOrDefault(r => r.Name == name)
        ?? throw new FcnSharpException($"There is no recipe \"{name}\"; there is {string.Join(", ", All.Select(r => r.Name))}.");

    /// <summary>The learning rate for a net.</summary>
    /// <param name="net">Its name.</param>
    public float LearningRateFor(string net) => Rates.FirstOrDefault(r => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(r.Pattern, net)) is { Pattern: not null } rate
        ? rate.Rate
        : Options.LearningRate;

    /// <summary>The coarser FCNs to train before a net, and the net: 32s, 16s, 8s as the reference does.</summary>
    /// <param name="net">The net, such as "fcn8s-vgg16".</param>
    public static IReadOnlyList<string> StagesTo(string net) => [.. Catalogue.Get(net).Origins.Where(o => Catalogue.Get(o).Kind == NetKind.Segmentation).Reverse(), net];
}
