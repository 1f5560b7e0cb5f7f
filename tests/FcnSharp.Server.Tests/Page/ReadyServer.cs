using Xunit;

namespace FcnSharp.Server.Tests.Page;

/// <summary>A server with warm models that the tests of a class share.</summary>
public sealed class ReadyServer : IAsyncLifetime
{
    internal RunningServer Server { get; private set; } = null!;

    internal HttpClient Client => Server.Client;

    internal string Address => Client.BaseAddress!.ToString();

    public async ValueTask InitializeAsync() => Server = await Start();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>Starts a server and waits until its models are warm.</summary>
    internal static async Task<RunningServer> Start(Func<ServerOptions, ServerOptions>? change = null)
    {
        RunningServer server = await RunningServer.Start(change);
        for (bool isReady = false; !isReady;)
        {
            using HttpResponseMessage answer = await server.Client.GetAsync("/readyz");
            isReady = answer.IsSuccessStatusCode;
            await Task.Delay(isReady ? 0 : 20);
        }

        return server;
    }
}
