using FcnSharp.Tensors;

namespace FcnSharp.Cli.Hosting;

/// <summary>Runs the body of a verb: signals stop it, and whatever it throws becomes one line and an exit code.</summary>
internal sealed class CommandHost
{
    private readonly Terminal _terminal;
    private readonly bool _trace;

    /// <summary>Creates a host that shows stack traces when FCN_TRACE is 1.</summary>
    public CommandHost(Terminal terminal)
        : this(terminal, Environment.GetEnvironmentVariable("FCN_TRACE") == "1")
    {
    }

    /// <summary>Creates a host.</summary>
    public CommandHost(Terminal terminal, bool trace)
    {
        _terminal = terminal;
        _trace = trace;
    }

    /// <summary>Runs the body and returns the exit code: its own, or that of what it threw.</summary>
    public int Run(string verb, SharedValues options, Func<CommandContext, int> body)
    {
        using StopSignals signals = new(_terminal);
        try
        {
            return body(new CommandContext(_terminal, options, signals.Token));
        }
#pragma warning disable CA1031 // The outermost handler: a user must never see a stack trace that was not asked for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Report(verb, e);
        }
    }

    private int Report(string verb, Exception thrown)
    {
        Exception cause = Unwrap(thrown);
        (string line, int exitCode) = cause switch
        {
            UsageException => ($"error: {cause.Message}; see fcn {verb} --help", ExitCodes.Usage),
            FcnSharpException or IOException or UnauthorizedAccessException => ($"error: {cause.Message}", ExitCodes.Failure),
            OutOfMemoryException => ("error: not enough memory; use smaller images or a smaller batch", ExitCodes.Failure),
            OperationCanceledException => ("stopped", ExitCodes.Stopped),
            _ => ($"internal error: {cause.GetType().Name}: {cause.Message}{(_trace ? "" : "; set FCN_TRACE=1 for details")}", ExitCodes.Failure),
        };

        _terminal.WriteErrorLine(OneLine(line));
        if (_trace)
        {
            _terminal.WriteErrorLine(thrown.ToString());
        }

        return exitCode;
    }

    // Worker threads and static constructors wrap what was thrown; the user needs what was thrown.
    private static Exception Unwrap(Exception thrown) => thrown switch
    {
        AggregateException { InnerExceptions.Count: > 0 } many => Unwrap(many.InnerExceptions[0]),
        TypeInitializationException { InnerException: { } inner } => Unwrap(inner),
        _ => thrown,
    };

    /// <summary>A message without the breaks that a library, or the system, may have put into it.</summary>
    public static string OneLine(string text) =>
        string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
