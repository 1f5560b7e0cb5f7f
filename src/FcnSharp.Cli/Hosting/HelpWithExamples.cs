using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using FcnSharp.Cli.Commands;

namespace FcnSharp.Cli.Hosting;

/// <summary>The library's help, followed by an example: of the verb asked for, or of every verb.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <summary>Help is also given for arguments that are not complete.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = help.Invoke(parseResult);
        Command command = parseResult.CommandResult.Command;
        Verb[] verbs = command is Verb asked ? [asked] : [.. command.Subcommands.OfType<Verb>()];

        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(verbs.Length == 1 ? "Example:" : "Examples:");
        foreach (Verb verb in verbs)
        {
            output.WriteLine($"  {verb.Example}");
        }

        return exitCode;
    }
}
