using System.Text.Json;
using System.Text.RegularExpressions;
using FcnSharp.Cli.Tests.Demo;
using FcnSharp.Data;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Train;

/// <summary>`fcn train --dashboard`: a run that is looked at is the same run.</summary>
public sealed partial class DashboardTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_is_served_while_it_trains_and_keeps_its_bits()
    {
        SceneDataset.Write(_folder["data"], 8, 3, 32, 32, seed: 1, cancellation: TestContext.Current.CancellationToken);
        (await FcnProcess.Run(Args("plain"))).Expect(0);
        using FcnProcess run = FcnProcess.Start(Args("shown", "--dashboard", "0"));
        await run.WaitUntil(() => AddressPattern().IsMatch(run.ErrorSoFar()));
        using HttpClient client = new() { BaseAddress = new Uri(AddressPattern().Match(run.ErrorSoFar()).Value) };

        string page = await client.GetStringAsync("/", TestContext.Current.CancellationToken);
        JsonElement? seen = null;
        await run.WaitUntil(() => (seen = Find(client)) is { } r && r.GetProperty("step").GetInt64() > 0);
        Outcome outcome = (await run.End()).Expect(0);

        Assert.Contains("Training runs", page, StringComparison.Ordinal);
        Assert.Equal("shown", seen!.Value.GetProperty("name").GetString());
        Assert.Contains("val mean IU", outcome.Error, StringComparison.Ordinal);
        foreach (string file in (string[])["model.safetensors", "log.jsonl", "checkpoints/00000240.safetensors"])
        {
            Assert.True(File.ReadAllBytes(_folder["plain/" + file]).AsSpan().SequenceEqual(File.ReadAllBytes(_folder["shown/" + file])), file);
        }

        JsonElement record = JsonDocument.Parse(await File.ReadAllTextAsync(_folder["shown/run.json"], TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal("finished", record.GetProperty("state").GetString());
        Assert.Equal(240, record.GetProperty("evaluation").GetProperty("step").GetInt64());
        Assert.Equal(3 * 32 * 32, record.GetProperty("evaluation").GetProperty("confusion").EnumerateArray().SelectMany(r => r.EnumerateArray()).Sum(v => v.GetInt64()));
        Assert.Equal(3, Directory.GetFiles(_folder["shown/samples"], "*.png").Length);
    }

    private static JsonElement? Find(HttpClient client)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/runs");
        using HttpResponseMessage answer = client.Send(request);
        using StreamReader reader = new(answer.Content.ReadAsStream());
        JsonElement runs = JsonDocument.Parse(reader.ReadToEnd()).RootElement.GetProperty("runs");
        return runs.GetArrayLength() > 0 ? runs[0] : null;
    }

    private string[] Args(string output, params string[] further) =>
        ["train", "--data", _folder["data"], "--net", "mini-fcn8s", "--steps", "240", "--batch", "2", "--eval-every", "80", "--out", _folder[output], "--threads", "1", .. further];

    [GeneratedRegex("http://127\\.0\\.0\\.1:\\d+")]
    private static partial Regex AddressPattern();
}
