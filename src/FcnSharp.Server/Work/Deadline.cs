namespace FcnSharp.Server.Work;

/// <summary>
/// How long a request may take in each of its phases. One token for all of them, which also the client that goes away cancels;
/// afterwards it can be told who it was.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationToken _client;
    private readonly CancellationTokenSource _end;

    /// <summary>Creates a deadline that is not running yet.</summary>
    /// <param name="client">Cancelled when the client goes away.</param>
    /// <param name="server">Cancelled when the server cannot wait any longer.</param>
    public Deadline(CancellationToken client, CancellationToken server)
    {
        _client = client;
        _end = CancellationTokenSource.CreateLinkedTokenSource(client, server);
    }

    /// <summary>Cancelled when the request should end.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>What the request does now, as it was when time ran out.</summary>
    public Phase Phase { get; private set; }

    /// <summary>Whether the client is gone, so that nobody waits for an answer.</summary>
    public bool ClientIsGone => _client.IsCancellationRequested;

    /// <summary>Begins a phase that may take so long.</summary>
    /// <exception cref="OperationCanceledException">Time has run out in the phase before.</exception>
    public void Begin(Phase phase, TimeSpan limit)
    {
        // Stops the timer of the phase before; if that came too late, the token says so and the phase stays.
        _end.CancelAfter(Timeout.InfiniteTimeSpan);
        _end.Token.ThrowIfCancellationRequested();
        Phase = phase;
        _end.CancelAfter(limit);
    }

    /// <summary>Ends the limits; only the client still matters.</summary>
    public void Finish()
    {
        _end.CancelAfter(Timeout.InfiniteTimeSpan);
        _end.Token.ThrowIfCancellationRequested();
        Phase = Phase.Encode;
    }

    /// <inheritdoc/>
    public void Dispose() => _end.Dispose();
}

/// <summary>What happens to a request, in this order.</summary>
internal enum Phase
{
    /// <summary>Its body arrives.</summary>
    Body,

    /// <summary>It waits: for memory, and for those before it.</summary>
    Queue,

    /// <summary>Its image is decoded.</summary>
    Decode,

    /// <summary>The net computes.</summary>
    Compute,

    /// <summary>The answer is written.</summary>
    Encode,
}
