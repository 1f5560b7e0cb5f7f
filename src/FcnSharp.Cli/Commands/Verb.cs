using System.CommandLine;
using FcnSharp.Cli.Hosting;

namespace FcnSharp.Cli.Commands;

/// <summary>A verb of the command line: one file each, added to the list in <see cref="FcnCommandLine"/>.</summary>
/// <param name="name">What the user types.</param>
/// <param name="description">What it does, in a sentence.</param>
/// <param name="examples">Complete command lines that work, the most usual first.</param>
internal abstract class Verb(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Complete command lines that work, shown in the help; that of all verbs shows the first.</summary>
    public IReadOnlyList<string> Examples => examples;

    /// <summary>Does what the verb is for and returns the exit code; the host turns what it throws into a line and a code.</summary>
    public abstract int Run(ParseResult parsed, CommandContext context);
}
