using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace FcnSharp.Cli.Tests.Demo;

/// <summary>The fcn command as a process of its own: signals, and the worker pool of the process, cannot be had inside of the tests' process.</summary>
internal sealed partial class FcnProcess : IDisposable
{
    public const int SigInt = 2;
    public const int SigTerm = 15;

    // Far above what a busy machine needs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;
    private readonly StringBuilder _errorSoFar = new();

    private FcnProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        _error = Task.Run(ReadError, TestContext.Current.CancellationToken);
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<Outcome> Run(params string[] args)
    {
        using FcnProcess process = Start(args);
        return await process.End();
    }

    /// <summary>Starts it.</summary>
    public static FcnProcess Start(params string[] args)
    {
        string program = Path.ChangeExtension(typeof(TestProgram).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        return new FcnProcess(Process.Start(new ProcessStartInfo(program, [TestProgram.CommandLineArgument, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
    }

    /// <summary>Waits until a file of the run says that it is where a test wants it.</summary>
    public async Task WaitUntil(Func<bool> reached)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); !reached(); await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            Assert.False(_process.HasExited, $"ended too early: {ErrorSoFar()}");
            Assert.True(watch.Elapsed < Patience, $"did not get there: {ErrorSoFar()}");
        }
    }

    public void Signal(int signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no kill; its Ctrl-C events take the same way through the runtime.");
        Assert.Equal(0, SendSignal(_process.Id, signal));
    }

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits for its end.</summary>
    public async Task<Outcome> End()
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        await _process.WaitForExitAsync(limit.Token);
        return new Outcome(_process.ExitCode, await _output, await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    public string ErrorSoFar()
    {
        lock (_errorSoFar)
        {
            return _errorSoFar.ToString();
        }
    }

    private async Task<string> ReadError()
    {
        while (await _process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            lock (_errorSoFar)
            {
                _errorSoFar.Append(line).Append('\n');
            }
        }

        return ErrorSoFar();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}

/// <summary>What a process left behind.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The exit code is the expected one; if not, what was said shows why.</summary>
    public Outcome Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"expected exit code {exitCode}, found {ExitCode}: {Error}");
        return this;
    }
}
