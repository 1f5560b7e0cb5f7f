using System.Text.Json;
using FcnSharp.Cli.Tests.Demo;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using Xunit;

namespace FcnSharp.Cli.Tests.Bench;

/// <summary>`fcn bench`: that it measures what it names. How fast that is belongs to no test.</summary>
public sealed class BenchCommandTests
{
    [Fact]
    public void Json_holds_each_case_that_fits_with_its_figures()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("bench", "--only", "vgg16-500/upscore2 forward", "--json"));

        JsonElement result = Assert.Single(JsonDocument.Parse(terminal.Output).RootElement.EnumerateArray());
        Assert.Equal("vgg16-500/upscore2", result.GetProperty("case").GetString());
        Assert.Equal("forward", result.GetProperty("pass").GetString());
        Assert.True(result.GetProperty("threads").GetInt32() >= 1);
        Assert.True(result.GetProperty("ms").GetDouble() > 0);
        Assert.True(result.GetProperty("gflops").GetDouble() > 0);
        Assert.True(result.GetProperty("peak_percent").GetDouble() > 0);
        // Input 21 x 16 x 16, output 21 x 32 x 32, weights 21 x 21 x 4 x 4, four bytes each.
        Assert.Equal(4 * (21 * 16 * 16 + 21 * 32 * 32 + 21 * 21 * 4 * 4), result.GetProperty("bytes").GetInt64());
        Assert.True(result.GetProperty("gb_per_s").GetDouble() > 0);
        Assert.Equal(1, result.GetProperty("count").GetInt32());
        JsonElement geometry = result.GetProperty("geometry");
        Assert.Equal("conv_transpose2d", geometry.GetProperty("operation").GetString());
        Assert.Equal([1, 21, 16, 16], geometry.GetProperty("input").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal([21, 21, 4, 4], geometry.GetProperty("weight").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal(2, geometry.GetProperty("stride").GetInt32());
        Assert.Equal(1, geometry.GetProperty("padding").GetInt32());
        Assert.False(geometry.GetProperty("relu").GetBoolean());
    }

    [Fact]
    public void The_list_names_what_the_pattern_leaves_without_timing_it()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("bench", "--list", "--only", "vgg16-500/conv5* forward", "--only", "vgg16-500/fc7 back*"));

        Assert.Equal(["vgg16-500/conv5_1 forward x3", "vgg16-500/fc7 backward-input", "vgg16-500/fc7 backward-weight"], terminal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(terminal.ErrorLines);
    }

    [Fact]
    public void The_list_as_json_has_the_geometry()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("bench", "--list", "--json", "--only", "vgg16-500/conv5_1 forward"));

        JsonElement entry = Assert.Single(JsonDocument.Parse(terminal.Output).RootElement.EnumerateArray());
        Assert.Equal(3, entry.GetProperty("count").GetInt32());
        Assert.True(entry.GetProperty("geometry").GetProperty("relu").GetBoolean());
        Assert.False(entry.TryGetProperty("ms", out _));
    }

    [Theory]
    [InlineData("portable128", "portable128 kernels")]
    [InlineData("reference", "naive reference")]
    public void Kernels_can_be_forced(string kernels, string shown)
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("bench", "--kernels", kernels, "--json", "--only", "vgg16-500/score_fr forward"));

        Assert.Contains(terminal.ErrorLines, line => line.Contains(shown, StringComparison.Ordinal));
        Assert.Single(JsonDocument.Parse(terminal.Output).RootElement.EnumerateArray());
    }

    [Theory]
    [InlineData("inference")]
    [InlineData("training", "--train")]
    public async Task A_whole_net_is_timed_in_either_direction(string pass, params string[] options)
    {
        // In a process of its own, as the number of threads is the process's.
        Outcome terminal = (await FcnProcess.Run(["bench", "--net", "mini-fcn8s", "--size", "24x40", "--threads", "1", "--json", .. options])).Expect(0);

        JsonElement result = JsonDocument.Parse(terminal.Output).RootElement;
        Assert.Equal("mini-fcn8s", result.GetProperty("net").GetString());
        Assert.Equal(pass, result.GetProperty("pass").GetString());
        Assert.Equal("24x40", result.GetProperty("size").GetString());
        Assert.Equal("tight", result.GetProperty("padding").GetString());
        Assert.Equal(1, result.GetProperty("threads").GetInt32());
        Assert.InRange(result.GetProperty("runs").GetInt32(), 5, 50);
        Assert.InRange(result.GetProperty("min_ms").GetDouble(), 0.001, result.GetProperty("ms").GetDouble());
        Assert.InRange(result.GetProperty("steady_bytes").GetInt64(), 1, result.GetProperty("peak_bytes").GetInt64());
    }

    [Fact]
    public void The_net_of_a_model_file_is_timed_with_its_own_classes_and_layers()
    {
        string model = Path.Combine(SharedData.RepositoryRoot, "models", "fcn8s-googlenet-camvid.safetensors");
        CapturedTerminal terminal = new();
        Assert.True(terminal.Run("bench", "--net", model, "--size", "32x48", "--json", "-q") == 0, terminal.Error);
        JsonElement result = JsonDocument.Parse(terminal.Output).RootElement;
        Assert.Equal(("fcn4s-googlenet", "tight"), (result.GetProperty("net").GetString(), result.GetProperty("padding").GetString()));

        terminal = new();
        Assert.Equal(2, terminal.Run("bench", "--net", model, "--reference-padding"));
        Assert.Contains("--reference-padding is told by the model file", Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_net_is_one_line_of_text()
    {
        CapturedTerminal terminal = new();

        Assert.True(terminal.Run("bench", "--net", "mini-fcn8s", "--size", "16x16") == 0, terminal.Error);

        Assert.Matches(@"^mini-fcn8s 16x16 tight inference: [0-9.]+ ms \(median of [0-9]+, shortest [0-9.]+\), memory .*, at most .*\n$", terminal.Output);
    }

    [Theory]
    [InlineData(2, "vgg16 is a classifier", "--net", "vgg16")]
    [InlineData(2, "are of a net: name one with --net", "--train")]
    [InlineData(2, "are of a net: name one with --net", "--size", "10x10")]
    [InlineData(1, "fcn9s", "--net", "fcn9s")]
    [InlineData(1, "has no reference padding", "--net", "mini-fcn8s", "--reference-padding", "--quiet")]
    public void Wrong_words_of_a_whole_net_get_one_line(int exitCode, string expected, params string[] options)
    {
        CapturedTerminal terminal = new();

        Assert.Equal(exitCode, terminal.Run(["bench", .. options]));

        Assert.Contains(expected, Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_kernels_are_a_usage_error()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(2, terminal.Run("bench", "--kernels", "mmx"));

        Assert.Contains("there are no kernels 'mmx'", Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
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

        Assert.Equal(2, terminal.Run("bench", "--only", "*score_pool3", "--only", "alexnet*"));

        Assert.Contains("no case fits 'alexnet*'", Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_peak_is_a_rate_that_processors_have()
    {
        using var one = new WorkerPool(1);
        double peak = FmaPeak.Measure(one, KernelSet.Portable);
        Assert.InRange(peak, 1, 10_000);
    }
}
