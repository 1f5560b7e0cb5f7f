using System.Net;
using System.Text.Json;
using FcnSharp.Server.Runs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Server.Tests.Runs;

/// <summary>The runs of a folder, for other programs.</summary>
public sealed class RunsApiTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RunsServer _server;
    private readonly HttpClient _client;

    public RunsApiTests()
    {
        _server = RunsServer.Start(_folder["runs"], 0);
        _client = new HttpClient { BaseAddress = new Uri(_server.Address) };
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Runs_and_stages_are_listed_with_where_they_are()
    {
        Assert.Equal("""{"runs":[]}""", await Text("/v1/runs"));
        RunFixture plain = Run("plain");
        plain.Steps(1, 30);
        plain.Evaluate(30, RunRecord.Running, 100);
        Run("staged/fcn32s").Steps(1, 5);
        Directory.CreateDirectory(_folder["runs/no-run"]);

        JsonElement[] runs = [.. (await Json("/v1/runs")).GetProperty("runs").EnumerateArray().OrderBy(r => r.GetProperty("name").GetString())];

        Assert.Equal(["plain", "staged/fcn32s"], runs.Select(r => r.GetProperty("name").GetString()));
        Assert.Equal("mini-fcn8s", runs[0].GetProperty("net").GetString());
        Assert.Equal("running", runs[0].GetProperty("state").GetString());
        Assert.Equal(30, runs[0].GetProperty("step").GetInt64());
        Assert.Equal(100, runs[0].GetProperty("steps").GetInt64());
        Assert.InRange(runs[0].GetProperty("meanIoU").GetDouble(), 50, 95);
        Assert.Equal(5, (await Json("/v1/runs/staged%2Ffcn32s")).GetProperty("step").GetInt64());
    }

    [Fact]
    public async Task A_run_tells_its_classes_settings_and_figures_in_per_cent()
    {
        RunFixture run = Run("a");
        run.Steps(1, 3);
        run.Evaluate(3, RunRecord.Finished, 3);

        JsonElement answer = await Json("/v1/runs/a");

        Assert.Equal("finished", answer.GetProperty("state").GetString());
        Assert.Equal("sgd", answer.GetProperty("settings").GetProperty("solver").GetString());
        Assert.Equal(6, answer.GetProperty("classes").GetArrayLength());
        Assert.Matches("^#[0-9a-f]{6}$", answer.GetProperty("classes")[0].GetProperty("color").GetString());
        JsonElement evaluation = answer.GetProperty("evaluation");
        Assert.Equal(3, evaluation.GetProperty("step").GetInt64());
        Assert.Equal(answer.GetProperty("meanIoU").GetDouble(), evaluation.GetProperty("meanIoU").GetDouble(), 6);
        Assert.Equal(1000, evaluation.GetProperty("confusion").EnumerateArray().SelectMany(r => r.EnumerateArray()).Sum(v => v.GetInt64()));
    }

    [Fact]
    public async Task A_log_is_read_on_as_it_grows_and_half_a_line_waits()
    {
        RunFixture run = Run("a");
        run.Steps(1, 2);
        run.Append("{\"step\":3,\"lo");
        JsonElement first = await Json("/v1/runs/a/log");
        long next = first.GetProperty("next").GetInt64();
        Assert.Equal([1, 2], Steps(first));

        Assert.Empty(Steps(await Json($"/v1/runs/a/log?after={next}")));
        run.Append("ss\":0.5,\"learningRate\":0.01}\n");
        JsonElement second = await Json($"/v1/runs/a/log?after={next}");

        Assert.Equal([3], Steps(second));
        Assert.Equal(0.5, second.GetProperty("entries")[0].GetProperty("loss").GetDouble());
        Assert.False(second.GetProperty("restarted").GetBoolean());
    }

    [Fact]
    public async Task A_log_that_is_begun_anew_is_read_from_its_start()
    {
        RunFixture run = Run("a");
        run.Steps(1, 50);
        long next = (await Json("/v1/runs/a/log")).GetProperty("next").GetInt64();
        File.Delete(run.Folder.Log);
        run.Steps(1, 2);

        JsonElement anew = await Json($"/v1/runs/a/log?after={next}");

        Assert.True(anew.GetProperty("restarted").GetBoolean());
        Assert.Equal([1, 2], Steps(anew));
        Assert.Equal(2, (await Json("/v1/runs/a")).GetProperty("step").GetInt64());
    }

    [Fact]
    public async Task A_long_log_comes_in_parts()
    {
        RunFixture run = Run("a");
        run.Append(string.Concat(Enumerable.Range(1, 30_000).Select(i => $"{{\"step\":{i},\"loss\":0.123456789,\"learningRate\":0.01}}\n")));
        List<long> steps = [];
        for (long after = 0, next = -1; next != after;)
        {
            after = Math.Max(0, next);
            JsonElement part = await Json($"/v1/runs/a/log?after={after}");
            Assert.InRange(part.GetProperty("entries").GetArrayLength(), 0, 25_000);
            steps.AddRange(Steps(part));
            next = part.GetProperty("next").GetInt64();
        }

        Assert.Equal(Enumerable.Range(1, 30_000).Select(i => (long)i), steps);
    }

    [Fact]
    public async Task What_is_no_log_line_is_passed_over()
    {
        RunFixture run = Run("a");
        run.Append("\n[]\nnull\n{\"step\":\"x\"}\n\0\0\0\n{\"step\":9e99}\n{\"step\":4,\"loss\":\"high\"}\n" + new string('x', 3 << 20) + "\n");
        run.Steps(7, 7);

        List<long> steps = [];
        for (long after = 0, next = -1; next != after;)
        {
            after = Math.Max(0, next);
            JsonElement part = await Json($"/v1/runs/a/log?after={after}");
            Assert.False(part.GetProperty("restarted").GetBoolean());
            steps.AddRange(Steps(part));
            next = part.GetProperty("next").GetInt64();
        }

        Assert.Equal([7], steps);
        Assert.Equal(7, (await Json("/v1/runs/a")).GetProperty("step").GetInt64());
        run.Append(new string('x', 3 << 20));
        Assert.Empty(Steps(await Json($"/v1/runs/a/log?after={new FileInfo(run.Folder.Log).Length - (3 << 20)}")));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"net":"n","dataset":"d","state":"running","classes":[{"name":"a","rgb":[1]}]}""")]
    [InlineData("""{"net":"n","dataset":"d","state":"running","classes":[{"name":"a","rgb":[1,2,3]}],"evaluation":{"step":1,"classIoU":[1],"confusion":[[1,2]]}}""")]
    [InlineData("""{"net":null,"dataset":"d","state":"running"}""")]
    public async Task A_record_that_is_none_leaves_what_the_log_tells(string record)
    {
        RunFixture run = Run("a");
        run.Steps(1, 4);
        File.WriteAllText(RunRecord.PathIn(run.Folder), record);

        JsonElement answer = await Json("/v1/runs/a");

        Assert.Equal(4, answer.GetProperty("step").GetInt64());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("net").ValueKind);
    }

    [Fact]
    public async Task A_run_that_was_killed_is_not_shown_as_running_for_ever()
    {
        RunFixture run = Run("a");
        run.Steps(1, 4);
        run.Record(RunRecord.Running, 100);
        Assert.Equal("running", (await Json("/v1/runs/a")).GetProperty("state").GetString());

        foreach (string file in Directory.EnumerateFiles(run.Folder.Root))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        }

        Assert.Equal("stopped", (await Json("/v1/runs/a")).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("/v1/runs/..%2F..%2Fetc")]
    [InlineData("/v1/runs/%2Fetc")]
    [InlineData("/v1/runs/..")]
    [InlineData("/v1/runs/nobody")]
    [InlineData("/v1/runs/%2e%2e%2Fsecret/log")]
    [InlineData("/v1/runs/a/samples/..%2Flog.jsonl")]
    [InlineData("/v1/runs/a/samples/%2e%2e%2Frun.json")]
    [InlineData("/v1/runs/a/samples/log.jsonl")]
    [InlineData("/v1/runs/a%00/log")]
    [InlineData("/page/..%2Findex.html")]
    [InlineData("/page/nothing.js")]
    public async Task Nothing_outside_of_a_run_is_given(string path)
    {
        new RunFixture(_folder["secret"]).Steps(1, 2);
        RunFixture run = Run("a");
        run.Steps(1, 1);
        run.Evaluate(1, RunRecord.Running, 9);

        using HttpResponseMessage answer = await _client.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.NotFound, HttpStatusCode.BadRequest]);
    }

    [Fact]
    public async Task Pictures_are_listed_and_given_as_they_are()
    {
        RunFixture run = Run("a");
        run.Steps(1, 1);
        run.Evaluate(1, RunRecord.Running, 9);

        string file = (await Json("/v1/runs/a/samples")).GetProperty("samples")[0].GetProperty("file").GetString()!;
        using HttpResponseMessage answer = await _client.GetAsync($"/v1/runs/a/samples/{file}", TestContext.Current.CancellationToken);

        Assert.Equal("image/png", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(File.ReadAllBytes(Path.Combine(RunRecord.SamplesIn(run.Folder), file)), await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Bad_places_in_the_log_are_refused_and_impossible_ones_start_anew()
    {
        Run("a").Steps(1, 3);

        using HttpResponseMessage refused = await _client.GetAsync("/v1/runs/a/log?after=-1", TestContext.Current.CancellationToken);
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        foreach (string after in (string[])["5", "9999999", "9223372036854775807"])
        {
            JsonElement answer = await Json($"/v1/runs/a/log?after={after}");
            Assert.True(answer.GetProperty("restarted").GetBoolean());
            Assert.Equal([1, 2, 3], Steps(answer));
        }
    }

    [Fact]
    public async Task A_real_run_of_before_the_records_is_read_from_its_model()
    {
        RunFixture run = Run("old");
        run.Steps(1, 12);
        using (Graph.Network network = MiniNet.Create(new Tensors.Cpu.CpuDevice()))
        {
            Formats.ModelFile.Save(
                run.Folder.Model,
                MiniNet.Description with
                {
                    Recipe = new Dictionary<string, string> { ["steps"] = "12", ["step"] = "8", ["data"] = "scenes: 3 train" },
                    Metrics = new Formats.ModelMetrics(0.9, 0.8, 0.7, 0.85, [0.7, 0.7, 0.7, 0.7, 0.7, double.NaN]),
                },
                [.. network.Save().Select(t => new Formats.NamedTensor(t.Key, t.Value))]);
        }

        JsonElement answer = await Json("/v1/runs/old");

        Assert.Equal("mini-fcn8s", answer.GetProperty("net").GetString());
        Assert.Equal("finished", answer.GetProperty("state").GetString());
        Assert.Equal(8, answer.GetProperty("evaluation").GetProperty("step").GetInt64());
        Assert.Equal(70, answer.GetProperty("evaluation").GetProperty("meanIoU").GetDouble());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("evaluation").GetProperty("perClass")[5].ValueKind);
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("evaluation").GetProperty("confusion").ValueKind);
    }

    [Fact]
    public async Task Pages_have_a_tag_and_are_not_sent_twice()
    {
        using HttpResponseMessage first = await _client.GetAsync("/runs", TestContext.Current.CancellationToken);
        using HttpRequestMessage again = new(HttpMethod.Get, "/runs");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpResponseMessage second = await _client.SendAsync(again, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        string policy = Assert.Single(first.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("script-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_is_taken_is_told()
    {
        int port = new Uri(_server.Address).Port;

        Assert.Contains($"Port {port}", Assert.Throws<Tensors.FcnSharpException>(() => RunsServer.Start(_folder["runs"], port)).Message, StringComparison.Ordinal);
    }

    private RunFixture Run(string name) => new(_folder["runs/" + name]);

    private Task<string> Text(string path) => _client.GetStringAsync(path, TestContext.Current.CancellationToken);

    private async Task<JsonElement> Json(string path) => JsonDocument.Parse(await Text(path)).RootElement;

    private static long[] Steps(JsonElement log) => [.. log.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("step").GetInt64())];
}
