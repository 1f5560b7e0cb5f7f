namespace FcnSharp.Server.Work;

/// <summary>What all requests of a server share while they work.</summary>
internal sealed class ServerWork(ServerOptions options) : IDisposable
{
    /// <summary>Whether work is taken on.</summary>
    public Lifecycle Lifecycle { get; } = new();

    /// <summary>Places in the queue.</summary>
    public WaitingPlaces Places { get; } = new(options.QueueLength);

    /// <summary>Bytes of bodies.</summary>
    public MemoryBudget Bodies { get; } = new(options.MaxHeldBodyBytes);

    /// <summary>Bytes of decoded images, results and answers.</summary>
    public MemoryBudget Images { get; } = new(options.MaxHeldImageBytes);

    /// <summary>What computes.</summary>
    public ComputeThread Compute { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        Compute.Dispose();
        Lifecycle.Dispose();
    }
}
