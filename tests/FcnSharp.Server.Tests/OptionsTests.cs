using System.Net;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FcnSharp.Server.Tests;

public class OptionsTests
{
    public static TheoryData<string, Func<ServerOptions, ServerOptions>> Senseless => new()
    {
        { "at least one model", o => o with { Models = [] } },
        { "called 'mini'", o => o with { Models = [.. o.Models, .. o.Models] } },
        { "visible ASCII", o => o with { Models = [new ModelSource("Straße", "x")] } },
        { "visible ASCII", o => o with { Models = [new ModelSource("", "x")] } },
        { "nowhere.safetensors", o => o with { Models = [ModelSource.Of("nowhere.safetensors")] } },
        { "found 'example.com'", o => o with { Host = "example.com" } },
        { "found 70000", o => o with { Port = 70000 } },
        { "bytes of a body is at least 1, found 0", o => o with { MaxBodyBytes = 0 } },
        { "pixels of an image", o => o with { MaxPixels = -1 } },
        { "images in the queue", o => o with { QueueLength = 0 } },
        { "time in the queue", o => o with { QueueTimeout = TimeSpan.Zero } },
        { "time to compute", o => o with { ComputeTimeout = TimeSpan.FromDays(2) } },
        { "found 'http://fcn.example.com'", o => o with { HostNames = ["http://fcn.example.com"] } },
        { "found 'fcn.example.com:8080'", o => o with { HostNames = ["fcn.example.com:8080"] } },
        { "found 'app.example.com'", o => o with { AllowedOrigins = ["app.example.com"] } },
        { "found 'https://app.example.com/'", o => o with { AllowedOrigins = ["*", "https://app.example.com/"] } },
        { "at least 16 visible", o => o with { ApiKey = "short" } },
        { "at least 16 visible", o => o with { ApiKey = "with blank 0123456789" } },
    };

    [Theory]
    [MemberData(nameof(Senseless), DisableDiscoveryEnumeration = true)]
    public async Task Senseless_options_are_refused_with_a_line(string expected, Func<ServerOptions, ServerOptions> change)
    {
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => RunningServer.Start(change));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void The_key_is_not_in_the_text_of_the_options() =>
        Assert.DoesNotContain("0123456789abcdef", new ServerOptions { ApiKey = "0123456789abcdef" }.ToString(), StringComparison.Ordinal);

    [Fact]
    public async Task A_port_that_is_taken_is_one_line()
    {
        await using RunningServer first = await RunningServer.Start();
        using CpuDevice device = new();
        int port = new Uri(first.App.Urls.Single()).Port;

        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => SegmentationServer.Run(
            new ServerOptions { Port = port, Models = [ModelSource.Of(first.ModelPath)] }, device, _ => Assert.Fail("it is not ready"), TestContext.Current.CancellationToken));

        Assert.StartsWith($"Port {port} of 127.0.0.1 is in use", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_runs_until_it_is_asked_to_stop()
    {
        await using RunningServer model = await RunningServer.Start();
        using CpuDevice device = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        TaskCompletionSource<string> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task run = SegmentationServer.Run(new ServerOptions { Port = 0, Models = [ModelSource.Of(model.ModelPath)] }, device, ready.SetResult, stop.Token);

        using HttpClient client = new() { BaseAddress = new Uri(await ready.Task) };
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(client.BaseAddress.Host)));
        Assert.Equal("ready\n", await client.GetStringAsync(new Uri("/readyz", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.False(run.IsCompleted);
        await stop.CancelAsync();
        await run;
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri("/readyz", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Models_are_told_with_their_classes_and_parameters()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { Models = [.. o.Models, new ModelSource("b", o.Models[0].Path)] });
        using HttpResponseMessage answer = await server.Client.GetAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
        System.Text.Json.JsonElement models = (await answer.Json()).GetProperty("models");
        Assert.Equal([("mini", true), ("b", false)], models.EnumerateArray().Select(m => (m.GetProperty("name").GetString()!, m.GetProperty("default").GetBoolean())));
        Assert.Equal(MiniNet.Description.Classes.Select((c, i) => $"{i} {c.Name} #{c.R:x2}{c.G:x2}{c.B:x2}"), models[0].GetProperty("classes").EnumerateArray().Select(c => $"{c.GetProperty("id")} {c.GetProperty("name")} {c.GetProperty("color")}"));
        Assert.Equal("mini-fcn8s", models[0].GetProperty("net").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, models[0].GetProperty("metrics").ValueKind);
        using CpuDevice device = new();
        using Graph.Network network = MiniNet.Create(device);
        Assert.Equal(network.ParameterCount, models[0].GetProperty("parameters").GetInt64());
    }

    [Fact]
    public async Task A_program_of_its_own_has_a_segmenter_among_its_services()
    {
        await using RunningServer model = await RunningServer.Start();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddFcnSegmenter(model.ModelPath, new SegmentOptions { Confidence = true });
        builder.Services.AddKeyedFcnSegmenter("other", model.ModelPath);
        WebApplication app = builder.Build();

        Segmenter segmenter = app.Services.GetRequiredService<Segmenter>();
        Segmenter other = app.Services.GetRequiredKeyedService<Segmenter>("other");

        Assert.Same(segmenter, app.Services.GetRequiredService<Segmenter>());
        Assert.NotSame(segmenter, other);
        RgbImage image = TestImages.Scene(40, 30).Image;
        Segmentation result = segmenter.Segment(image, cancellation: TestContext.Current.CancellationToken);
        Assert.True(result.HasConfidence);
        Assert.Equal(result.Map.Labels, other.Segment(image, cancellation: TestContext.Current.CancellationToken).Map.Labels);
        await app.DisposeAsync();
        Assert.ThrowsAny<Exception>(() => segmenter.Segment(TestImages.Scene(33, 30).Image, cancellation: TestContext.Current.CancellationToken));
    }
}
