using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using FcnSharp.Cli.Commands;
using FcnSharp.Cli.Hosting;

namespace FcnSharp.Cli;

/// <summary>The command line as a whole: the verbs, what they share, and how arguments become a run of one verb.</summary>
internal static class FcnCommandLine
{
    private const string Name = "fcn";

    /// <summary>Parses the arguments, runs the verb they name and returns the process's exit code.</summary>
    public static int Run(IReadOnlyList<string> args, Terminal terminal)
    {
        Command root = CreateRoot(terminal);
        if (Suggestions.Requested(args) is { } line)
        {
            foreach (string suggestion in Suggestions.For(root, line))
            {
                terminal.Output.WriteLine(suggestion);
            }

            return ExitCodes.Success;
        }

        ParseResult parsed = Parse(root, args);

        // Asking for help clears the parser's errors, yet help on a verb that does not exist would be a wrong answer.
        if (parsed.Errors.Count > 0 || UnknownWord(parsed) is not null)
        {
            return UsageError(parsed, terminal);
        }

        // Verbs write through their context, and failures are the host's: the library only writes the help.
        return parsed.Invoke(new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
    }

    /// <summary>The root with every verb.</summary>
    /// <remarks>A plain command and not RootCommand, which takes its name from the running process: under `dotnet test` that is another one.</remarks>
    public static Command CreateRoot(Terminal terminal)
    {
        SharedOptions shared = new();
        CommandHost host = new(terminal);
        Verb[] verbs =
        [
            new DemoCommand(), new TrainCommand(), new EvalCommand(), new BoundsCommand(), new PredictCommand(), new ClassifyCommand(), new HeatmapCommand(),
            new ServeCommand(), new DataCommand(), new ConvertCommand(), new ExportCommand(), new SetupCommand(), new BenchCommand(), new InfoCommand(),
            new CompletionCommand(),
        ];
        HelpOption help = new() { Recursive = true };
        Command root = new(Name, "Semantic segmentation with Fully Convolutional Networks: train, evaluate, predict.") { help };
        HelpWithExamples helpAction = new((HelpAction)help.Action!, terminal.Width);
        help.Action = helpAction;
        root.SetAction(helpAction.Invoke);

        root.Add(new VersionOption { Action = new PrintVersion() });
        shared.AddTo(root);
        foreach (Verb verb in verbs)
        {
            verb.SetAction(parsed => host.Run(verb.Name, shared.Read(parsed), context => verb.Run(parsed, context)));
            root.Add(verb);
        }

        return root;
    }

    /// <summary>Parses arguments as a run does.</summary>
    /// <remarks>Verbs read @list themselves: the library would split it at blanks, and take options from it.</remarks>
    public static ParseResult Parse(Command root, IReadOnlyList<string> args) => root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

    private static int UsageError(ParseResult parsed, Terminal terminal)
    {
        // A word that is no verb at all also causes complaints about what then is missing: the word itself is the mistake.
        string problem = UnknownWord(parsed) ?? CommandHost.OneLine(parsed.Errors[0].Message).TrimEnd('.');
        terminal.WriteErrorLine($"error: {problem}; see {PathOf(parsed)} --help");
        return ExitCodes.Usage;
    }

    /// <summary>The first word that nothing here knows, with what it would have to be; null if there is none.</summary>
    private static string? UnknownWord(ParseResult parsed)
    {
        // The library takes a first word in brackets for a directive, and then does as if it were not there.
        string? word = parsed.UnmatchedTokens is [var unmatched, ..] ? unmatched : parsed.Tokens.FirstOrDefault(token => token.Type == TokenType.Directive)?.Value;
        if (word is null)
        {
            return null;
        }

        string kind = word.StartsWith('-') ? "option" : parsed.CommandResult.Command is Verb ? "argument" : "verb";
        return $"unknown {kind} '{word}'";
    }

    private static string PathOf(ParseResult parsed) =>
        parsed.CommandResult.Command is Verb verb ? $"{Name} {verb.Name}" : Name;
}
