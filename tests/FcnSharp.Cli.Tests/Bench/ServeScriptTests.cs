using System.Diagnostics;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Bench;

/// <summary>bench/serve, as far as nothing is timed.</summary>
public sealed class ServeScriptTests
{
    [Theory]
    [InlineData(2, "there is no option '--fast'", "--fast")]
    [InlineData(2, "--image needs a value", "--image")]
    [InlineData(2, "--threads, --queue, --connections and --seconds need a whole number of at least 1, found '0'", "--queue", "0")]
    [InlineData(2, "--minutes needs a whole number, found 'long'", "--minutes", "long")]
    [InlineData(2, "--steps is a list of bare,throughput,overload,idle,soak, or all, found 'idle,fast'", "--steps", "idle,fast")]
    [InlineData(2, "a soak needs its length: --minutes N", "--steps", "soak")]
    [InlineData(2, "--accept is image/png or application/json, found 'text/html'", "--accept", "text/html")]
    [InlineData(1, "no/such.png: there is no such file", "--image", "no/such.png")]
    [InlineData(2, "cannot write to 'no/such/figures.json'", "--json", "no/such/figures.json")]
    public void A_wrong_call_is_one_line(int exitCode, string expected, params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "bench/serve is a bash script.");
        string script = Path.Combine(SharedData.RepositoryRoot, "bench", "serve");
        using Process process = Process.Start(new ProcessStartInfo("bash", [script, .. arguments]) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(exitCode, process.ExitCode);
        Assert.StartsWith("error: " + expected, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
