using System.CommandLine;
using System.CommandLine.Invocation;

namespace FcnSharp.Cli.Hosting;

/// <summary>Prints the version alone, as scripts want it; the library's own action adds the commit.</summary>
internal sealed class PrintVersion : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(AppVersion.Current);
        return ExitCodes.Success;
    }
}
