using System.CommandLine;
using FcnSharp.Cli.Hosting;

namespace FcnSharp.Cli.Commands;

/// <summary>A verb of the command line: one file each, added to the list in <see cref="FcnCommandLine"/>.</summary>
internal abstract class Verb(string name, string description, string example) : Command(name, description)
{
    /// <summary>A complete command line that works, shown in the help.</summary>
    public string Example => example;

    /// <summary>Does what the verb is for and returns the exit code; the host turns what it throws into a line and a code.</summary>
    public abstract int Run(ParseResult parsed, CommandContext context);
}
