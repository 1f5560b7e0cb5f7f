using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace FcnSharp.ApiReference;

/// <summary>The page of a namespace: its types with their members.</summary>
/// <param name="name">The namespace.</param>
/// <param name="types">Its types, sorted.</param>
/// <param name="comments">What is said of them.</param>
internal sealed class NamespacePage(string name, IReadOnlyList<Type> types, DocComments comments)
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
    private readonly StringBuilder _text = new();

    /// <summary>The page as Markdown.</summary>
    public string Write()
    {
        _text.Append($"# {name}\n\n[API reference](README.md)\n");
        foreach (Type type in types)
        {
            WriteType(type);
        }

        return _text.ToString();
    }

    private void WriteType(Type type)
    {
        _text.Append($"\n## {CSharpNames.Simple(type).Replace("<", "&lt;", StringComparison.Ordinal)}\n\n`{CSharpNames.Declaration(type)}`\n\n{comments.Summary(type)}\n");
        string[] details = [.. Details(type)];
        if (details.Length > 0)
        {
            _text.Append($"\n{string.Concat(details.Select(d => $"- {d}\n"))}");
        }

        MemberInfo[] members = type.IsEnum ? [.. type.GetFields(BindingFlags.Public | BindingFlags.Static)] : Members(type);
        if (members.Length == 0)
        {
            return;
        }

        _text.Append('\n');
        foreach (MemberInfo member in members)
        {
            WriteMember(type, member);
        }
    }

    /// <summary>What a type's comment says behind the summary. Parameters of a header are said where its properties or its constructor are.</summary>
    private IEnumerable<string> Details(Type type) => comments.Details(type)
        .Where(d => typeof(Delegate).IsAssignableFrom(type) || !d.Name.StartsWith('`'))
        .Select(d => $"{d.Name}: {d.Text}");

    private void WriteMember(Type type, MemberInfo member)
    {
        string signature = type.IsEnum ? member.Name : CSharpNames.Signature(member);

        // The constructor of a header has its type's summary, which was just said.
        string summary = member is ConstructorInfo && comments.Summary(member) == comments.Summary(type) ? "" : comments.Summary(member);
        _text.Append($"- **`{signature}`**{(summary.Length > 0 ? "  \n  " + summary : "")}\n");
        foreach ((string detail, string text) in comments.Details(member))
        {
            _text.Append($"  - {detail}: {text}\n");
        }
    }

    /// <summary>Constructors, fields, properties, methods: those that users see, that the compiler did not make up, and that say something of their own.</summary>
    private MemberInfo[] Members(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return [];
        }

        ConstructorInfo? primary = CSharpNames.PrimaryConstructor(type);
        return [.. type.GetMembers(Declared)
            .Where(m => m is not Type && m != primary && IsVisible(m) && !m.IsDefined(typeof(CompilerGeneratedAttribute)) && !comments.IsInherited(m))
            .Where(m => comments.Summary(m).Length > 0)
            .OrderBy(Rank)
            .ThenBy(m => m.Name, StringComparer.Ordinal)
            .ThenBy(m => CSharpNames.Signature(m), StringComparer.Ordinal)];
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodInfo { IsSpecialName: true } method => CSharpNames.IsVisible(method) && method.Name.StartsWith("op_", StringComparison.Ordinal),
        MethodBase method => CSharpNames.IsVisible(method),
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(CSharpNames.IsVisible),
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        EventInfo happening => CSharpNames.IsVisible(happening.AddMethod!),
        _ => false,
    };

    private static int Rank(MemberInfo member) => member switch
    {
        ConstructorInfo => 0,
        FieldInfo => 1,
        PropertyInfo => 2,
        EventInfo => 3,
        _ => 4,
    };
}
