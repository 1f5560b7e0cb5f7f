using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FcnSharp.TestKit;

/// <summary>
/// A web server on this machine for one test. Written on plain sockets, because the tests are about what goes wrong: answers that
/// end early, lie about their length, or never come.
/// </summary>
public sealed class WebServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<WebRequest> _requests = [];
    private readonly Func<WebRequest, WebAnswer> _answer;

    /// <summary>Starts it on a free port.</summary>
    public WebServer(Func<WebRequest, WebAnswer> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = Task.Run(Listen);
    }

    /// <summary>What has been asked so far.</summary>
    public IReadOnlyList<WebRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>The address of a path.</summary>
    public Uri this[string path] => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{path}");

    /// <summary>Answers as a good file server does: ranges, marks of the version, and conditions on them.</summary>
    public static WebAnswer File(WebRequest request, byte[] content, string? version = null)
    {
        Dictionary<string, string> headers = new() { ["Accept-Ranges"] = "bytes" };
        if (version is not null)
        {
            headers[version[0] == '"' || version.StartsWith("W/", StringComparison.Ordinal) ? "ETag" : "Last-Modified"] = version;
        }

        if (request["Range"] is not { } range || (request["If-Range"] is { } condition && condition != version))
        {
            return new(200, content) { Headers = headers };
        }

        int from = int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
        if (from >= content.Length)
        {
            return new(416, []) { Headers = new() { ["Content-Range"] = $"bytes */{content.Length}" } };
        }

        headers["Content-Range"] = $"bytes {from}-{content.Length - 1}/{content.Length}";
        return new(206, content[from..]) { Headers = headers };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task Listen()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
            {
                return;
            }

            _ = Task.Run(() => Serve(client));
        }
    }

    private async Task Serve(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                if (await Read(stream) is { } request)
                {
                    lock (_requests)
                    {
                        _requests.Add(request);
                    }

                    await Write(stream, _answer(request));
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The other side went away, or the test is over.
            }
        }
    }

    private static async Task<WebRequest?> Read(NetworkStream stream)
    {
        using StreamReader reader = new(stream, Encoding.ASCII, leaveOpen: true);
        if (await reader.ReadLineAsync() is not { } first)
        {
            return null;
        }

        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            string[] parts = line.Split(':', 2);
            headers[parts[0]] = parts[1].Trim();
        }

        return new(first.Split(' ')[1], headers);
    }

    private async Task Write(NetworkStream stream, WebAnswer answer)
    {
        StringBuilder head = new($"HTTP/1.1 {answer.Status} Test\r\nConnection: close\r\n");
        foreach ((string name, string value) in answer.Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        if (answer.TellsLength)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {answer.Body.Length}\r\n");
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + "\r\n"));
        await stream.WriteAsync(answer.Body.AsMemory(0, Math.Min(answer.CutAfter, answer.Body.Length)));
        if (answer.ThenSilent)
        {
            await Task.Delay(Timeout.Infinite, _stop.Token);
        }
    }
}

/// <summary>What a client asked.</summary>
public sealed record WebRequest(string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The value of a header, null where it was not sent.</summary>
    public string? this[string header] => Headers.GetValueOrDefault(header);
}

/// <summary>What a server answers.</summary>
public sealed record WebAnswer(int Status, byte[] Body)
{
    /// <summary>Further headers.</summary>
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>After how many bytes of the body the connection ends.</summary>
    public int CutAfter { get; init; } = int.MaxValue;

    /// <summary>Whether the length is told in advance.</summary>
    public bool TellsLength { get; init; } = true;

    /// <summary>Whether, after the body, the connection stays open and nothing comes.</summary>
    public bool ThenSilent { get; init; }
}
