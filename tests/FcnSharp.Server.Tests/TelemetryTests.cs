using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FcnSharp.Server.Telemetry;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FcnSharp.Server.Tests;

public partial class TelemetryTests
{
    [Fact]
    public async Task Figures_are_text_that_prometheus_reads()
    {
        await using RunningServer server = await RunningServer.Start();
        using (HttpResponseMessage answer = await server.Post(RunningServer.Scene()))
        {
            Assert.Equal(200, (int)answer.StatusCode);
        }

        using HttpResponseMessage metrics = await server.Client.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", metrics.Content.Headers.ContentType?.ToString());
        string text = await metrics.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.Matches(Line(), line));
        Assert.Equal(61 * 47, await server.Metric("fcn_pixels_total"));
        Assert.Equal(RunningServer.Scene().Length, await server.Metric("fcn_body_bytes_total"));
        Assert.Equal(1, await server.Metric("fcn_ready"));
        Assert.Equal(new ServerOptions().QueueLength, await server.Metric("fcn_queue_limit"));
        Assert.Equal(1, await server.Metric("fcn_model_info{model=\"mini\",net=\"mini-fcn8s\",classes=\"6\"}"));
        foreach (string phase in (string[])["body", "queue", "decode", "compute", "encode"])
        {
            Assert.Equal(1, await server.Metric($"fcn_phase_duration_seconds_count{{phase=\"{phase}\"}}"));
            Assert.Equal(1, await server.Metric($"fcn_phase_duration_seconds_bucket{{phase=\"{phase}\",le=\"+Inf\"}}"));
        }

        Assert.InRange(await server.Metric("process_resident_memory_bytes"), 1e6, 1e12);
        Assert.InRange(await server.Metric("process_cpu_seconds_total"), 0.001, 1e6);
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - await server.Metric("process_start_time_seconds"), 0, 86_400);
    }

    [Fact]
    public void Counters_add_up_gauges_are_the_last_and_histograms_are_cumulative()
    {
        using Meter meter = new("test");
        int level = 3;
        Counter<long> counter = meter.CreateCounter<long>("a.b", "By", "Bytes.");
        Histogram<double> histogram = meter.CreateHistogram<double>("c", "s", "Seconds.");
        meter.CreateObservableGauge("d", () => level, null, "Level.");
        using Meter other = new("test");
        Counter<long> foreign = other.CreateCounter<long>("foreign", null, "Not ours.");
        using PrometheusText text = new(meter);

        counter.Add(2, new KeyValuePair<string, object?>("x", "a\"b\\c\nd"));
        counter.Add(5, new KeyValuePair<string, object?>("x", "a\"b\\c\nd"));
        histogram.Record(0.002);
        histogram.Record(0.0025);
        histogram.Record(1000);
        foreign.Add(1);
        text.Write();
        level = 7;
        string written = text.Write();

        Assert.Contains("# TYPE a_b_bytes_total counter\na_b_bytes_total{x=\"a\\\"b\\\\c\\nd\"} 7\n", written, StringComparison.Ordinal);
        Assert.Contains("c_seconds_bucket{le=\"0.001\"} 0\nc_seconds_bucket{le=\"0.0025\"} 2\n", written, StringComparison.Ordinal);
        Assert.Contains("c_seconds_bucket{le=\"60\"} 2\nc_seconds_bucket{le=\"+Inf\"} 3\nc_seconds_sum 1000.0045\nc_seconds_count 3\n", written, StringComparison.Ordinal);
        Assert.Contains("# HELP d Level.\n# TYPE d gauge\nd 7\n", written, StringComparison.Ordinal);
        Assert.DoesNotContain("foreign", written, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LogFormat.Text)]
    [InlineData(LogFormat.Json)]
    public async Task A_request_is_one_line_without_its_content(LogFormat format)
    {
        await using RunningServer server = await RunningServer.Start(o => o with { LogFormat = format });
        MultipartFormDataContent form = RunningServer.Form(RunningServer.Scene(), "secretfield");
        using (HttpResponseMessage answer = await server.Send(form, "?include=rle"))
        {
            Assert.Equal(200, (int)answer.StatusCode);
        }

        await RunningServer.Until(() => Task.FromResult(server.Log.Contains("/v1/segment", StringComparison.Ordinal)), "it is logged");
        string line = Assert.Single(server.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("secretfield", line, StringComparison.Ordinal);
        Assert.DoesNotContain("street.png", line, StringComparison.Ordinal);
        if (format == LogFormat.Text)
        {
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info POST /v1/segment 200 in [\d.]+ ms: mini 61x47 from \d+ bytes; body [\d.]+, queue [\d.]+, decode [\d.]+, compute [\d.]+, encode [\d.]+ ms\r?$", line);
            return;
        }

        JsonElement json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(("info", "POST", "/v1/segment", 200), (json.GetProperty("level").GetString(), json.GetProperty("method").GetString(), json.GetProperty("path").GetString(), json.GetProperty("status").GetInt32()));
        Assert.Equal(("mini", 61, 47), (json.GetProperty("model").GetString(), json.GetProperty("width").GetInt32(), json.GetProperty("height").GetInt32()));
        Assert.True(json.GetProperty("compute").GetDouble() > 0);
        Assert.True(DateTimeOffset.TryParse(json.GetProperty("time").GetString(), CultureInfo.InvariantCulture, out _));
    }

    [Fact]
    public async Task Addresses_cannot_forge_lines_or_fill_the_log()
    {
        await using RunningServer server = await RunningServer.Start();
        using HttpResponseMessage answer = await server.Client.GetAsync(new Uri("/a%0A2026 info forged%1b[31m" + new string('x', 5000), UriKind.Relative), TestContext.Current.CancellationToken);
        await answer.Problem(404);

        await RunningServer.Until(() => Task.FromResult(server.Log.Contains("404", StringComparison.Ordinal)), "it is logged");
        string line = Assert.Single(server.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain('\u001b', line);
        Assert.InRange(line.Length, 1, 400);
    }

    [Fact]
    public void Exceptions_stay_on_the_line()
    {
        StringWriter writer = new() { NewLine = "\n" };
        using LineLoggerProvider provider = new(writer, LogFormat.Text, TimeProvider.System);
        provider.CreateLogger("x").LogError(new InvalidOperationException("two\nlines"), "it {What}", "broke");
        string line = Assert.Single(writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("error it broke: System.InvalidOperationException: two lines", line, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+=""[^""]*"",?)+\})? (-?[0-9.E+-]+|NaN|\+Inf))$")]
    private static partial Regex Line();
}
