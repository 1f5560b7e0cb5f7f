namespace FcnSharp.Cli.Progress;

/// <summary>Takes the progress of one long task. Cheap enough for every step: what is shown, and when, is its own affair.</summary>
internal interface IProgressReporter : IDisposable
{
    /// <summary>Tells how far the task is.</summary>
    /// <param name="done">How many items are done.</param>
    /// <param name="total">How many there are; 0 if nobody knows.</param>
    /// <param name="text">What else is worth seeing, such as the loss.</param>
    void Report(long done, long total, string text);
}

/// <summary>Progress under --quiet: none.</summary>
internal sealed class NoProgress : IProgressReporter
{
    /// <summary>The only one needed.</summary>
    public static NoProgress Instance { get; } = new();

    /// <inheritdoc/>
    public void Report(long done, long total, string text)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
