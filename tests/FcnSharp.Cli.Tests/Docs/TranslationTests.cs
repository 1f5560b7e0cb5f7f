using System.Text.RegularExpressions;
using Xunit;

namespace FcnSharp.Cli.Tests.Docs;

/// <summary>README.zh-CN.md says what README.md says.</summary>
public sealed partial class TranslationTests
{
    private static readonly Document English = Document.Of("README.md");
    private static readonly Document Chinese = Document.Of("README.zh-CN.md");

    [Fact]
    public void The_headings_are_as_many_of_the_same_levels() =>
        Assert.Equal(English.Headings.Select(line => line.TakeWhile(c => c == '#').Count()), Chinese.Headings.Select(line => line.TakeWhile(c => c == '#').Count()));

    [Fact]
    public void The_blocks_are_the_same_but_for_comments()
    {
        Assert.Equal(English.Blocks.Select(Text), Chinese.Blocks.Select(Text));
        Assert.True(English.Blocks.Count >= 6, "README.md shows hardly any code: has its form changed?");
    }

    [Fact]
    public void The_figures_and_the_links_are_the_same()
    {
        // Only what stands in tables: sentences of two languages need not have the same numbers in the same order.
        Assert.Equal(English.Lines.Where(IsRow).Select(Figures), Chinese.Lines.Where(IsRow).Select(Figures));
        Assert.Equal(English.Lines.SelectMany(Links).Where(IsOfBoth).Distinct().Order(), Chinese.Lines.SelectMany(Links).Where(IsOfBoth).Distinct().Order());
    }

    private static bool IsRow(string line) => line.StartsWith('|');

    private static string Figures(string line) => string.Join(' ', Figure().Matches(line).Select(match => match.Value));

    private static IEnumerable<string> Links(string line) => Link().Matches(line).Select(match => match.Groups[1].Value.Replace(".zh-CN.md", ".md", StringComparison.Ordinal));

    /// <summary>Each page links to the other.</summary>
    private static bool IsOfBoth(string link) => !link.StartsWith("README", StringComparison.Ordinal);

    private static string Text(Document.Block block) => block.Language + "\n" + string.Join('\n', block.Commands.Count > 0 ? block.Commands : block.Lines.Select(line => Tail().Replace(line, "")));

    /// <summary>In trees of files what stands behind the name is a remark.</summary>
    [GeneratedRegex(@"(?<=\S) {2,}.*$")]
    private static partial Regex Tail();

    [GeneratedRegex(@"\d+(?:[.,]\d+)*")]
    private static partial Regex Figure();

    [GeneratedRegex(@"\]\(([^)#]+)[^)]*\)")]
    private static partial Regex Link();
}
