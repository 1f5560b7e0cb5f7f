using System.Globalization;
using System.Net;
using FcnSharp.Server.Api;
using FcnSharp.Server.Models;
using FcnSharp.Server.Page;
using FcnSharp.Server.Runs;
using FcnSharp.Server.Telemetry;
using FcnSharp.Server.Work;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FcnSharp.Server;

/// <summary>The server: models behind an HTTP API (docs/server.md).</summary>
public static class SegmentationServer
{
    private const int BytesPerSecond = 1024;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PreflightAge = TimeSpan.FromHours(1);

    /// <summary>Builds a server that is not started yet. It listens as soon as it is started, and takes images once its models are warm.</summary>
    /// <param name="options">What it serves and where.</param>
    /// <param name="device">Where to compute; it stays the caller's and must outlive the server.</param>
    /// <exception cref="FcnSharpException">An option makes no sense, a model cannot be loaded, or two have the same name.</exception>
    public static WebApplication Build(ServerOptions options, IDevice device)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(device);
        options.Check();

        // An empty builder reads no settings from the environment or from files that happen to lie in the current folder.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        IPAddress? address = Address(options.Host);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options, address));
        AddServices(builder, options, device);

        WebApplication app = builder.Build();
        try
        {
            Map(app, options, address);
            return app;
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }
    }

    /// <summary>Runs a server until it is asked to stop; then it finishes what it has accepted.</summary>
    /// <param name="options">What it serves and where.</param>
    /// <param name="device">Where to compute; it stays the caller's.</param>
    /// <param name="onReady">Called with the address when images are accepted.</param>
    /// <param name="stop">Asks it to stop.</param>
    /// <exception cref="FcnSharpException">An option makes no sense, a model cannot be used, or the port is taken.</exception>
    public static async Task Run(ServerOptions options, IDevice device, Action<string> onReady, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(onReady);
        WebApplication app = Build(options, device);
        await using (app.ConfigureAwait(false))
        {
            await Start(app, options).ConfigureAwait(false);
            try
            {
                await WaitUntilReady(app).WaitAsync(stop).ConfigureAwait(false);
                onReady(app.Urls.Single());
                await Task.Delay(Timeout.InfiniteTimeSpan, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Asked to stop.
            }
            finally
            {
                await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits until a started server accepts images.</summary>
    /// <exception cref="FcnSharpException">A model's weights are damaged.</exception>
    public static Task WaitUntilReady(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Services.GetRequiredService<ServerWork>().Lifecycle.Ready;
    }

    private static async Task Start(WebApplication app, ServerOptions options)
    {
        try
        {
            await app.StartAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"Port {options.Port} of {options.Host} is in use by another program; choose another, or 0 for any that is free."), e);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"Cannot listen on port {options.Port} of {options.Host} ({e.Message.TrimEnd('.')}); choose an address of this machine and a port that you may open."), e);
        }
    }

    /// <summary>The address to listen on; null for all.</summary>
    private static IPAddress? Address(string host) => host switch
    {
        "*" => null,
        "localhost" => IPAddress.Loopback,
        _ => IPAddress.TryParse(host, out IPAddress? address)
            ? address
            : throw new FcnSharpException($"A server listens on an IP address, localhost, or * for all, found '{host}'."),
    };

    private static void Configure(KestrelServerOptions kestrel, ServerOptions options, IPAddress? address)
    {
        kestrel.AddServerHeader = false;

        // Bodies are bounded where they are read. This limit would break connections off before the client has read why.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(BytesPerSecond, Grace);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(BytesPerSecond, Grace);
        if (address is null)
        {
            kestrel.ListenAnyIP(options.Port, ListenHttp1);
        }
        else
        {
            kestrel.Listen(address, options.Port, ListenHttp1);
        }
    }

    private static void ListenHttp1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;

    private static void AddServices(WebApplicationBuilder builder, ServerOptions options, IDevice device)
    {
        builder.Services.AddRoutingCore();
        builder.Services.AddCors();
        builder.Services.AddSingleton(_ => ServedModels.Load(options.Models, device));
        builder.Services.AddSingleton(_ => new ServerWork(options));
        builder.Services.AddSingleton<ServerMetrics>();
        builder.Services.AddSingleton(services => new PrometheusText(services.GetRequiredService<ServerMetrics>().Meter));
        builder.Services.AddHostedService(services => new ServerHost(options, services.GetRequiredService<ServedModels>(), services.GetRequiredService<ServerWork>()));

        // What is accepted gets its time first; then the framework needs a little to close connections.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout + TimeSpan.FromSeconds(5));
        if (options.Log is { } log)
        {
            builder.Logging.AddProvider(new LineLoggerProvider(log, options.LogFormat, TimeProvider.System));
            builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

            // What this category tells of is thrown, too.
            builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        }
    }

    private static void Map(WebApplication app, ServerOptions options, IPAddress? address)
    {
        IServiceProvider services = app.Services;
        ServedModels models = services.GetRequiredService<ServedModels>();
        ServerWork work = services.GetRequiredService<ServerWork>();
        ServerMetrics metrics = services.GetRequiredService<ServerMetrics>();
        RequestPipeline pipeline = new(metrics, services.GetRequiredService<ILoggerFactory>().CreateLogger("FcnSharp.Server"));
        app.Use(next => context => pipeline.Handle(context, next));
        CorsPolicy? origins = Origins(options.AllowedOrigins);
        bool isLocal = address is not null && IPAddress.IsLoopback(address);
        BrowserGate others = new(checkHost: isLocal || options.HostNames.Count > 0, options.HostNames, origins);
        app.Use(next => context => others.Handle(context, next));
        if (origins is not null)
        {
            app.UseMiddleware<CorsMiddleware>(origins);
        }

        if (options.ApiKey is { } key)
        {
            ApiKeyGate gate = new(key);
            app.Use(next => context => gate.Handle(context, next));
        }

        app.UseRouting();
        InfoEndpoints.Map(app, models, work.Lifecycle, services.GetRequiredService<PrometheusText>());
        SegmentEndpoint segment = new(options, models, work, metrics);
        app.MapMethods("/v1/segment", [HttpMethods.Post], (RequestDelegate)segment.Handle);
        ServerPages.Map(app);
        if (options.RunsFolder is { } runs)
        {
            RunsApi.Map(app, runs);
        }
    }

    /// <summary>What pages of other sites are allowed to ask and to read; null where none are.</summary>
    private static CorsPolicy? Origins(IReadOnlyList<string> allowed)
    {
        if (allowed.Count == 0)
        {
            return null;
        }

        CorsPolicyBuilder policy = new();
        _ = allowed.Contains("*") ? policy.AllowAnyOrigin() : policy.WithOrigins([.. allowed]);
        return policy
            .WithMethods(HttpMethods.Get, HttpMethods.Head, HttpMethods.Post)
            .WithHeaders("Authorization", "X-Api-Key", "Content-Type")
            .WithExposedHeaders("Fcn-Model", "Server-Timing", "Retry-After")
            .SetPreflightMaxAge(PreflightAge)
            .Build();
    }
}
