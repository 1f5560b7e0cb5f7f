using System.Net.Sockets;
using System.Text;
using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>A connection whose bytes a test writes itself, for what HTTP clients do not do.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _connection = new();
    private readonly NetworkStream _stream;

    public RawClient(RunningServer server)
    {
        Uri address = new(server.App.Urls.Single());
        _connection.Connect(address.Host, address.Port);
        _stream = _connection.GetStream();
        _stream.ReadTimeout = 60_000;
    }

    /// <summary>A request's head.</summary>
    public static string Post(string headers = "") => $"POST /v1/segment HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n";

    public void Write(string text) => Write(Encoding.ASCII.GetBytes(text));

    public void Write(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    /// <summary>Everything until the server closes the connection, or until the text has come.</summary>
    public string Read(string? until = null)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[4096];
        while (until is null || !text.ToString().Contains(until, StringComparison.Ordinal))
        {
            int read;
            try
            {
                read = _stream.Read(buffer);
            }
            catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
            {
                break;
            }

            if (read == 0)
            {
                break;
            }

            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        Assert.True(until is null || text.ToString().Contains(until, StringComparison.Ordinal), $"waited for {until}, found: {text}");
        return text.ToString();
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void EndSending() => _connection.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks the connection off.</summary>
    public void Reset()
    {
        _connection.LingerState = new LingerOption(true, 0);
        _connection.Close();
    }

    public void Dispose() => _connection.Dispose();
}
