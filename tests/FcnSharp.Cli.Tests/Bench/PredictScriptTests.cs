using System.Diagnostics;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Bench;

/// <summary>bench/predict, as far as nothing is timed.</summary>
public sealed class PredictScriptTests
{
    [Theory]
    [InlineData(2, "there is no option '--fast'", "--fast")]
    [InlineData(2, "--data needs a value", "--data")]
    [InlineData(2, "--data needs a folder")]
    [InlineData(2, "--threads, --images and --rounds need a whole number of at least 1, found '0'", "--images", "0")]
    [InlineData(2, "--size needs HxW", "--size", "big")]
    [InlineData(2, "--threads, --images and --rounds need a whole number of at least 1, found 'x'", "--rounds", "x")]
    [InlineData(1, "no/such/folder: there is no such folder", "--data", "no/such/folder")]
    [InlineData(1, "no/such/model: there is no such model file", "--data", ".", "--model", "no/such/model")]
    public void A_wrong_call_is_one_line(int exitCode, string expected, params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "bench/predict is a bash script.");
        string script = Path.Combine(SharedData.RepositoryRoot, "bench", "predict");
        using Process process = Process.Start(new ProcessStartInfo("bash", [script, .. arguments]) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(exitCode, process.ExitCode);
        Assert.StartsWith("error: " + expected, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
