namespace FcnSharp.Server.Work;

/// <summary>What all requests of a server share while they work.</summary>
internal sealed class ServerWork : IDisposable
{
    private const int MostDecoders = 4;

    /// <summary>Creates it, and starts the thread that computes.</summary>
    public ServerWork(ServerOptions options)
    {
        Places = new WaitingPlaces(options.QueueLength);
        Bodies = new MemoryBudget(options.MaxHeldBodyBytes);
        Images = new MemoryBudget(options.MaxHeldImageBytes);
        Compute = new ComputeThread();
        SmallImages = new SmallImages(Compute);
    }

    /// <summary>Whether work is taken on.</summary>
    public Lifecycle Lifecycle { get; } = new();

    /// <summary>Places in the queue.</summary>
    public WaitingPlaces Places { get; }

    /// <summary>Bytes of bodies.</summary>
    public MemoryBudget Bodies { get; }

    /// <summary>Bytes of decoded images, results and answers.</summary>
    public MemoryBudget Images { get; }

    /// <summary>What computes.</summary>
    public ComputeThread Compute { get; }

    /// <summary>What computes small images together.</summary>
    public SmallImages SmallImages { get; }

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
