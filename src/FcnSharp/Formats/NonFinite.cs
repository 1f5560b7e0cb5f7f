using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>Finds the NaN and infinities that no weights in earnest hold: a net that has one of them predicts nothing.</summary>
public static class NonFinite
{
    /// <summary>Says where the first NaN or infinity is, such as "'conv1.weight' of 96x3x7x7 holds NaN at index [0, 2, 1, 5]"; null when all values are finite.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="tensor">The values.</param>
    public static string? Describe(string name, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(tensor);
        int flat = FloatConversion.IndexOfNonFinite(tensor.Span);
        if (flat < 0)
        {
            return null;
        }

        int[] index = tensor.Shape.ToArray();
        int rest = flat;
        for (int axis = index.Length - 1; axis >= 0; axis--)
        {
            (rest, index[axis]) = Math.DivRem(rest, index[axis]);
        }

        string found = float.IsNaN(tensor.Span[flat]) ? "NaN" : "an infinity";
        string where = string.Join(", ", index.Select(i => i.ToString(CultureInfo.InvariantCulture)));
        return $"{ErrorText.Quote(name)} of {tensor.Shape} holds {found} at index [{where}]";
    }
}
