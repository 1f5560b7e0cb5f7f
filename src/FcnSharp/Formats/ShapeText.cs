using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>Shapes as files give them, which may be none that a net can use.</summary>
internal static class ShapeText
{
    /// <summary>The shape, if a net can use it: at most four axes, none of them empty, no more elements than one array holds.</summary>
    public static bool TryCreate(ReadOnlySpan<long> dimensions, out Shape shape, [NotNullWhen(false)] out string? problem)
    {
        shape = default;
        problem = null;
        if (dimensions.Length > Shape.MaxRank)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"{dimensions.Length} axes, at most {Shape.MaxRank} are read");
            return false;
        }

        Int128 count = 1;
        foreach (long dimension in dimensions)
        {
            // Four factors below 2^31 stay within 128 bits.
            count *= dimension is >= 0 and <= int.MaxValue ? dimension : int.MaxValue;
        }

        if (count < 1 || count > Array.MaxLength)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"{(count < 1 ? "no" : "too many")} elements, from 1 to {Array.MaxLength} are read");
            return false;
        }

        Span<int> sizes = stackalloc int[dimensions.Length];
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            sizes[axis] = (int)dimensions[axis];
        }

        shape = new Shape(sizes);
        return true;
    }

    /// <summary>The dimensions joined by x, "scalar" for none; cut after eight.</summary>
    public static string Describe(ReadOnlySpan<long> dimensions)
    {
        string text = string.Join('x', dimensions[..Math.Min(8, dimensions.Length)].ToArray().Select(d => d.ToString(CultureInfo.InvariantCulture)));
        return dimensions.Length == 0 ? "scalar" : dimensions.Length > 8 ? text + "x..." : text;
    }
}
