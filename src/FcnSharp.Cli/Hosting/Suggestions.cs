using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;

namespace FcnSharp.Cli.Hosting;

/// <summary>
/// What could stand at a place of a command line: what the scripts of <c>fcn completion</c> ask for with
/// <c>fcn [suggest:POS] WORD ...</c>. Where nothing is suggested the shell offers files.
/// </summary>
internal static class Suggestions
{
    private const string Directive = "[suggest:";

    /// <summary>A command line as far as it is typed.</summary>
    /// <param name="Before">The words before the one that is to be completed, without the program.</param>
    /// <param name="Word">The one to be completed; empty at its beginning.</param>
    internal sealed record Line(IReadOnlyList<string> Before, string Word);

    /// <summary>The command line that a shell asks about; null where the arguments are meant to be run.</summary>
    public static Line? Requested(IReadOnlyList<string> args)
    {
        if (args is not [var first, ..] || !first.StartsWith(Directive, StringComparison.Ordinal) || !first.EndsWith(']')
            || !int.TryParse(first.AsSpan(Directive.Length, first.Length - Directive.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int position))
        {
            return null;
        }

        // Shells differ in whether they hand an empty last word over.
        string[] words = [.. args.Skip(1)];
        return words.Length > position ? new Line(words[..position], words[position]) : new Line(words, "");
    }

    /// <summary>The words that fit.</summary>
    public static IReadOnlyList<string> For(Command root, Line line)
    {
        // Bash takes the sign between an option and its value for a word of its own, others for a part of one word.
        string[] before = [.. line.Before.Where(word => word != "=")];
        string word = line.Word == "=" ? "" : line.Word;
        (Command verb, int arguments) = Walk(root, before);
        Option[] options = Options(root, verb);

        if (word.StartsWith('-') && word.Split('=', 2) is [var name, var begun])
        {
            return [.. Values(Find(options, name)).Where(value => Fits(value, begun)).Select(value => $"{name}={value}")];
        }

        IEnumerable<string> possible =
            before is [.., var last] && TakesValue(Find(options, last)) ? Values(Find(options, last))
            : word.StartsWith('-') ? options.Where(option => MayFollow(option, before)).Select(option => option.Name)
            : verb == root ? root.Subcommands.Select(each => each.Name)
            : Values(ArgumentAt(verb, arguments), FcnCommandLine.Parse(root, before).GetCompletionContext());
        return [.. possible.Where(each => Fits(each, word))];
    }

    /// <summary>The verb that was typed, or the root, and how many of its arguments.</summary>
    private static (Command Verb, int Arguments) Walk(Command root, string[] before)
    {
        Command verb = root;
        int arguments = 0;
        for (int i = 0; i < before.Length; i++)
        {
            if (before[i].StartsWith('-'))
            {
                i += TakesValue(Find(Options(root, verb), before[i])) ? 1 : 0;
            }
            else if (verb == root && root.Subcommands.FirstOrDefault(each => each.Name == before[i]) is { } found)
            {
                verb = found;
            }
            else
            {
                arguments++;
            }
        }

        return (verb, arguments);
    }

    private static Option[] Options(Command root, Command verb) =>
        [.. verb.Options.Concat(root.Options.Where(option => verb != root && option.Recursive)).Where(option => !option.Hidden)];

    private static Option? Find(Option[] options, string word) => Array.Find(options, option => option.Name == word || option.Aliases.Contains(word));

    private static bool TakesValue(Option? option) => option is not null && option.ValueType != typeof(bool) && option.ValueType != typeof(void);

    private static bool MayFollow(Option option, string[] before) => option.ValueType.IsArray || !before.Contains(option.Name);

    private static IEnumerable<string> Values(Symbol? symbol, CompletionContext? context = null) =>
        symbol?.GetCompletions(context ?? CompletionContext.Empty).Select(item => item.Label) ?? [];

    private static bool Fits(string suggestion, string word) => suggestion.StartsWith(word, StringComparison.Ordinal);

    /// <summary>The argument that the next word belongs to: the last one may take several.</summary>
    private static Argument? ArgumentAt(Command verb, int index) =>
        index < verb.Arguments.Count ? verb.Arguments[index]
        : verb.Arguments is [.., var last] && last.Arity.MaximumNumberOfValues > 1 ? last
        : null;
}
