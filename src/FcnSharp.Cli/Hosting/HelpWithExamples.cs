using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using FcnSharp.Cli.Commands;

namespace FcnSharp.Cli.Hosting;

/// <summary>The library's help, followed by the examples of the verb asked for, or by one of every verb.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    // Sentences that run from one side of a wide window to the other are hard to read.
    private const int WidestText = 100;

    private readonly HelpAction _help;

    /// <summary>Creates the help.</summary>
    /// <param name="help">The library's part.</param>
    /// <param name="width">The terminal's width in columns; the library itself does not wrap what is piped.</param>
    public HelpWithExamples(HelpAction help, int width)
    {
        help.MaxWidth = Math.Min(width, WidestText);
        _help = help;
    }

    /// <summary>Help is also given for arguments that are not complete.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = _help.Invoke(parseResult);
        Command command = parseResult.CommandResult.Command;
        string[] examples = command is Verb asked ? [.. asked.Examples] : [.. command.Subcommands.OfType<Verb>().Select(verb => verb.Examples[0])];

        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(examples.Length == 1 ? "Example:" : "Examples:");
        foreach (string example in examples)
        {
            output.WriteLine($"  {example}");
        }

        return exitCode;
    }
}
