namespace FcnSharp.Server.Work;

/// <summary>What all requests of a server share while they work.</summary>
internal sealed class ServerWork(ServerOptions options) : IDisposable
{
    private const int MostDecoders = 4;

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

    /// <summary>How many images may be decoded at a time, so that decoding does not take the cores from what computes.</summary>
    public SemaphoreSlim Decoders { get; } = new(Math.Clamp(Environment.ProcessorCount, 1, MostDecoders));

    /// <inheritdoc/>
    public void Dispose()
    {
        Compute.Dispose();
        Decoders.Dispose();
        Lifecycle.Dispose();
    }
}
