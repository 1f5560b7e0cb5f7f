using System.Net;
using FcnSharp.Server.Api;
using FcnSharp.Server.Page;
using FcnSharp.Tensors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FcnSharp.Server.Runs;

/// <summary>A server that shows training runs and nothing else, on this machine only: what a training starts beside itself.</summary>
public sealed class RunsServer : IAsyncDisposable, IDisposable
{
    private readonly WebApplication _app;

    private RunsServer(WebApplication app)
    {
        _app = app;
        Address = app.Urls.First();
    }

    /// <summary>Where it is reached, such as http://127.0.0.1:8090.</summary>
    public string Address { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="folder">A run's folder, or one of runs.</param>
    /// <param name="port">The port; 0 for any that is free.</param>
    /// <exception cref="FcnSharpException">The port is taken.</exception>
    public static RunsServer Start(string folder, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        BrowserGate others = new(checkHost: true, hostNames: []);
        app.Use(next => context => others.Handle(context, next));
        app.UseRouting();
        app.MapGet("/", (RequestDelegate)(context =>
        {
            context.Response.Redirect("/runs");
            return Task.CompletedTask;
        }));
        ServerPages.MapAssets(app);
        RunsApi.Map(app, folder);
        try
        {
            app.StartAsync().GetAwaiter().GetResult();
            return new RunsServer(app);
        }
        catch (IOException e)
        {
            ((IDisposable)app).Dispose();
            throw new FcnSharpException($"Port {port} cannot be used ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); choose another one, or 0 for any that is free.", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <inheritdoc/>
    public void Dispose() => ((IDisposable)_app).Dispose();
}
