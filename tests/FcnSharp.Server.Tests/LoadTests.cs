using System.Diagnostics;
using FcnSharp.TestKit;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>More than can be served, clients that go away, and stops: what was accepted is served, the rest hears so at once.</summary>
public class LoadTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_serves_those_in_it()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { QueueLength = 3, QueueTimeout = TimeSpan.FromMinutes(1) });
        Task<HttpResponseMessage>[] waiting;
        using (server.Block())
        {
            waiting = [.. Enumerable.Range(0, 3).Select(_ => server.Post(RunningServer.Scene()))];
            await RunningServer.Until(async () => await server.Metric("fcn_queue_length") == 3, "three wait");

            Stopwatch watch = Stopwatch.StartNew();
            for (int i = 0; i < 10; i++)
            {
                using HttpResponseMessage refused = await server.Post(RunningServer.Scene());
                Assert.Contains("3 images wait already", await refused.Problem(429), StringComparison.Ordinal);
                Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"ten refusals took {watch.Elapsed}");
            Assert.All(waiting, task => Assert.False(task.IsCompleted));
        }

        foreach (Task<HttpResponseMessage> task in waiting)
        {
            using HttpResponseMessage answer = await task;
            Assert.Equal(200, (int)answer.StatusCode);
        }

        Assert.Equal(10, await server.Metric("fcn_requests_total{route=\"/v1/segment\",status=\"429\"}"));
        Assert.Equal(3, await server.Metric("fcn_requests_total{route=\"/v1/segment\",status=\"200\"}"));
        using HttpResponseMessage again = await server.Post(RunningServer.Scene());
        Assert.Equal(200, (int)again.StatusCode);
    }

    [Fact]
    public async Task Who_waits_too_long_gets_503()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { QueueTimeout = TimeSpan.FromMilliseconds(200) });
        using (server.Block())
        {
            using HttpResponseMessage answer = await server.Post(RunningServer.Scene());
            Assert.Contains("waited 0.2 seconds", await answer.Problem(503), StringComparison.Ordinal);
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.Equal(0, await server.Metric("fcn_queue_length"));
        }

        Assert.Equal(1, await server.Metric("fcn_segmentations_total{model=\"mini\",outcome=\"late\"}"));
    }

    [Fact]
    public async Task What_is_computed_too_long_gets_503()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { ComputeTimeout = TimeSpan.FromMilliseconds(1) });
        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(1200, 900));
        Assert.Contains("not computed within 0.001 seconds", await answer.Problem(503), StringComparison.Ordinal);
        Assert.Equal(1, await server.Metric("fcn_segmentations_total{model=\"mini\",outcome=\"late\"}"));
    }

    [Fact]
    public async Task A_client_that_goes_away_frees_its_place_in_the_queue()
    {
        await using RunningServer server = await RunningServer.Start();
        using (server.Block())
        {
            using CancellationTokenSource away = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            Task<HttpResponseMessage> request = server.Send(new ByteArrayContent(RunningServer.Scene()), stop: away.Token);
            await RunningServer.Until(async () => await server.Metric("fcn_queue_length") == 1, "it waits");
            await away.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
            await RunningServer.Until(async () => await server.Metric("fcn_queue_length") == 0, "its place is free");
            Assert.Equal(1, await server.Metric("fcn_segmentations_total{model=\"mini\",outcome=\"cancelled\"}"));
        }

        await RunningServer.Until(async () => await server.Metric("fcn_requests_total{route=\"/v1/segment\",status=\"499\"}") == 1, "it is counted");
        Assert.Equal(0, await server.Metric("fcn_held_bytes"));
    }

    [Fact]
    public async Task A_client_that_goes_away_stops_the_computation()
    {
        await using RunningServer server = await RunningServer.Start();
        byte[] large = RunningServer.Scene(2800, 2800);
        using CancellationTokenSource away = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task<HttpResponseMessage> request = server.Send(new ByteArrayContent(large), stop: away.Token);

        // In flight and out of the queue: it is being computed.
        await RunningServer.Until(() => Task.FromResult(server.Work.Lifecycle.Accepted == 1 && server.Work.Images.Held > 0 && server.Work.Places.Taken == 0), "it is computed");
        await away.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await RunningServer.Until(async () => await server.Metric("fcn_segmentations_total{model=\"mini\",outcome=\"cancelled\"}") == 1, "the computation is stopped");
        Assert.Equal(0, await server.Metric("fcn_segmentations_total{model=\"mini\",outcome=\"done\"}"));
    }

    [Fact]
    public async Task Small_images_of_one_size_that_wait_are_computed_together_with_the_same_bits()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { QueueLength = 20 });
        byte[][] files = [.. Enumerable.Range(0, 6).Select(i => RunningServer.Scene(40, 30, i)), RunningServer.Scene(41, 30)];
        Task<HttpResponseMessage>[] waiting;
        using CancellationTokenSource away = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task<HttpResponseMessage> gone;
        using (server.Block())
        {
            waiting = [.. files.Select(f => server.Post(f, "?view=mask"))];
            gone = server.Send(new ByteArrayContent(files[0]), "?view=mask", stop: away.Token);
            await RunningServer.Until(async () => await server.Metric("fcn_queue_length") == 8, "all wait");
            await away.CancelAsync();
            await RunningServer.Until(async () => await server.Metric("fcn_queue_length") == 7, "one went away");
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        for (int i = 0; i < files.Length; i++)
        {
            using HttpResponseMessage answer = await waiting[i];
            Assert.Equal(server.Segmenter.Segment(files[i], cancellation: Stop).Map.Labels, (await answer.Labels()).Labels);
        }

        Assert.InRange(await server.Metric("fcn_batches_total"), 1, 3);
        Assert.Equal(7, await server.Metric("fcn_segmentations_total{model=\"mini\",outcome=\"done\"}"));
        Assert.Equal(1, await server.Metric("fcn_segmentations_total{model=\"mini\",outcome=\"cancelled\"}"));
    }

    [Fact]
    public async Task A_stop_finishes_what_was_accepted_and_refuses_the_rest()
    {
        await using RunningServer server = await RunningServer.Start();
        Task<HttpResponseMessage> accepted;
        Task stopping;
        using (server.Block())
        {
            accepted = server.Post(RunningServer.Scene());
            await RunningServer.Until(async () => await server.Metric("fcn_queue_length") == 1, "it waits");
            stopping = server.App.StopAsync(Stop);
            await RunningServer.Until(() => Task.FromResult(server.Work.Lifecycle.IsDraining), "it drains");

            using HttpResponseMessage refused = await server.Post(RunningServer.Scene());
            Assert.Contains("shutting down", await refused.Problem(503), StringComparison.Ordinal);
            using HttpResponseMessage ready = await server.Client.GetAsync(new Uri("/readyz", UriKind.Relative), Stop);
            await ready.Problem(503);
            using HttpResponseMessage alive = await server.Client.GetAsync(new Uri("/healthz", UriKind.Relative), Stop);
            Assert.Equal(200, (int)alive.StatusCode);
            Assert.False(accepted.IsCompleted);
        }

        using HttpResponseMessage answer = await accepted;
        Assert.Equal(200, (int)answer.StatusCode);
        await stopping;
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Post(RunningServer.Scene()));
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_ever()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { ShutdownTimeout = TimeSpan.FromMilliseconds(300), QueueTimeout = TimeSpan.FromMinutes(5) });
        using (server.Block())
        {
            Task<HttpResponseMessage> accepted = server.Post(RunningServer.Scene());
            await RunningServer.Until(async () => await server.Metric("fcn_queue_length") == 1, "it waits");
            Task stopping = server.App.StopAsync(Stop);
            using HttpResponseMessage answer = await accepted;
            Assert.Contains("shutting down and cannot finish", await answer.Problem(503), StringComparison.Ordinal);
            await stopping;
        }
    }

    [Fact]
    public async Task Before_the_models_are_warm_images_are_503()
    {
        await using RunningServer server = await RunningServer.Start();
        using ServerOptionsWithSlowStart slow = new(server);
        using HttpResponseMessage answer = await slow.Post();
        Assert.Contains("not loaded yet", await answer.Problem(503), StringComparison.Ordinal);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal(503, await slow.Ready());
        slow.Release();
        await RunningServer.Until(async () => await slow.Ready() == 200, "it is ready");
    }

    [Fact]
    public async Task A_model_with_damaged_weights_never_gets_ready()
    {
        using TempFolder folder = new();
        await using RunningServer good = await RunningServer.Start();
        byte[] file = await File.ReadAllBytesAsync(good.ModelPath, Stop);
        file[^100] ^= 1;
        await File.WriteAllBytesAsync(folder["bad.safetensors"], file, Stop);
        using Tensors.Cpu.CpuDevice device = new();

        Tensors.FcnSharpException e = await Assert.ThrowsAsync<Tensors.FcnSharpException>(() => SegmentationServer.Run(
            new ServerOptions { Port = 0, Models = [ModelSource.Of(folder["bad.safetensors"])] }, device, _ => Assert.Fail("it is not ready"), Stop));

        Assert.Contains("bad.safetensors", e.Message, StringComparison.Ordinal);
    }

    /// <summary>A second server whose thread is busy before its models can be warmed.</summary>
    private sealed class ServerOptionsWithSlowStart : IDisposable
    {
        private readonly Tensors.Cpu.CpuDevice _device = new();
        private readonly Microsoft.AspNetCore.Builder.WebApplication _app;
        private readonly HttpClient _client = new();
        private readonly Blocker _blocker;

        public ServerOptionsWithSlowStart(RunningServer other)
        {
            _app = SegmentationServer.Build(new ServerOptions { Port = 0, Models = [ModelSource.Of(other.ModelPath)] }, _device);
            Work.ServerWork work = (Work.ServerWork)_app.Services.GetService(typeof(Work.ServerWork))!;
            _blocker = new Blocker(work.Compute);
            _app.Start();
            _client.BaseAddress = new Uri(_app.Urls.Single());
        }

        public async Task<HttpResponseMessage> Post() => await _client.PostAsync(new Uri("/v1/segment", UriKind.Relative), new ByteArrayContent(RunningServer.Scene()), Stop);

        public async Task<int> Ready()
        {
            using HttpResponseMessage answer = await _client.GetAsync(new Uri("/readyz", UriKind.Relative), Stop);
            return (int)answer.StatusCode;
        }

        public void Release() => _blocker.Dispose();

        public void Dispose()
        {
            _client.Dispose();
            ((IDisposable)_app).Dispose();
            _device.Dispose();
        }
    }
}
