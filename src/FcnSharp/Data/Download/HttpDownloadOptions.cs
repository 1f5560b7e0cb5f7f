namespace FcnSharp.Data.Download;

/// <summary>How long a download waits.</summary>
internal sealed record HttpDownloadOptions
{
    /// <summary>For how long a server may keep silent before the connection counts as broken.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Waits before another attempt.</summary>
    public Func<TimeSpan, CancellationToken, Task> Delay { get; init; } = Task.Delay;
}
