using System.Diagnostics;
using System.Net;
using FcnSharp.Inference;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>The program of docs/server.md, as it stands there.</summary>
public sealed class ServerGuideTests
{
    [Fact]
    public async Task The_guides_program_starts_and_has_its_address()
    {
        TaskCompletionSource<IHost> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable subscription = DiagnosticListener.AllListeners.Subscribe(new HostWatcher(started));
        HostWatcher.Mine.Value = true;
        Task program = Task.Run(() => Run(["--urls", "http://127.0.0.1:0"]), TestContext.Current.CancellationToken);
        using IHost host = await started.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        IHostApplicationLifetime life = host.Services.GetRequiredService<IHostApplicationLifetime>();
        TaskCompletionSource listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = life.ApplicationStarted.Register(listening.SetResult);
        await listening.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        string address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

        using HttpClient client = new() { BaseAddress = new Uri(address) };
        using HttpResponseMessage answer = await client.GetAsync(new Uri("/areas", UriKind.Relative), TestContext.Current.CancellationToken);

        // There is no model.safetensors here: that the address is mapped, for POST alone, is what can be seen without it.
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        life.StopApplication();
        await program;
    }

    private static void Run(string[] args)
    {
        // example:
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddFcnSegmenter("model.safetensors");
        WebApplication app = builder.Build();
        app.MapPost("/areas", async (HttpRequest request, Segmenter segmenter) =>
            (await segmenter.SegmentAsync(request.Body, cancellation: request.HttpContext.RequestAborted)).Areas());
        app.Run();
        // end
    }

    /// <summary>Gets the host that the program keeps for itself; tests beside this one build hosts, too.</summary>
    private sealed class HostWatcher(TaskCompletionSource<IHost> started) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        /// <summary>Set where the program of the guide runs.</summary>
        public static readonly AsyncLocal<bool> Mine = new();

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
            {
                value.Subscribe(this);
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (Mine.Value && value is { Key: "HostBuilt", Value: IHost host })
            {
                started.TrySetResult(host);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
