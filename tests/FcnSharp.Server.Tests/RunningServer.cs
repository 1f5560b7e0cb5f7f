using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using Microsoft.AspNetCore.Builder;

namespace FcnSharp.Server.Tests;

/// <summary>A server on a free port of this machine, with a small net of random weights.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CpuDevice _device = new();
    private readonly WebApplication _app;

    private RunningServer(Func<ServerOptions, ServerOptions> change)
    {
        string model = _folder["mini.safetensors"];
        using (Network network = MiniNet.CreateSeeing(_device))
        {
            ModelFile.Save(model, MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        }

        _app = SegmentationServer.Build(change(new ServerOptions { Port = 0, Models = [ModelSource.Of(model)] }), _device);
    }

    /// <summary>Sends requests to it.</summary>
    public HttpClient Client { get; private set; } = new();

    /// <summary>Starts a server.</summary>
    public static async Task<RunningServer> Start(Func<ServerOptions, ServerOptions>? change = null)
    {
        RunningServer server = new(change ?? (options => options));
        await server._app.StartAsync();
        server.Client.BaseAddress = new Uri(server._app.Urls.Single());
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        _device.Dispose();
        _folder.Dispose();
    }
}
