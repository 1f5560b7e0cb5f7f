using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Models;
using FcnSharp.Training;

namespace FcnSharp.Cli.Train;

/// <summary>What `fcn train` was asked for. What is null is the recipe's.</summary>
internal sealed record TrainRequest
{
    public required string Data { get; init; }

    public required FolderOptions DataOptions { get; init; }

    public required string Net { get; init; }

    public required Recipe Recipe { get; init; }

    /// <summary>Weights to start from; null starts from scratch.</summary>
    public string? Weights { get; init; }

    /// <summary>The input that the weights expect, where it was said.</summary>
    public Preprocessing? Input { get; init; }

    public bool Partial { get; init; }

    public required string Out { get; init; }

    public bool Staged { get; init; }

    public int? Epochs { get; init; }

    public int? Steps { get; init; }

    public int? BatchSize { get; init; }

    public int? AccumulatedBatches { get; init; }

    public SolverKind? Solver { get; init; }

    public double? LearningRate { get; init; }

    public double? Momentum { get; init; }

    public double? WeightDecay { get; init; }

    public double? PolyPower { get; init; }

    public int? WarmupSteps { get; init; }

    public double? ClipNorm { get; init; }

    public (double Min, double Max)? Scale { get; init; }

    /// <summary>Width and height of crops; width 0 trains on whole images.</summary>
    public (int Width, int Height)? Crop { get; init; }

    public double? Rotation { get; init; }

    public int? Jitter { get; init; }

    public double? Colour { get; init; }

    public bool? Mirror { get; init; }

    public double? PatchShare { get; init; }

    public ClassWeighting ClassWeighting { get; init; }

    public Upsampling? Upsampling { get; init; }

    public UpsamplingKernels UpsamplingKernels { get; init; }

    public BorderPadding? Padding { get; init; }

    public bool FreezesBackbone { get; init; }

    public IReadOnlyList<ParameterRule> Rules { get; init; } = [];

    public int? EvaluateEvery { get; init; }

    public int? CheckpointEvery { get; init; }

    public int KeepCheckpoints { get; init; } = 2;

    public int Patience { get; init; }

    public long Seed { get; init; }

    /// <summary>The command line that does it again.</summary>
    public required string CommandLine { get; init; }
}
