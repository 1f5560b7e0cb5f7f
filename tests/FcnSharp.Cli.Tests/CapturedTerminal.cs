using FcnSharp.Cli.Hosting;

namespace FcnSharp.Cli.Tests;

/// <summary>A terminal whose streams a test can read.</summary>
internal sealed class CapturedTerminal
{
    public CapturedTerminal(bool isLive = false, int width = Terminal.DefaultWidth, string input = "", int? outputWidth = null) =>
        Terminal = new Terminal(new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" }, isLive, () => width) { Input = new StringReader(input), OutputWidth = outputWidth };

    public Terminal Terminal { get; }

    public string Output => Terminal.Output.ToString()!;

    public string Error => Terminal.Error.ToString()!;

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Runs the whole command line and returns its exit code.</summary>
    public int Run(params string[] args) => FcnCommandLine.Run(args, Terminal);
}
