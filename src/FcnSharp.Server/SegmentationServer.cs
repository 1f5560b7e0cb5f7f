using FcnSharp.Server.Api;
using FcnSharp.Server.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FcnSharp.Server;

/// <summary>The server: models behind an HTTP API.</summary>
public static class SegmentationServer
{
    /// <summary>Builds a server that is not started yet.</summary>
    /// <param name="options">What it serves and where.</param>
    /// <param name="device">Where to compute; it stays the caller's and must outlive the server.</param>
    /// <exception cref="FcnSharpException">A model cannot be loaded, or two have the same name.</exception>
    public static WebApplication Build(ServerOptions options, IDevice device)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(device);

        // An empty builder reads no settings from the environment or from files that happen to lie in the current folder.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls(FormattableString.Invariant($"http://{options.Host}:{options.Port}"));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(_ => ServedModels.Load(options.Models, device));

        WebApplication app = builder.Build();
        app.UseRouting();
        _ = app.Services.GetRequiredService<ServedModels>();
        SegmentEndpoint.Map(app, options);
        return app;
    }
}
