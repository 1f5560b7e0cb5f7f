using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests;

/// <summary>Examples of the documentation are parts of tests: what stands between "// example:" and "// end" is quoted word for word.</summary>
internal static class Examples
{
    private const string Start = "// example:";
    private static readonly string[] Ends = ["// end", "// example: end"];

    /// <summary>Asserts that a document quotes the examples of a test's source, and has no other code in C#.</summary>
    public static void AssertQuoted(string document, string test) =>
        Assert.Equal(Of(Read(Path.Combine("tests", "FcnSharp.Tests", test))), Blocks(document));

    /// <summary>The blocks in C# of a document.</summary>
    public static string[] Blocks(string document) => [.. Read(document).Split("```csharp\n").Skip(1).Select(part => part.Split("\n```")[0])];

    /// <summary>The examples of all tests.</summary>
    public static HashSet<string> All() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) != nameof(Examples) + ".cs")
            .SelectMany(path => Of(Read(path))),
    ];

    private static List<string> Of(string source)
    {
        List<string> examples = [];
        List<string>? open = null;
        foreach (string line in source.Split('\n'))
        {
            string text = line.Trim();
            if (open is not null && Ends.Contains(text))
            {
                int indent = open.Where(l => l.Length > 0).Min(l => l.Length - l.TrimStart().Length);
                examples.Add(string.Join('\n', open.Select(l => l.Length > 0 ? l[indent..] : l)).TrimEnd('\n'));
                open = null;
            }
            else if (text.StartsWith(Start, StringComparison.Ordinal))
            {
                open = [];
            }
            else
            {
                open?.Add(line);
            }
        }

        return examples;
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, path)).ReplaceLineEndings("\n");
}
