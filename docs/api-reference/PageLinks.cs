namespace FcnSharp.ApiReference;

/// <summary>Where a type stands in the reference.</summary>
/// <param name="types">All types that have a place.</param>
internal sealed class PageLinks(IReadOnlyList<Type> types)
{
    private readonly Dictionary<string, Type> _byId = types.ToDictionary(MemberId.Of);

    /// <summary>A link to a type.</summary>
    public static string Of(Type type) => $"[{Escaped(CSharpNames.Simple(type))}]({Target(type)})";

    /// <summary>A link for what a comment's cref names; its name alone where it has no place here.</summary>
    /// <param name="cref">Such as "M:FcnSharp.Graph.Network.Initialize(System.UInt64)".</param>
    public string To(string cref)
    {
        string full = cref[2..].Split('(')[0];
        if (_byId.TryGetValue("T:" + full, out Type? type))
        {
            return Of(type);
        }

        int dot = full.LastIndexOf('.');
        string member = full[(dot + 1)..].Replace("#ctor", "new", StringComparison.Ordinal).Split('`')[0];
        return cref[0] != 'T' && dot > 0 && _byId.TryGetValue("T:" + full[..dot], out Type? owner)
            ? $"[{Escaped(CSharpNames.Simple(owner))}.{member}]({Target(owner)})"
            : $"`{member}`";
    }

    private static string Target(Type type) => $"{type.Namespace}.md#{Anchor(CSharpNames.Simple(type))}";

    /// <summary>The anchor that a Markdown heading gets: small letters and digits alone.</summary>
    private static string Anchor(string heading) => string.Concat(heading.ToLowerInvariant().Where(char.IsLetterOrDigit));

    private static string Escaped(string name) => name.Replace("<", "&lt;", StringComparison.Ordinal);
}
