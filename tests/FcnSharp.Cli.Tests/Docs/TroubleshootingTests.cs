using System.Text.RegularExpressions;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Docs;

/// <summary>The messages that docs/troubleshooting.md explains are messages of the program.</summary>
public sealed partial class TroubleshootingTests
{
    /// <summary>The lines of the sources that could hold a message, quotes in them as they are shown.</summary>
    private static readonly string[] Sources =
    [
        .. new[] { "fcn", "fcn.cmd" }.Select(name => Path.Combine(SharedData.RepositoryRoot, name))
            .Concat(Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, "src"), "*.cs", SearchOption.AllDirectories))
            .SelectMany(File.ReadLines)
            .Select(line => line.Trim().Replace("\\\"", "\"", StringComparison.Ordinal)),
    ];

    /// <summary>The first cell of each row of the page: the message in backticks.</summary>
    private static IEnumerable<string> Messages =>
        Document.Of("docs/troubleshooting.md").Lines.Select(line => Row().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value);

    [Fact]
    public void Every_message_is_in_the_sources()
    {
        string[] unknown = [.. Messages.Where(message => !IsInSources(message))];

        Assert.Empty(unknown);
        Assert.True(Messages.Count() >= 50, "docs/troubleshooting.md has hardly any messages: has its form changed?");
    }

    [Theory]
    [InlineData("… was not found; check the path", true)]
    [InlineData("… was not found; look under the sofa", false)]
    [InlineData("Port … of … is in use by another program", true)]
    [InlineData("is in use by another program … Port", false)]
    public void A_message_counts_with_all_its_parts_in_order(string message, bool expected) => Assert.Equal(expected, IsInSources(message));

    /// <summary>Whether a line has all that the message says between what varies, in this order.</summary>
    private static bool IsInSources(string message)
    {
        string[] parts = [.. message.Split('…').Select(part => part.Trim()).Where(part => part.Any(char.IsLetter))];
        return parts.Length > 0 && Sources.Any(line => Holds(line, parts));
    }

    private static bool Holds(string line, string[] parts)
    {
        int from = 0;
        foreach (string part in parts)
        {
            int at = line.IndexOf(part, from, StringComparison.Ordinal);
            if (at < 0)
            {
                return false;
            }

            from = at + part.Length;
        }

        return true;
    }

    [GeneratedRegex(@"^\| `([^`]+)` \|")]
    private static partial Regex Row();
}
