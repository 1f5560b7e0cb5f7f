using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests;

/// <summary>Examples of the documentation are parts of tests: what stands between "// example:" and "// end" is quoted word for word.</summary>
internal static class Examples
{
    private const string Start = "// example:";
    private const string End = "// end";

    /// <summary>Asserts that a document quotes the examples of a test's source, and has no other code in C#.</summary>
    public static void AssertQuoted(string document, string test)
    {
        string text = Read(document);
        List<string> examples = [];
        List<string> open = [];
        bool inside = false;
        foreach (string line in Read(Path.Combine("tests", "FcnSharp.Tests", test)).Split('\n'))
        {
            switch (line.Trim())
            {
                case Start:
                    (open, inside) = ([], true);
                    break;
                case End:
                    int indent = open.Where(l => l.Length > 0).Min(l => l.Length - l.TrimStart().Length);
                    examples.Add(string.Join('\n', open.Select(l => l.Length > 0 ? l[indent..] : l)));
                    inside = false;
                    break;
                default:
                    if (inside)
                    {
                        open.Add(line);
                    }

                    break;
            }
        }

        string[] quoted = [.. text.Split("```csharp\n").Skip(1).Select(part => part.Split("\n```")[0])];
        Assert.Equal(examples, quoted);
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, path)).ReplaceLineEndings("\n");
}
