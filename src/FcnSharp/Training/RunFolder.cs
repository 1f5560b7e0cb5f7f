namespace FcnSharp.Training;

/// <summary>The files of a training run.</summary>
/// <param name="Root">The run's folder.</param>
public sealed record RunFolder(string Root)
{
    /// <summary>The best model by the held-out images.</summary>
    public string Model => Path.Combine(Root, "model.safetensors");

    /// <summary>Losses, learning rates and evaluations, a JSON object a line.</summary>
    public string Log => Path.Combine(Root, "log.jsonl");

    /// <summary>Curves, figures and pictures in one page.</summary>
    public string Report => Path.Combine(Root, "report.html");

    /// <summary>The folder of the event files for TensorBoard.</summary>
    public string Events => Path.Combine(Root, "events");

    /// <summary>The folder of the checkpoints.</summary>
    public string CheckpointFolder => Path.Combine(Root, "checkpoints");

    /// <summary>The checkpoints.</summary>
    /// <param name="keep">How many are kept.</param>
    public CheckpointStore Checkpoints(int keep) => new(CheckpointFolder, keep);
}
