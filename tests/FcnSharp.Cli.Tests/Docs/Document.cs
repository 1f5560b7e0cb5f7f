using System.Text.RegularExpressions;
using FcnSharp.TestKit;

namespace FcnSharp.Cli.Tests.Docs;

/// <summary>A page of the documentation: its headings, its fenced blocks, and the commands in them as docs/check sees them.</summary>
internal sealed partial class Document
{
    private Document(string name)
    {
        Name = name;
        Lines = File.ReadAllLines(Path.Combine(SharedData.RepositoryRoot, name));
        Blocks = [.. FindBlocks(Lines)];
    }

    /// <summary>All pages, README.md first.</summary>
    public static IReadOnlyList<Document> All { get; } =
    [
        .. new[] { "README.md", "README.zh-CN.md", "models/README.md" }
            .Concat(Directory.GetFiles(Path.Combine(SharedData.RepositoryRoot, "docs"), "*.md").Select(path => "docs/" + Path.GetFileName(path)).Order(StringComparer.Ordinal))
            .Select(name => new Document(name)),
    ];

    /// <summary>The path from the repository's root.</summary>
    public string Name { get; }

    public string[] Lines { get; }

    public IReadOnlyList<Block> Blocks { get; }

    /// <summary>The page of a name.</summary>
    public static Document Of(string name) => All.Single(page => page.Name == name);

    /// <summary>The lines that are headings.</summary>
    public IEnumerable<string> Headings => Lines.Where((line, i) => line.StartsWith('#') && !Blocks.Any(block => i >= block.Start && i < block.Start + block.Lines.Count));

    /// <summary>What stands between backticks in the text and begins with fcn or the path of a script.</summary>
    public IEnumerable<string> CommandSpans => Lines
        .Where((_, i) => !Blocks.Any(block => i >= block.Start && i < block.Start + block.Lines.Count))
        .SelectMany(line => Span().Matches(line).Select(match => match.Groups[1].Value));

    /// <summary>A fenced block.</summary>
    /// <param name="Language">The word behind the fence; empty if there is none.</param>
    /// <param name="Start">The index of the first line inside.</param>
    /// <param name="Lines">The lines inside.</param>
    internal sealed record Block(string Language, int Start, IReadOnlyList<string> Lines)
    {
        /// <summary>The commands in it, without comments, continued lines joined; none if it is something else.</summary>
        public IReadOnlyList<string> Commands
        {
            get
            {
                if (Language != "sh" && (Language != "" || Lines.Count == 0 || !LooksLikeCommand().IsMatch(Lines[0])))
                {
                    return [];
                }

                string text = Continuation().Replace(string.Join('\n', Lines), " ");
                return [.. text.Split('\n').Select(line => Comment().Replace(line, "").Trim()).Where(line => line.Length > 0)];
            }
        }
    }

    private static IEnumerable<Block> FindBlocks(string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                int start = i + 1;
                string language = lines[i].Trim()[3..];
                for (i = start; i < lines.Length && !lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal); i++)
                {
                }

                yield return new Block(language, start, lines[start..i]);
            }
        }
    }

    [GeneratedRegex(@"^([a-z][a-z0-9_-]* [^ ]|\./|bench/|docs/|tools/)")]
    private static partial Regex LooksLikeCommand();

    [GeneratedRegex(@"\\\n[ \t]+")]
    private static partial Regex Continuation();

    [GeneratedRegex(@"(^|[ \t]+)#([ \t].*)?$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"`((?:(?:\./)?fcn|(?:bench|docs|tools)/[a-z-]+) [^`]+)`")]
    private static partial Regex Span();
}
