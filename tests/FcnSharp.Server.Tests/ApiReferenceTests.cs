using System.Text.RegularExpressions;
using FcnSharp.ApiReference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>docs/api says what the sources say. It is tested here because the server sees all libraries.</summary>
public sealed partial class ApiReferenceTests
{
    private const long MostBytes = 600_000;
    private static readonly string Folder = Path.Combine(SharedData.RepositoryRoot, "docs", "api");
    private static readonly IReadOnlyDictionary<string, string> Pages = ApiPages.Write();

    [Fact]
    public void The_pages_are_current()
    {
        Assert.Equal(Pages.Keys.Order(StringComparer.Ordinal), Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
        foreach ((string name, string text) in Pages)
        {
            Assert.True(text == File.ReadAllText(Path.Combine(Folder, name)).ReplaceLineEndings("\n"), $"docs/api/{name} is not what the sources say; run: dotnet run --project docs/api-reference -c Release");
        }

        Assert.InRange(Pages.Values.Sum(text => (long)text.Length), 1, MostBytes);
    }

    [Fact]
    public void Members_have_their_signatures_summaries_parameters_and_exceptions()
    {
        string page = Pages["FcnSharp.Inference.md"];

        Assert.Contains("## Segmenter\n\n`sealed class Segmenter : IDisposable`\n", page, StringComparison.Ordinal);
        Assert.Contains("**`static Segmenter Load(string path, IDevice? device = null, SegmentOptions? options = null)`**", page, StringComparison.Ordinal);
        Assert.Contains("  - `path`: A .safetensors file written by FcnSharp.\n", page, StringComparison.Ordinal);
        Assert.Contains("  - throws [FcnSharpException](FcnSharp.Tensors.md#fcnsharpexception): The image needs more memory than there is;", page, StringComparison.Ordinal);
        Assert.Contains("`sealed record Sample(RgbImage Image, LabelMap Labels, string Name)`", Pages["FcnSharp.Data.md"], StringComparison.Ordinal);
        Assert.Contains("**`static (byte R, byte G, byte B) Correct { get; }`**", Pages["FcnSharp.Imaging.md"], StringComparison.Ordinal);
        Assert.DoesNotContain(Pages.Values, text => text.Contains("PrintMembers", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_type_says_what_it_is()
    {
        foreach ((string name, string text) in Pages)
        {
            Assert.True(!EmptyType().IsMatch(text), $"{name} has a type without a summary: {EmptyType().Match(text).Groups[1].Value}");
        }
    }

    [Fact]
    public void Every_link_leads_to_a_heading()
    {
        foreach ((string name, string text) in Pages)
        {
            foreach (Match link in Link().Matches(text))
            {
                Assert.True(Pages.TryGetValue(link.Groups[1].Value, out string? target), $"{name} points to {link.Value}");
                string anchor = link.Groups[2].Value;
                Assert.True(anchor.Length == 0 || Heading().Matches(target).Any(h => AnchorOf(h.Groups[1].Value) == anchor), $"{name} points to {link.Value}");
            }
        }
    }

    private static string AnchorOf(string heading) => string.Concat(heading.Replace("&lt;", "<", StringComparison.Ordinal).ToLowerInvariant().Where(char.IsLetterOrDigit));

    [GeneratedRegex(@"\]\(([\w.]+\.md)#?([\w-]*)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^## (.+)\n\n`.*`\n\n\n", RegexOptions.Multiline)]
    private static partial Regex EmptyType();
}
