using FcnSharp.Cli.Hosting;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Cli.Tests.Hosting;

/// <summary>What a verb throws, as its user sees it.</summary>
public sealed class CommandHostTests
{
    public static TheoryData<Exception, int, string> Failures { get; } = new()
    {
        { new FcnSharpException("scene.png: not a PNG file."), 1, "error: scene.png: not a PNG file." },
        { new UsageException("--epochs and --steps exclude each other"), 2, "error: --epochs and --steps exclude each other; see fcn train --help" },
        { new IOException("No space left on device : '/out/model.safetensors'"), 1, "error: No space left on device : '/out/model.safetensors'" },
        { new UnauthorizedAccessException("Access to the path '/out' is denied."), 1, "error: Access to the path '/out' is denied." },
        { new InsufficientMemoryException(), 1, "error: not enough memory; use smaller images or a smaller batch" },
        { new OperationCanceledException(), 130, "stopped" },
        { new InvalidOperationException("bad\r\n  state"), 1, "internal error: InvalidOperationException: bad state; set FCN_TRACE=1 for details" },
        { new AggregateException(new FcnSharpException("from a worker")), 1, "error: from a worker" },
        { new TypeInitializationException("Kernels", new FcnSharpException("unknown kernel")), 1, "error: unknown kernel" },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void A_failure_is_one_line_and_an_exit_code(Exception thrown, int exitCode, string line)
    {
        CapturedTerminal terminal = new();

        Assert.Equal(exitCode, Run(terminal, trace: false, _ => throw thrown));

        Assert.Equal(line + "\n", terminal.Error);
        Assert.Equal("", terminal.Output);
    }

    [Fact]
    public void The_stack_trace_is_shown_only_when_asked_for()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(1, Run(terminal, trace: true, _ => throw new InvalidOperationException("bad state")));

        Assert.Equal("internal error: InvalidOperationException: bad state", terminal.ErrorLines[0]);
        Assert.Contains(nameof(The_stack_trace_is_shown_only_when_asked_for), terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_exit_code_of_a_verb_that_returns_is_its_own()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(7, Run(terminal, trace: false, _ => 7));
        Assert.Equal("", terminal.Error);
    }

    [Fact]
    public void Quiet_silences_notes_and_progress_but_not_results()
    {
        CapturedTerminal terminal = new();

        new CommandHost(terminal.Terminal, trace: false).Run("train", new SharedValues(null, Quiet: true), context =>
        {
            context.Note("reading the data");
            using (var progress = context.StartProgress("Training", "images"))
            {
                progress.Report(1, 2, "");
            }

            context.Output.WriteLine("0.9");
            return ExitCodes.Success;
        });

        Assert.Equal("", terminal.Error);
        Assert.Equal("0.9\n", terminal.Output);
    }

    private static int Run(CapturedTerminal terminal, bool trace, Func<CommandContext, int> body) =>
        new CommandHost(terminal.Terminal, trace).Run("train", new SharedValues(null, false), body);
}
