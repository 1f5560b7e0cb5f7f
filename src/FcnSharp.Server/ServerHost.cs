using FcnSharp.Server.Models;
using FcnSharp.Server.Work;
using Microsoft.Extensions.Hosting;

namespace FcnSharp.Server;

/// <summary>Warms the models beside the start, and lets a stop wait for what was accepted before connections are closed.</summary>
internal sealed class ServerHost(ServerOptions options, ServedModels models, ServerWork work) : IHostedLifecycleService
{
    private Task _warming = Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _warming = Warm();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await work.Lifecycle.Drain(options.ShutdownTimeout).ConfigureAwait(false);
        await _warming.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task Warm()
    {
        try
        {
            await work.Compute.Run(
                () =>
                {
                    models.Warm(work.Lifecycle.Stopping);
                    return true;
                },
                work.Lifecycle.Stopping).ConfigureAwait(false);
            work.Lifecycle.SetReady();
        }
#pragma warning disable CA1031 // Thrown to whoever waits for the server to be ready.
        catch (Exception e)
#pragma warning restore CA1031
        {
            work.Lifecycle.SetFailed(e);
        }
    }
}
