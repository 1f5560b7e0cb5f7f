using FcnSharp.Cli.Progress;

namespace FcnSharp.Cli.Hosting;

/// <summary>What a verb gets beside its own options.</summary>
/// <param name="Terminal">Where results, messages and progress go.</param>
/// <param name="Options">What was asked of every verb alike.</param>
/// <param name="Stop">Cancelled by the first Ctrl-C or SIGTERM: finish the step, then throw.</param>
internal sealed record CommandContext(Terminal Terminal, SharedValues Options, CancellationToken Stop)
{
    /// <summary>Where results go.</summary>
    public TextWriter Output => Terminal.Output;

    /// <summary>Writes a message for the reader, not a result; silent under --quiet.</summary>
    public void Note(string line)
    {
        if (!Options.Quiet)
        {
            Terminal.WriteErrorLine(line);
        }
    }

    /// <summary>Starts to show the progress of one long task; dispose the reporter when it ends. Silent under --quiet.</summary>
    /// <param name="task">The task's name, such as Training.</param>
    /// <param name="unit">What is counted, such as images.</param>
    /// <param name="alreadyDone">How much an earlier run has done; it does not count as this one's speed.</param>
    public IProgressReporter StartProgress(string task, string unit, long alreadyDone = 0) =>
        Options.Quiet ? NoProgress.Instance : new ConsoleProgress(Terminal, task, unit, TimeProvider.System, alreadyDone);
}
