using FcnSharp.Cli.Hosting;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace FcnSharp.Cli.Tests;

/// <summary>
/// The tests' entry point, written out instead of generated for one more way to start: as a child process that runs a verb
/// until a signal ends it. Signals cannot be tested inside the process that runs the tests.
/// </summary>
internal static class TestProgram
{
    /// <summary>The first argument of a child; the second tells how its verb behaves when it is asked to stop.</summary>
    public const string ChildArgument = "--run-verb-until-signal";

    /// <summary>A verb that looks at its token between steps.</summary>
    public const string Polite = "polite";

    /// <summary>A verb whose step takes longer than anybody waits.</summary>
    public const string Stuck = "stuck";

    /// <summary>The first argument of a child that is the fcn command; the command's own arguments follow.</summary>
    public const string CommandLineArgument = "--run-fcn";

    private static async Task<int> Main(string[] args)
    {
        if (args is [CommandLineArgument, .. string[] command])
        {
            return FcnCommandLine.Run(command, Terminal.OfProcess());
        }

        if (args is [ChildArgument, string behaviour])
        {
            return new CommandHost(Terminal.OfProcess()).Run("wait", new SharedValues(null, false), context => Wait(context, behaviour));
        }

        // As in the generated entry point: these two arguments come from the testing platform.
        return args.Any(arg => arg is "--server" or "--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(args);
    }

    private static int Wait(CommandContext context, string behaviour)
    {
        context.Output.WriteLine("ready");
        CancellationToken stop = behaviour == Polite ? context.Stop : CancellationToken.None;
        stop.WaitHandle.WaitOne(TimeSpan.FromMinutes(1));
        stop.ThrowIfCancellationRequested();
        return ExitCodes.Success;
    }
}
