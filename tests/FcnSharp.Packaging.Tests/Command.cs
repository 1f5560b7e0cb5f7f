using System.Diagnostics;
using System.Text;
using Xunit;

namespace FcnSharp.Packaging.Tests;

/// <summary>Runs a program to its end.</summary>
internal static class Command
{
    // Far above what a busy machine needs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs a program in a folder, and returns what it wrote to its output; fails with all that it wrote where its exit code is not 0.</summary>
    public static async Task<string> RunAsync(string folder, string program, params string[] arguments)
    {
        (int exitCode, string output, string error) = await TryAsync(folder, program, arguments);
        Assert.True(exitCode == 0, $"{Path.GetFileName(program)} {string.Join(' ', arguments)}: exit code {exitCode}\n{output}{error}");
        return output;
    }

    /// <summary>Runs a program in a folder.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> TryAsync(string folder, string program, params string[] arguments)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        using Process process = Start(folder, program, arguments);
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, output, await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Starts a program in a folder.</summary>
    public static Process Start(string folder, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };

        // What `dotnet test` tells its own build must not reach that of a project elsewhere, nor may a build server outlive the test.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        return Process.Start(start)!;
    }
}
