using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Server.Work;
using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>A server on a free port of this machine, with a small net of random weights under the name mini.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CpuDevice _device;
    private readonly StringWriter _log = new();

    private RunningServer(Func<ServerOptions, ServerOptions> change, long? memoryBudget)
    {
        _device = new CpuDevice(memoryBudget: memoryBudget);
        ModelPath = _folder["mini.safetensors"];
        using (CpuDevice maker = new())
        using (Network network = MiniNet.CreateSeeing(maker))
        {
            ModelFile.Save(ModelPath, MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        }

        App = SegmentationServer.Build(change(new ServerOptions { Port = 0, Models = [ModelSource.Of(ModelPath)], Log = TextWriter.Synchronized(_log) }), _device);
        Segmenter = Segmenter.Load(ModelPath, _device, new SegmentOptions { Confidence = true });
    }

    /// <summary>The server.</summary>
    public WebApplication App { get; }

    /// <summary>The model's file.</summary>
    public string ModelPath { get; }

    /// <summary>The same model without a server around it.</summary>
    public Segmenter Segmenter { get; }

    /// <summary>Sends requests to it.</summary>
    public HttpClient Client { get; } = new();

    /// <summary>What requests share.</summary>
    public ServerWork Work => App.Services.GetRequiredService<ServerWork>();

    /// <summary>The log so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Starts a server and waits until it takes images.</summary>
    public static async Task<RunningServer> Start(Func<ServerOptions, ServerOptions>? change = null, long? memoryBudget = null)
    {
        RunningServer server = new(change ?? (options => options), memoryBudget);
        await server.App.StartAsync(Stop);
        await SegmentationServer.WaitUntilReady(server.App);
        server.Client.BaseAddress = new Uri(server.App.Urls.Single());
        return server;
    }

    /// <summary>A scene as a PNG file.</summary>
    public static byte[] Scene(int width = 61, int height = 47, int index = 0) => PngFile.EncodeRgb(TestImages.Scene(width, height, index: index).Image);

    /// <summary>Posts a file to be segmented.</summary>
    public Task<HttpResponseMessage> Post(byte[] file, string query = "", string? accept = null) => Send(new ByteArrayContent(file), query, accept);

    /// <summary>Posts a body to be segmented.</summary>
    public async Task<HttpResponseMessage> Send(HttpContent body, string query = "", string? accept = null, CancellationToken? stop = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/segment" + query) { Content = body };
        if (accept is not null)
        {
            Assert.True(request.Headers.TryAddWithoutValidation("Accept", accept));
        }

        return await Client.SendAsync(request, stop ?? Stop);
    }

    /// <summary>A form with a file.</summary>
    public static MultipartFormDataContent Form(byte[] file, string name = "image")
    {
        MultipartFormDataContent form = [];
        ByteArrayContent part = new(file);
        part.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        form.Add(part, name, "street.png");
        return form;
    }

    /// <summary>A number of /metrics; 0 where it is not there yet.</summary>
    public async Task<double> Metric(string name)
    {
        string text = await Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Stop);
        string? line = text.Split('\n').FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until something is so; far longer than a busy machine needs.</summary>
    public static async Task Until(Func<Task<bool>> reached, string what)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (!await reached())
        {
            Assert.False(patience.IsCancellationRequested, $"waited in vain until {what}");
            await Task.Delay(5, Stop);
        }
    }

    /// <summary>Keeps the thread that computes busy until the result is disposed.</summary>
    public Blocker Block() => new(Work.Compute);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
        Segmenter.Dispose();
        _device.Dispose();
        _folder.Dispose();
        await _log.DisposeAsync();
    }
}

/// <summary>Stands in for an image that takes long.</summary>
internal sealed class Blocker : IDisposable
{
    private readonly ManualResetEventSlim _end = new();
    private readonly Task<bool> _job;

    public Blocker(ComputeThread thread)
    {
        using ManualResetEventSlim begun = new();
        _job = thread.Run(
            () =>
            {
                begun.Set();
                _end.Wait(TimeSpan.FromMinutes(2));
                return true;
            },
            CancellationToken.None);

        // What only waits would be cancelled, and not waited for, when the thread ends.
        begun.Wait(TimeSpan.FromMinutes(2));
    }

    public void Dispose()
    {
        _end.Set();
        _job.Wait(TimeSpan.FromMinutes(2));
        _end.Dispose();
    }
}

/// <summary>Reads answers.</summary>
internal static class Answers
{
    /// <summary>The body as JSON.</summary>
    public static async Task<JsonElement> Json(this HttpResponseMessage answer)
    {
        using JsonDocument document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }

    /// <summary>The answer is a problem of this status; returns its detail, one line.</summary>
    public static async Task<string> Problem(this HttpResponseMessage answer, int status)
    {
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)answer.StatusCode, $"expected {status}, found {(int)answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        JsonElement problem = await answer.Json();
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        string detail = problem.GetProperty("detail").GetString()!;
        Assert.NotEmpty(detail);
        Assert.DoesNotContain('\n', detail);
        return detail;
    }

    /// <summary>The body as a label map.</summary>
    public static async Task<LabelMap> Labels(this HttpResponseMessage answer)
    {
        Assert.Equal("image/png", answer.Content.Headers.ContentType?.MediaType);
        return Labels(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A PNG as a label map.</summary>
    public static LabelMap Labels(byte[] png)
    {
        using MemoryStream stream = new(png);
        return PngFile.ReadLabels(stream, "answer");
    }

    /// <summary>The PNG of a data URL.</summary>
    public static byte[] Picture(this JsonElement answer, string name)
    {
        const string Head = "data:image/png;base64,";
        string url = answer.GetProperty(name).GetString()!;
        Assert.StartsWith(Head, url, StringComparison.Ordinal);
        return Convert.FromBase64String(url[Head.Length..]);
    }
}
