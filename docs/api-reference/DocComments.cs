using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FcnSharp.Tensors;

namespace FcnSharp.ApiReference;

/// <summary>The comments of some assemblies, from the XML files beside them, as Markdown.</summary>
internal sealed partial class DocComments
{
    private readonly Dictionary<string, XElement> _members = [];
    private readonly PageLinks _links;

    /// <summary>Reads the files.</summary>
    /// <param name="assemblies">The assemblies.</param>
    /// <param name="links">Where types stand.</param>
    /// <exception cref="FcnSharpException">A file is not there.</exception>
    public DocComments(IEnumerable<Assembly> assemblies, PageLinks links)
    {
        _links = links;
        foreach (Assembly assembly in assemblies)
        {
            string path = Path.ChangeExtension(assembly.Location, ".xml");
            if (!File.Exists(path))
            {
                throw new FcnSharpException($"{path}: the comments of {assembly.GetName().Name} were expected there; build it with GenerateDocumentationFile.");
            }

            foreach (XElement member in XDocument.Load(path).Descendants("member"))
            {
                _members[(string)member.Attribute("name")!] = member;
            }
        }
    }

    /// <summary>Whether a member says only that another one's comment holds for it.</summary>
    public bool IsInherited(MemberInfo member) => Find(member)?.Element("inheritdoc") is not null;

    /// <summary>The summary of a type or member, in one line.</summary>
    public string Summary(MemberInfo member) => Text(Find(member)?.Element("summary"));

    /// <summary>The first sentence of a type's summary.</summary>
    public string FirstSentence(Type type) => SentenceEnd().Split(Summary(type), 2)[0];

    /// <summary>What stands behind the summary: parameters, what is returned and thrown, remarks; each a name and a text.</summary>
    public IEnumerable<(string Name, string Text)> Details(MemberInfo member)
    {
        foreach (XElement element in Find(member)?.Elements() ?? [])
        {
            switch (element.Name.LocalName)
            {
                case "param" or "typeparam":
                    yield return ($"`{(string)element.Attribute("name")!}`", Text(element));
                    break;
                case "returns":
                    yield return ("returns", Text(element));
                    break;
                case "exception":
                    yield return ($"throws {_links.To((string)element.Attribute("cref")!)}", Text(element));
                    break;
                case "remarks":
                    yield return ("remarks", Text(element));
                    break;
            }
        }
    }

    private XElement? Find(MemberInfo member) => _members.GetValueOrDefault(MemberId.Of(member));

    private string Text(XElement? element) => element is null ? "" : Whitespace().Replace(string.Concat(element.Nodes().Select(Inline)), " ").Trim();

    private string Inline(XNode node) => node switch
    {
        XText text => Escape(text.Value),
        XElement { Name.LocalName: "see" } see when see.Attribute("cref") is { } cref => _links.To(cref.Value),
        XElement { Name.LocalName: "see" } see => $"`{(string?)see.Attribute("langword") ?? (string?)see.Attribute("href")}`",
        XElement { Name.LocalName: "paramref" or "typeparamref" } reference => $"`{(string)reference.Attribute("name")!}`",
        XElement { Name.LocalName: "c" or "code" } code => $"`{Whitespace().Replace(code.Value, " ").Trim()}`",
        XElement other => string.Concat(other.Nodes().Select(Inline)),
        _ => "",
    };

    /// <summary>Marks what Markdown would read as something else; a star or bar between blanks is one of a formula and stays.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char before = i == 0 ? ' ' : text[i - 1];
            char after = i + 1 == text.Length ? ' ' : text[i + 1];
            escaped.Append(text[i] switch
            {
                '<' => "&lt;",
                '`' => "\\`",
                '*' when !char.IsWhiteSpace(before) || !char.IsWhiteSpace(after) => "\\*",
                '_' when !char.IsLetterOrDigit(before) => "\\_",
                ']' when after == '(' => "\\]",
                char other => other.ToString(),
            });
        }

        return escaped.ToString();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();

    [GeneratedRegex(@"(?<=\.) (?=[A-Z])")]
    private static partial Regex SentenceEnd();
}
