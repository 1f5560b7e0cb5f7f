using FcnSharp.Graph;
using FcnSharp.Tensors;

namespace FcnSharp.Models;

/// <summary>The nets that can be built by name.</summary>
public static class Catalogue
{
    /// <summary>More classes than this would not fit a label of one byte beside void.</summary>
    public const int MaxClasses = 255;

    private static readonly Dictionary<string, Func<NetOptions, NetGraph>> Builders = new(StringComparer.Ordinal)
    {
        ["mini-fcn8s"] = MiniFcn8s.Build,
    };

    /// <summary>The names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Builders.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Builds a net.</summary>
    /// <exception cref="FcnSharpException">The name is unknown, or an option is out of range.</exception>
    public static NetGraph Build(string name, NetOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Classes is < 2 or > MaxClasses)
        {
            throw new FcnSharpException($"A net needs 2 to {MaxClasses} classes, found {options.Classes}.");
        }

        return Builders.TryGetValue(name, out Func<NetOptions, NetGraph>? build)
            ? build(options)
            : throw new FcnSharpException($"There is no net \"{name}\"; there is {string.Join(", ", Names)}.");
    }
}
