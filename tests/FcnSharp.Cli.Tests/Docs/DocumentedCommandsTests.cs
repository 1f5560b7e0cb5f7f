using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Text.RegularExpressions;
using FcnSharp.Cli.Commands;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Docs;

/// <summary>The commands that the documents and the help show are commands that there are. docs/check runs them; here they are only parsed.</summary>
public sealed partial class DocumentedCommandsTests
{
    private static readonly Command Root = FcnCommandLine.CreateRoot(new CapturedTerminal().Terminal);

    /// <summary>Every fcn command of a page's blocks: the page, the command as written, its words after fcn.</summary>
    private static IEnumerable<(string Page, string Line, string[] Words)> FcnCommands =>
        from page in Document.All
        from block in page.Blocks
        from line in block.Commands
        from words in ShellWords.Commands(line)
        where words[0] is "./fcn" or "fcn"
        select (page.Name, line, words[1..]);

    [Fact]
    public void Every_command_in_a_block_parses()
    {
        string[] wrong = [.. FcnCommands.Select(each => (each, Problem: Problem(each.Words))).Where(each => each.Problem is not null).Select(each => $"{each.each.Page}: {each.each.Line}: {each.Problem}")];

        Assert.Empty(wrong);
        // Were the form of blocks to change, nothing would be checked.
        Assert.True(FcnCommands.Count() > 40, "the documents show hardly any commands: has their form changed?");
        Assert.All(["README.md", "README.zh-CN.md", "docs/cli.md", "docs/predict.md", "docs/server.md"], page => Assert.Contains(FcnCommands, each => each.Page == page));
    }

    [Fact]
    public void Every_verb_and_option_in_running_text_exists()
    {
        List<string> wrong = [];
        int seen = 0;
        foreach ((string page, string span) in Document.All.SelectMany(page => page.CommandSpans.Where(span => !ScriptPath().IsMatch(span.Split(' ')[0])).Select(span => (page.Name, span))))
        {
            // Running text says VERB and NAME for any, and leaves out what is not its subject.
            string[] words = ShellWords.Commands(span.Replace(" ...", "", StringComparison.Ordinal))[0][1..];
            string verb = words.FirstOrDefault(word => !word.StartsWith('-')) ?? "";
            Command? command = verb is "" or "VERB" ? Root : Root.Subcommands.FirstOrDefault(each => each.Name == verb);
            seen++;
            if (command is null)
            {
                wrong.Add($"{page}: `{span}`: there is no verb {verb}");
                continue;
            }

            HashSet<string> known = [.. command.Options.Concat(Root.Options).SelectMany(option => option.Aliases.Append(option.Name))];
            wrong.AddRange(words.Where(word => word.StartsWith("--", StringComparison.Ordinal) && !known.Contains(word.Split('=')[0])).Select(word => $"{page}: `{span}`: {verb} has no option {word}"));
        }

        Assert.Empty(wrong);
        Assert.True(seen > 30, "the documents name hardly any commands: has their form changed?");
    }

    [Fact]
    public void Every_verb_has_examples_that_parse_and_fit_80_columns()
    {
        foreach (Verb verb in Root.Subcommands.Cast<Verb>())
        {
            Assert.NotEmpty(verb.Examples);
            foreach (string example in verb.Examples)
            {
                string[] words = Assert.Single(ShellWords.Commands(example));
                Assert.Equal(["fcn", verb.Name], words[..2]);
                Assert.True(Problem(words[1..]) is null, $"{example}: {Problem(words[1..])}");
                Assert.True(example.Length <= 78, $"{example}: longer than a line of the help");
            }
        }
    }

    [Fact]
    public void Every_script_has_the_options_that_are_shown()
    {
        (string Page, string[] Words)[] commands =
        [
            .. from page in Document.All
               from line in page.Blocks.SelectMany(block => block.Commands).Concat(page.CommandSpans)
               from words in ShellWords.Commands(line)
               where ScriptPath().IsMatch(words[0])
               select (page.Name, words),
        ];

        Assert.Contains(commands, each => each.Words[0] == "bench/compare");
        Assert.Contains(commands, each => each is { Page: "README.md", Words: ["bench/serve", ..] });
        foreach ((string page, string[] words) in commands)
        {
            string path = Path.Combine(SharedData.RepositoryRoot, words[0]);
            Assert.True(File.Exists(path), $"{page}: there is no script {words[0]}");
            string script = File.ReadAllText(path);

            // Some hand their options to a program beside them, ./test to dotnet.
            script += string.Concat(Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, "bench", "peers")).Where(peer => script.Contains(Path.GetFileName(peer), StringComparison.Ordinal)).Select(File.ReadAllText));
            Assert.All(words[1..].Where(word => word.StartsWith("--", StringComparison.Ordinal) && words[0] != "./test"), option => Assert.True(script.Contains(option, StringComparison.Ordinal), $"{page}: {words[0]} has no option {option}"));
        }
    }

    [Theory]
    [InlineData("docs/cli.md")]
    [InlineData("docs/predict.md", "predict")]
    [InlineData("docs/recipes.md", "train")]
    [InlineData("docs/server.md", "serve")]
    [InlineData("docs/onnx.md", "export")]
    public void Every_option_in_a_table_exists(string page, params string[] verbs)
    {
        IEnumerable<Command> commands = Root.Subcommands.Where(verb => verbs.Length == 0 || verbs.Contains(verb.Name)).Append(Root);
        HashSet<string> known = [.. commands.SelectMany(command => command.Options).Select(option => option.Name)];

        string[] shown = [.. Document.Of(page).Lines.Where(line => line.StartsWith('|')).SelectMany(line => OptionSpan().Matches(line).Select(match => match.Groups[1].Value)).Distinct()];

        Assert.NotEmpty(shown);
        Assert.DoesNotContain(shown, option => !known.Contains(option));
    }

    [Fact]
    public void Docs_check_finds_the_same_commands()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "docs/check is a script for bash.");
        ProcessStartInfo start = new(Path.Combine(SharedData.RepositoryRoot, "docs", "check"), ["--list"]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string[] listed = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();

        string[] expected = [.. from page in Document.All from block in page.Blocks from line in block.Commands select $"{page.Name} {Blanks().Replace(line, " ")}"];
        Assert.Equal(expected, listed.Select(line => Blanks().Replace(Place().Replace(line, " ", 1), " ")));
    }

    [Theory]
    [InlineData("unknown option --epoks", "train", "--data", "d", "--out", "o", "--epoks", "2")]
    [InlineData("--out", "train", "--data", "d")]
    [InlineData("unknown", "trian")]
    public void What_is_wrong_is_found(string expected, params string[] words)
    {
        Assert.Contains(expected, Problem(words), StringComparison.Ordinal);
    }

    /// <summary>What the parser has to say against a command; null if nothing.</summary>
    private static string? Problem(string[] words)
    {
        // The one way to leave out required options is to ask for help.
        ParseResult parsed = FcnCommandLine.Parse(Root, words);
        return parsed.UnmatchedTokens is [var unknown, ..] ? $"unknown option {unknown}" : parsed.Errors is [var error, ..] ? error.Message : null;
    }

    [GeneratedRegex(@"^(bench|docs|tools)/[a-z-]+$|^\./test$")]
    private static partial Regex ScriptPath();

    [GeneratedRegex(@"`(--[a-z0-9-]+)")]
    private static partial Regex OptionSpan();

    [GeneratedRegex(@":\d+ ")]
    private static partial Regex Place();

    [GeneratedRegex(@"[ \t]+")]
    private static partial Regex Blanks();
}
