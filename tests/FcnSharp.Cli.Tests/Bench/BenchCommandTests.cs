using System.Text.Json;
using FcnSharp.Cli.Bench;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;
using Xunit;

namespace FcnSharp.Cli.Tests.Bench;

/// <summary>`fcn bench`: that it measures what it names. How fast that is belongs to no test.</summary>
public sealed class BenchCommandTests
{
    [Fact]
    public void Json_holds_each_case_that_fits_with_its_figures()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("bench", "--only", "*upscore2", "--json"));

        JsonElement result = Assert.Single(JsonDocument.Parse(terminal.Output).RootElement.EnumerateArray());
        Assert.Equal("vgg16-500/upscore2", result.GetProperty("case").GetString());
        Assert.Equal("forward", result.GetProperty("pass").GetString());
        Assert.True(result.GetProperty("threads").GetInt32() >= 1);
        Assert.True(result.GetProperty("ms").GetDouble() > 0);
        Assert.True(result.GetProperty("gflops").GetDouble() > 0);
        Assert.True(result.GetProperty("peak_percent").GetDouble() > 0);
        Assert.True(result.GetProperty("bytes").GetInt64() > 0);
    }

    [Fact]
    public void The_table_has_a_line_for_each_pass()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("bench", "--only", "*score_pool3"));

        string[] lines = terminal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.Contains("GFLOP/s", lines[0], StringComparison.Ordinal);
        Assert.Contains("backward-weight", lines[3], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public void A_pattern_that_fits_nothing_is_a_usage_error()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(2, terminal.Run("bench", "--only", "resnet*"));

        Assert.Contains("no case fits 'resnet*'", Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Cases_have_different_names_and_multiply_adds_worth_their_shapes()
    {
        Assert.Equal(BenchCases.All.Count, BenchCases.All.Select(c => (c.Name, c.Pass)).Distinct().Count());
        using var device = new CpuDevice();
        List<IDeviceTensor> owned = [];
        var builder = new ProgramBuilder("x");
        BenchCases.All.First(c => c.Name == "vgg16-500/conv5_1").Write(builder, device, owned);

        // 32 x 32 pixels, 512 channels out of 512 x 3 x 3.
        Assert.Equal(32L * 32 * 512 * 512 * 9, builder.Build().Operations.Sum(o => o.MultiplyAdds));
        owned.ForEach(t => t.Dispose());
    }

    [Fact]
    public void The_peak_is_a_rate_that_processors_have()
    {
        using var one = new WorkerPool(1);
        double peak = FmaPeak.Measure(one, KernelSet.Portable);
        Assert.InRange(peak, 1, 10_000);
    }
}
