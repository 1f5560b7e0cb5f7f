using System.Globalization;
using System.Text.Json;
using FcnSharp.Cuda;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn info`, for people and for programs.</summary>
public sealed class InfoCommandTests
{
    [Fact]
    public void Json_is_one_object_with_what_the_machine_offers()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("info", "--json"));

        JsonElement info = JsonDocument.Parse(terminal.Output).RootElement;
        Assert.Equal(Environment.ProcessorCount, info.GetProperty("cores").GetInt32());
        Assert.InRange(info.GetProperty("threads").GetInt32(), 1, Environment.ProcessorCount);
        Assert.Equal("portable128", info.GetProperty("supportedKernels").EnumerateArray().Last().GetString());
        Assert.Equal(info.GetProperty("kernels").GetString(), info.GetProperty("supportedKernels")[0].GetString());
        Assert.Contains(info.GetProperty("vectorBits").GetInt32(), new[] { 0, 128, 256, 512 });
        Assert.Equal(JsonValueKind.Array, info.GetProperty("instructionSets").ValueKind);
        Assert.True(info.GetProperty("availableMemoryBytes").GetInt64() > 0);
        Assert.StartsWith(".NET 10.", info.GetProperty("runtime").GetString(), StringComparison.Ordinal);
        Assert.Equal("", terminal.Error);
    }

    [Fact]
    public void Text_tells_the_kernels_in_use_and_the_threads_that_were_asked_for()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("info", "--threads", "3"));

        Assert.Matches(@"(?m)^kernels +((avx512|avx2) \(also (avx2, )?portable128\)|portable128)$", terminal.Output);
        Assert.Matches("(?m)^threads +3$", terminal.Output);
    }

    [Fact]
    public void A_graphics_processor_is_described_or_what_is_missing_is_said_in_one_line()
    {
        CapturedTerminal info = new();
        CapturedTerminal classify = new();
        bool found = CudaRuntime.TryLoad(out CudaRuntime? runtime, out string? missing);

        Assert.Equal(found ? 0 : 1, info.Run("info", "--device", "cuda"));
        Assert.Equal(1, classify.Run("bench", "--net", "mini-fcn8s", "--size", "32x32", "--device", "cuda:0"));

        if (found)
        {
            Assert.Matches($@"(?m)^cuda +{runtime!.Versions.Driver} by the driver, cuDNN 9\.", info.Output);
            Assert.Matches($@"(?m)^cuda:0 +{runtime.Devices[0].Name}, ", info.Output);
            Assert.Contains("nets do not run on it yet", classify.Error, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(("", $"error: {missing}\n"), (info.Output, info.Error));
            Assert.Equal(("", $"error: {missing}\n"), (classify.Output, classify.Error));
        }
    }

    [Fact]
    public void The_processor_is_asked_for_by_its_name_too()
    {
        CapturedTerminal terminal = new();
        Assert.Equal(0, terminal.Run("info", "--device", "cpu", "--json"));
        Assert.False(JsonDocument.Parse(terminal.Output).RootElement.TryGetProperty("cuda", out _));
    }

    [Fact]
    public void The_table_of_algorithms_is_that_of_the_kernels_and_the_precision_in_use()
    {
        CapturedTerminal fast = new();
        CapturedTerminal exact = new();
        CapturedTerminal json = new();
        CapturedTerminal reference = new();

        Assert.Equal(0, fast.Run("info", "--kernels", "portable128"));
        Assert.Equal(0, exact.Run("info", "--kernels", "portable128", "--precision", "exact"));
        Assert.Equal(0, json.Run("info", "--kernels", "portable128", "--json"));
        Assert.Equal(0, reference.Run("info", "--kernels", "reference"));

        Assert.Matches(@"(?m)^convolution forward\n.*\n  matrix product on whole planes +1x1, stride 1, .*, 300 pixels or more, fewer than 32 outputs\n  shifted runs of planes +1x1, fewer than 32 outputs$", fast.Output);
        Assert.Matches(@"(?m)^  winograd F\(6x6,3x3\) +3x3, stride 1, no dilation, 16 inputs and outputs or more, 2000 pixels or more, 600 where weights change, in maps for which winograd F\(6x6,3x3\) multiplies less than winograd F\(4x4,3x3\)$", fast.Output);
        Assert.Matches(@"(?m)^transposed convolution forward\n  winograd F\(3x3,2x2\) on blocks of stride x stride outputs +stride 4, 8, 16 or 32, .*, constant weights, .*\n  blocks of stride x stride outputs +stride 4, 8, 16 or 32, ", fast.Output);
        Assert.DoesNotContain("winograd", exact.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("convolution", reference.Output, StringComparison.Ordinal);
        JsonElement[] rows = [.. JsonDocument.Parse(json.Output).RootElement.GetProperty("convolutions").EnumerateArray()];
        Assert.Equal(5, rows.Select(r => r.GetProperty("pass").GetString()).Distinct().Count());
        Assert.All(rows, r => Assert.Contains($"{r.GetProperty("algorithm").GetString()} ", fast.Output, StringComparison.Ordinal));
        Assert.All(rows, r => Assert.Contains(r.GetProperty("shapes").GetString()!, fast.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("info")]
    [InlineData("info", "--json")]
    [InlineData("--help")]
    [InlineData("info", "--threads", "i")]
    public void Output_is_the_same_under_every_culture(params string[] args)
    {
        (int ExitCode, string Output, string Error) expected = RunUnder(CultureInfo.InvariantCulture, args);

        Assert.Equal(expected, RunUnder(new CultureInfo("de-DE"), args));
        Assert.Equal(expected, RunUnder(new CultureInfo("tr-TR"), args));
    }

    private static (int ExitCode, string Output, string Error) RunUnder(CultureInfo culture, string[] args)
    {
        (CultureInfo before, CultureInfo uiBefore) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = culture;
            CapturedTerminal terminal = new();
            int exitCode = terminal.Run(args);
            return (exitCode, terminal.Output, terminal.Error);
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (before, uiBefore);
        }
    }
}
