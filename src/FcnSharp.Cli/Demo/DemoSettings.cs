namespace FcnSharp.Cli.Demo;

/// <summary>What can be chosen about the demo.</summary>
/// <param name="Folder">Where everything is written.</param>
/// <param name="TrainImages">Scenes to train on.</param>
/// <param name="ValImages">Scenes to hold out.</param>
/// <param name="Size">Side of a scene in pixels.</param>
/// <param name="Steps">Training steps.</param>
/// <param name="Seed">Seed of scenes, weights and order.</param>
internal sealed record DemoSettings(string Folder, int TrainImages, int ValImages, int Size, int Steps, long Seed)
{
    public string Data => Path.Combine(Folder, "data");

    public string Checkpoint => Path.Combine(Folder, "checkpoint.safetensors");

    public string Log => Path.Combine(Folder, "log.jsonl");

    public string Model => Path.Combine(Folder, "model.safetensors");

    public string Predictions => Path.Combine(Folder, "predictions");

    public string Overlays => Path.Combine(Folder, "overlays");

    public string Report => Path.Combine(Folder, "report.html");

    /// <summary>The command line that gives the same results.</summary>
    public string CommandLine => FormattableString.Invariant(
        $"{CommandName.Current} demo --out {Quoted(Folder)} --train {TrainImages} --val {ValImages} --size {Size} --steps {Steps} --seed {Seed}");

    private static string Quoted(string path) =>
        path.Any(c => !char.IsAsciiLetterOrDigit(c) && !"/._-+:\\".Contains(c)) ? "'" + path.Replace("'", "'\\''") + "'" : path;
}
