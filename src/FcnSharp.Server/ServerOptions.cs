using System.Net;
using FcnSharp.Tensors;

namespace FcnSharp.Server;

/// <summary>What a server serves, where, and how much it takes on. docs/server.md says what each limit protects from.</summary>
public sealed record ServerOptions
{
    /// <summary>The models; the first is the one that requests get which name none.</summary>
    public IReadOnlyList<ModelSource> Models { get; init; } = [];

    /// <summary>The address to listen on: an IP address, localhost, or * for all. The default is reached from this machine alone.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port to listen on; 0 for any that is free.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>The most bytes of a request's body.</summary>
    public long MaxBodyBytes { get; init; } = 32L << 20;

    /// <summary>The most pixels of an image, looked at in its header before it is decoded.</summary>
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary>
    /// How many images may wait to be computed; further ones are refused at once. Each that waits makes those behind it later, so there are
    /// as few as keep the computation busy.
    /// </summary>
    public int QueueLength { get; init; } = 4;

    /// <summary>How long an image may wait until it is computed.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an image may be computed.</summary>
    public TimeSpan ComputeTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a client may take to send its body.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a server that is asked to stop may take to finish what it has accepted.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The bytes of all bodies together that may be held at a time.</summary>
    public long MaxHeldBodyBytes { get; init; } = 256L << 20;

    /// <summary>The bytes of all decoded images, their results and answers together that may be held at a time; a single image may always be held.</summary>
    public long MaxHeldImageBytes { get; init; } = 1L << 30;

    /// <summary>How many connections may be open.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>
    /// Names that this machine goes by, such as fcn.example.com. A server for this machine alone answers to its addresses, to localhost and
    /// to these; one that others reach answers to any name, unless some are given here.
    /// </summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>The origins, such as https://app.example.com, whose pages may use the server beside its own; * for all.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>What requests to the API have to bring; null for nothing.</summary>
    public string? ApiKey { get; init; }

    /// <summary>A folder of training runs to show; null for none.</summary>
    public string? RunsFolder { get; init; }

    /// <summary>How the log is written.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>Where the log is written; null for nowhere.</summary>
    public TextWriter? Log { get; init; }

    /// <summary>The text of the options without the key, which must not get into a log by accident.</summary>
    public override string ToString() => FormattableString.Invariant($"http://{Host}:{Port}, {Models.Count} models");

    /// <summary>Throws when an option makes no sense.</summary>
    internal void Check()
    {
        Positive(MaxBodyBytes, "bytes of a body");
        Positive(MaxPixels, "pixels of an image");
        Positive(QueueLength, "images in the queue");
        Positive(MaxHeldBodyBytes, "bytes of all bodies");
        Positive(MaxHeldImageBytes, "bytes of all images");
        Positive(MaxConnections, "connections");
        Positive(QueueTimeout, "time in the queue");
        Positive(ComputeTimeout, "time to compute");
        Positive(BodyTimeout, "time for a body");
        Positive(ShutdownTimeout, "time to stop");
        if (Port is < 0 or > IPEndPoint.MaxPort)
        {
            throw new FcnSharpException(FormattableString.Invariant($"A port is from 0 to {IPEndPoint.MaxPort}, found {Port}."));
        }

        if (HostNames.FirstOrDefault(n => Uri.CheckHostName(n) == UriHostNameType.Unknown) is { } name)
        {
            throw new FcnSharpException($"A host name is one such as fcn.example.com, without scheme and port, found '{name}'.");
        }

        if (AllowedOrigins.FirstOrDefault(o => o != "*" && !IsOrigin(o)) is { } origin)
        {
            throw new FcnSharpException($"An origin is a scheme and a host, perhaps with a port, such as https://app.example.com, or * for all, found '{origin}'.");
        }

        if (ApiKey is not null && (ApiKey.Length < MinApiKeyLength || !ApiKey.All(c => c is > ' ' and <= '~')))
        {
            throw new FcnSharpException($"An API key has at least {MinApiKeyLength} visible ASCII characters and no blanks; make one by: openssl rand -hex 32");
        }
    }

    private const int MinApiKeyLength = 16;

    /// <summary>As browsers write one: nothing behind the host and its port.</summary>
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0 && text.Equals(uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);

    private static void Positive(long value, string what)
    {
        if (value < 1)
        {
            throw new FcnSharpException(FormattableString.Invariant($"A server's limit of {what} is at least 1, found {value}."));
        }
    }

    private static void Positive(TimeSpan value, string what)
    {
        if (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1))
        {
            throw new FcnSharpException(FormattableString.Invariant($"A server's limit of {what} is above 0 and at most a day, found {value.TotalSeconds} seconds."));
        }
    }
}
