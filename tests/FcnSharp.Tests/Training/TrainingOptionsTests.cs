using FcnSharp.Data.Transforms;
using FcnSharp.Tensors;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

public sealed class TrainingOptionsTests
{
    private static readonly TrainingOptions Plain = new() { Steps = 10 };

    [Fact]
    public void Every_option_that_shapes_a_run_shows_in_its_settings()
    {
        TrainingOptions[] changed =
        [
            Plain with { Steps = 11 }, Plain with { BatchSize = 2 }, Plain with { AccumulatedBatches = 2 }, Plain with { Solver = SolverKind.AdamW },
            Plain with { LearningRate = 1 }, Plain with { Momentum = 0.5f }, Plain with { WeightDecay = 0 }, Plain with { PolyPower = 0 },
            Plain with { WarmupSteps = 3 }, Plain with { ClipNorm = 1 }, Plain with { Sampling = Sampling.WithReplacement }, Plain with { Mirror = false }, Plain with { Seed = 2 },
            With(new() { MinScale = 0.5 }), With(new() { MaxScale = 2 }), With(new() { Rotation = 3 }), With(new() { Jitter = 4 }),
            With(new() { Colour = 0.5 }), With(new() { Crop = (3, 4) }), With(new() { PatchShare = 0.5 }),
        ];

        string[] texts = [.. changed.Append(Plain).Select(o => string.Join(", ", o.ToStrings().Select(s => $"{s.Key}={s.Value}")))];
        Assert.Equal(texts.Length, texts.Distinct().Count());
    }

    [Fact]
    public void What_is_out_of_range_is_named()
    {
        TrainingOptions[] wrong =
        [
            Plain with { AccumulatedBatches = 0 }, Plain with { ClipNorm = -1 }, Plain with { Momentum = 1 }, With(new() { MinScale = 0 }), With(new() { MinScale = 2, MaxScale = 1 }),
            With(new() { Rotation = 181 }), With(new() { Jitter = -1 }), With(new() { Colour = 1.5 }), With(new() { Crop = (0, 3) }), With(new() { PatchShare = 0 }),
        ];

        Assert.All(wrong, o => Assert.Contains("must be", Assert.Throws<FcnSharpException>(o.Validate).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Augmentation_is_built_of_what_was_asked_for_in_a_fixed_order()
    {
        Assert.Null(new AugmentationOptions().Build(1));

        var all = new AugmentationOptions { MinScale = 0.5, MaxScale = 2, Rotation = 5, Jitter = 8, Colour = 0.2, Crop = (32, 32), PatchShare = 0.5 };
        Assert.Equal(
            [typeof(RandomScale), typeof(Rotation), typeof(Jitter), typeof(RandomCrop), typeof(ColourJitter), typeof(PatchSampling)],
            all.Build(1)!.Transforms.Select(t => t.GetType()));
    }

    private static TrainingOptions With(AugmentationOptions augmentation) => Plain with { Augmentation = augmentation };
}
