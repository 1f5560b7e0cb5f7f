using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Training;

/// <summary>What shapes a training run beside net and data. All of it is written into checkpoints and model files.</summary>
public sealed record TrainingOptions
{
    internal const string SolverSetting = "solver";

    /// <summary>Solver steps, at least 1.</summary>
    public required long Steps { get; init; }

    /// <summary>Images of a step, at least 1.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Batches whose gradients are added up and averaged for one step, at least 1: large batches in the memory of small ones (Caffe's iter_size).</summary>
    public int AccumulatedBatches { get; init; } = 1;

    /// <summary>The rule by which gradients change weights.</summary>
    public SolverKind Solver { get; init; } = SolverKind.Sgd;

    /// <summary>Learning rate at its highest.</summary>
    public float LearningRate { get; init; } = 0.02f;

    /// <summary>Share of the last update that SGD keeps, 0 to below 1.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>Factor of the weights added to their gradients.</summary>
    public float WeightDecay { get; init; } = 5e-4f;

    /// <summary>The learning rate falls as (1 - step / steps)^power; 0 keeps it fixed.</summary>
    public double PolyPower { get; init; } = 0.9;

    /// <summary>Steps over which the learning rate rises from 0 at the start.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>The greatest length of the gradient, all parameters together; a longer one is scaled down. 0 for no bound.</summary>
    public float ClipNorm { get; init; }

    /// <summary>In which order images come.</summary>
    public Sampling Sampling { get; init; }

    /// <summary>Whether images are mirrored left to right half of the time.</summary>
    public bool Mirror { get; init; } = true;

    /// <summary>What else is done to images and labels.</summary>
    public AugmentationOptions Augmentation { get; init; } = new();

    /// <summary>Images of a step, all its batches together.</summary>
    public int ImagesPerStep => BatchSize * AccumulatedBatches;

    /// <summary>Seed of initial weights, order of the images, mirroring and dropout.</summary>
    public long Seed { get; init; } = 1337;

    /// <summary>The learning rate of a step: warm-up, then polynomial decay to 0.</summary>
    public float LearningRateAt(long step)
    {
        double warm = step < WarmupSteps ? (step + 1.0) / WarmupSteps : 1;
        double decay = PolyPower == 0 ? 1 : Math.Pow(1 - (double)step / Steps, PolyPower);
        return (float)(LearningRate * warm * decay);
    }

    /// <summary>The options as names and values.</summary>
    public IReadOnlyDictionary<string, string> ToStrings()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var values = new Dictionary<string, string>
        {
            ["steps"] = Steps.ToString(culture),
            ["batchSize"] = BatchSize.ToString(culture),
            [SolverSetting] = Solver == SolverKind.Sgd ? "sgd" : "adamw",
            ["learningRate"] = LearningRate.ToString("R", culture),
            ["momentum"] = Momentum.ToString("R", culture),
            ["weightDecay"] = WeightDecay.ToString("R", culture),
            ["polyPower"] = PolyPower.ToString("R", culture),
            ["warmupSteps"] = WarmupSteps.ToString(culture),
            ["mirror"] = Mirror ? "true" : "false",
            ["seed"] = Seed.ToString(culture),
        };
        if (AccumulatedBatches > 1)
        {
            values["accumulatedBatches"] = AccumulatedBatches.ToString(culture);
        }

        if (ClipNorm > 0)
        {
            values["clipNorm"] = ClipNorm.ToString("R", culture);
        }

        if (Sampling == Sampling.WithReplacement)
        {
            values["sampling"] = "withReplacement";
        }

        foreach ((string name, string value) in Augmentation.ToStrings())
        {
            values[name] = value;
        }

        return values;
    }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="FcnSharpException">An option is out of range.</exception>
    public void Validate()
    {
        Check(Steps >= 1, "number of steps", "at least 1", Steps);
        Check(BatchSize >= 1, "batch size", "at least 1", BatchSize);
        Check(AccumulatedBatches >= 1, "number of accumulated batches", "at least 1", AccumulatedBatches);
        Check(ClipNorm >= 0 && float.IsFinite(ClipNorm), "bound of the gradient", "at least 0", ClipNorm);
        Check(LearningRate > 0 && float.IsFinite(LearningRate), "learning rate", "above 0", LearningRate);
        Check(Momentum is >= 0 and < 1, "momentum", "at least 0 and below 1", Momentum);
        Check(WeightDecay >= 0 && float.IsFinite(WeightDecay), "weight decay", "at least 0", WeightDecay);
        Check(PolyPower >= 0 && double.IsFinite(PolyPower), "power of the learning rate", "at least 0", PolyPower);
        Check(WarmupSteps >= 0, "number of warm-up steps", "at least 0", WarmupSteps);
        Augmentation.Validate();
    }

    internal static void Check(bool valid, string what, string expected, IFormattable found)
    {
        if (!valid)
        {
            throw new FcnSharpException($"The {what} must be {expected}, found {found.ToString(null, CultureInfo.InvariantCulture)}.");
        }
    }
}
