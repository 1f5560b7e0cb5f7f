using System.Text.RegularExpressions;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests;

/// <summary>The pages of the documentation: their code is compiled, and what they point to is there.</summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Pages =>
    [
        "README.md",
        "README.zh-CN.md",
        "models/README.md",
        .. Directory.GetFiles(Path.Combine(SharedData.RepositoryRoot, "docs"), "*.md").Select(path => "docs/" + Path.GetFileName(path)).Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void Every_block_in_CSharp_is_an_example_of_a_test()
    {
        HashSet<string> examples = Examples.All();
        (string Page, string Block)[] blocks = [.. Pages.SelectMany(page => Examples.Blocks(page.Data).Select(block => (page.Data, block)))];

        Assert.Empty(blocks.Where(each => !examples.Contains(each.Block)).Select(each => $"{each.Page}: no test has the example {each.Block}"));
        Assert.Contains(blocks, each => each.Page == "docs/predict.md");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void What_a_page_points_to_is_there(string page)
    {
        string folder = Path.Combine(SharedData.RepositoryRoot, Path.GetDirectoryName(page)!);
        string text = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, page));

        foreach (Match link in Link().Matches(text))
        {
            (string path, string anchor) = (link.Groups[1].Value, link.Groups[2].Value);
            if (path.Contains("://", StringComparison.Ordinal))
            {
                continue;
            }

            string target = path.Length > 0 ? Path.GetFullPath(Path.Combine(folder, path)) : Path.Combine(SharedData.RepositoryRoot, page);
            Assert.True(Path.Exists(target), $"{page} points to {path}, which is not there");
            if (anchor.Length > 0)
            {
                Assert.True(File.ReadLines(target).Where(line => line.StartsWith('#')).Select(Anchor).Contains(anchor), $"{page} points to {path}#{anchor}, and there is no such heading");
            }
        }
    }

    /// <summary>The name that GitHub gives a heading.</summary>
    private static string Anchor(string heading) =>
        string.Concat(heading.TrimStart('#').Trim().ToLowerInvariant().Select(c => c == ' ' ? '-' : c).Where(c => char.IsLetterOrDigit(c) || c is '-' or '_'));

    [GeneratedRegex(@"\]\(([^)#\s]*)#?([^)\s]*)\)")]
    private static partial Regex Link();
}
