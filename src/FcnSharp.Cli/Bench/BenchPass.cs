namespace FcnSharp.Cli.Bench;

/// <summary>The passes that are timed.</summary>
internal static class BenchPass
{
    /// <summary>Inference.</summary>
    public const string Forward = "forward";

    /// <summary>Forward as training needs it, where that differs from inference.</summary>
    public const string ForwardTraining = "forward-training";

    /// <summary>The gradient of the input.</summary>
    public const string BackwardInput = "backward-input";

    /// <summary>The gradients of weight and bias.</summary>
    public const string BackwardWeight = "backward-weight";

    /// <summary>All gradients, where they share their work.</summary>
    public const string Backward = "backward";

    /// <summary>Forward and all gradients, for a loss.</summary>
    public const string ForwardBackward = "forward-backward";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Forward, ForwardTraining, BackwardInput, BackwardWeight, Backward, ForwardBackward];
}
