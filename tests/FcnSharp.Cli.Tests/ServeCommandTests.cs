using System.Net;
using System.Net.Sockets;
using FcnSharp.Cli.Tests.Demo;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn serve` as a process; what the server does is tested in its own project.</summary>
public sealed class ServeCommandTests : IDisposable
{
    private const string Key = "0123456789abcdef0123";
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(FcnProcess.SigTerm)]
    [InlineData(FcnProcess.SigInt)]
    public async Task It_serves_until_a_signal_and_ends_cleanly(int signal)
    {
        int port = FreePort();
        using FcnProcess process = FcnProcess.Start("serve", "--model", $"street={Model()}", "--port", $"{port}", "--log", "json");
        using HttpClient client = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await process.WaitUntil(() => IsReady(client));

        using ByteArrayContent image = new(PngFile.EncodeRgb(TestImages.Scene(40, 30).Image));
        using HttpResponseMessage answer = await client.PostAsync(new Uri("/v1/segment?model=street", UriKind.Relative), image, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        process.Signal(signal);
        Outcome outcome = (await process.End()).Expect(0);

        Assert.Equal($"http://127.0.0.1:{port}", outcome.Output.Trim());
        Assert.Contains(outcome.ErrorLines, line => line.StartsWith('{') && line.Contains("\"model\":\"street\"", StringComparison.Ordinal));
        Assert.DoesNotContain("warning", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_comes_from_a_file_and_is_wanted()
    {
        File.WriteAllText(_temp["key"], Key + "\n");
        int port = FreePort();
        using FcnProcess process = FcnProcess.Start("serve", "--model", Model(), "--port", $"{port}", "--api-key-file", _temp["key"]);
        using HttpClient client = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await process.WaitUntil(() => IsReady(client));

        using HttpResponseMessage refused = await client.GetAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        client.DefaultRequestHeaders.Add("X-Api-Key", Key);
        using HttpResponseMessage answer = await client.GetAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        process.Signal(FcnProcess.SigTerm);
        Outcome outcome = (await process.End()).Expect(0);
        Assert.DoesNotContain(Key, outcome.Error + outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line_and_exit_code_1()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;

        Outcome outcome = (await FcnProcess.Run("serve", "--model", Model(), "--port", $"{port}")).Expect(1);

        Assert.StartsWith($"error: Port {port} of 127.0.0.1 is in use", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Equal("", outcome.Output);
    }

    [Theory]
    [InlineData(1, "error: Two models are called 'a': x and y; give one another name", "--model", "a=x", "--model", "a=y")]
    [InlineData(1, "error: Two models are called 'x'", "--model", "x.safetensors", "--model", "other/x.safetensors")]
    [InlineData(1, "error: nowhere.safetensors", "--model", "nowhere.safetensors")]
    [InlineData(1, "error: Could not find", "--api-key-file", "/no/such/key")]
    [InlineData(1, "error: A host name is one such as fcn.example.com, without scheme and port, found 'a:1'", "--host-name", "fcn.example.com", "--host-name", "a:1")]
    [InlineData(1, "error: An origin is a scheme and a host, perhaps with a port, such as https://app.example.com, or * for all, found 'app'", "--allow-origin", "app")]
    [InlineData(2, "error: --port needs a whole number from 0 to 65535, found '-1'", "--port", "-1")]
    [InlineData(2, "error: --queue needs a whole number from 1 to 10000, found '0'", "--queue", "0")]
    [InlineData(2, "error: --log must be text or json, found 'xml'", "--log", "xml")]
    public void Mistakes_are_one_line(int exitCode, string expected, params string[] arguments)
    {
        CapturedTerminal terminal = new();
        Assert.Equal(exitCode, terminal.Run(["serve", .. arguments]));
        Assert.StartsWith(expected, Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_address_without_a_key_is_warned_of()
    {
        CapturedTerminal terminal = new();
        Assert.Equal(1, terminal.Run("serve", "--host", "0.0.0.0", "--model", "nowhere.safetensors"));
        Assert.StartsWith("warning: 0.0.0.0 can be reached from other machines, and requests need no key", terminal.ErrorLines[0], StringComparison.Ordinal);
    }

    private string Model()
    {
        string path = _temp["model.safetensors"];
        using CpuDevice device = new();
        using Network network = MiniNet.CreateSeeing(device);
        ModelFile.Save(path, MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        return path;
    }

    private static bool IsReady(HttpClient client)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/readyz");
            using HttpResponseMessage answer = client.Send(request, TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
