using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Packaging.Tests;

/// <summary>tools/package and bench/footprint, as far as nothing is made or timed.</summary>
public sealed class ScriptTests
{
    [Theory]
    [InlineData(2, "there is nothing called 'osx-arm64' to make; tools/package --help names all", "tools/package", "osx-arm64")]
    [InlineData(1, "no/such/fcn: there is no such file; make it by: tools/package linux-x64", "bench/footprint", "--fcn", "no/such/fcn")]
    [InlineData(1, "no/such.png: there is no such file", "bench/footprint", "--fcn", "LICENSE", "--image", "no/such.png")]
    [InlineData(2, "--threads and --runs need a whole number of at least 1", "bench/footprint", "--threads", "0")]
    public async Task A_wrong_call_is_one_line(int exitCode, string expected, string script, params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The scripts are for bash and python.");
        (int code, string output, string error) = await Command.TryAsync(SharedData.RepositoryRoot, Path.Combine(SharedData.RepositoryRoot, script), arguments);

        Assert.Equal(exitCode, code);
        Assert.Empty(output);
        Assert.Equal("error: " + expected, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Theory]
    [InlineData("tools/package", "usage: tools/package")]
    [InlineData("bench/footprint", "usage: footprint")]
    public async Task Help_is_there(string script, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The scripts are for bash and python.");

        Assert.StartsWith(expected, await Command.RunAsync(SharedData.RepositoryRoot, Path.Combine(SharedData.RepositoryRoot, script), "--help"), StringComparison.Ordinal);
    }
}
