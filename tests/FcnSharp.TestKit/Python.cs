using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace FcnSharp.TestKit;

/// <summary>Runs a script of the tests where Python and what it imports are installed; elsewhere the test is skipped.</summary>
public static class Python
{
    private static readonly string[] Interpreters = ["/usr/bin/python3", "python3", "python"];

    /// <summary>Runs a script.</summary>
    /// <param name="arguments">The script and its arguments.</param>
    /// <param name="modules">What it imports, as in an import statement.</param>
    /// <param name="cancellation">Ends the script.</param>
    public static async Task RunAsync(IReadOnlyList<string> arguments, string modules, CancellationToken cancellation)
    {
        foreach (string interpreter in Interpreters)
        {
            if (await StartAsync(interpreter, ["-c", "import " + modules], cancellation) is { ExitCode: 0 })
            {
                (int exitCode, string error) = (await StartAsync(interpreter, arguments, cancellation))!.Value;
                Assert.True(exitCode == 0, error);
                return;
            }
        }

        Assert.Skip($"There is no Python with {modules} here: this test compares with what it computes.");
    }

    private static async Task<(int ExitCode, string Error)?> StartAsync(string interpreter, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(interpreter, arguments) { RedirectStandardError = true })!;
            string error = await process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            return (process.ExitCode, error);
        }
        catch (Win32Exception)
        {
            // It is not installed.
            return null;
        }
    }
}
