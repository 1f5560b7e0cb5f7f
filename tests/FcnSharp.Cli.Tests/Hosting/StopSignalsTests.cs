using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace FcnSharp.Cli.Tests.Hosting;

/// <summary>Ctrl-C and SIGTERM, sent to a real process.</summary>
public sealed partial class StopSignalsTests
{
    private const int SigInt = 2;
    private const int SigTerm = 15;
    private const string StoppingLine = "stopping after this step ... press Ctrl-C again to stop at once";

    [Theory]
    [InlineData(SigInt)]
    [InlineData(SigTerm)]
    public async Task The_first_signal_lets_the_step_end(int signal)
    {
        using Process child = await StartChild(TestProgram.Polite);

        Assert.Equal(0, SendSignal(child.Id, signal));

        Assert.Equal([StoppingLine, "stopped"], await ErrorLinesUntilExit(child));
        Assert.Equal(130, child.ExitCode);
    }

    [Fact]
    public async Task The_second_signal_ends_a_step_that_does_not_end()
    {
        using Process child = await StartChild(TestProgram.Stuck);

        Assert.Equal(0, SendSignal(child.Id, SigInt));
        Assert.Equal(StoppingLine, await child.StandardError.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.False(child.HasExited);
        Assert.Equal(0, SendSignal(child.Id, SigInt));

        Assert.Empty(await ErrorLinesUntilExit(child));
        Assert.Equal(130, child.ExitCode);
    }

    private static async Task<Process> StartChild(string behaviour)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no kill; its Ctrl-C events take the same way through the runtime.");
        string program = Path.ChangeExtension(typeof(TestProgram).Assembly.Location, null);
        Process child = Process.Start(new ProcessStartInfo(program, [TestProgram.ChildArgument, behaviour])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Assert.Equal("ready", await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        return child;
    }

    private static async Task<string[]> ErrorLinesUntilExit(Process child)
    {
        // Far below the minute that the child would wait by itself, far above what a busy machine needs.
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        string text = await child.StandardError.ReadToEndAsync(limit.Token);
        await child.WaitForExitAsync(limit.Token);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}
