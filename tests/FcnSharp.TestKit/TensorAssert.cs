using System.Globalization;
using System.Runtime.InteropServices;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.TestKit;

/// <summary>Comparisons of many numbers, with a message that says which, where and by how much.</summary>
public static class TensorAssert
{
    /// <summary>Every element equals, by value: tolerance 0. NaN equals nothing.</summary>
    public static void Exact(string what, Shape shape, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        Within(what, shape, expected, actual, static _ => 0);

    /// <summary>Every element's error is at most the bound of its index; a NaN fails.</summary>
    public static void Within(string what, Shape shape, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, Func<int, double> bound)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs((double)actual[i] - expected[i]);
            if (!(error <= bound(i)))
            {
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{what}{At(shape, i)}: expected {expected[i]}, found {actual[i]}, error {error:G3}, bound {bound(i):G3}"));
            }
        }
    }

    /// <summary>Every element's error is at most a share of the expected values' root mean square; a NaN fails.</summary>
    public static void Close(string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double relative)
    {
        double squares = 0;
        foreach (float value in expected)
        {
            squares += (double)value * value;
        }

        double bound = relative * Math.Sqrt(squares / Math.Max(1, expected.Length));
        Within(what, new Shape(expected.Length), expected, actual, _ => bound);
    }

    /// <summary>Every element has the same bits.</summary>
    public static void SameBits(string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        if (!MemoryMarshal.Cast<float, int>(expected).SequenceEqual(MemoryMarshal.Cast<float, int>(actual)))
        {
            int i = MemoryMarshal.Cast<float, int>(expected).CommonPrefixLength(MemoryMarshal.Cast<float, int>(actual));
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{what}: element {i} of {expected.Length} differs in its bits: {expected[i]:R} and {actual[i]:R}"));
        }
    }

    private static string At(Shape shape, int index)
    {
        int[] at = new int[shape.Rank];
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            at[axis] = index % shape[axis];
            index /= shape[axis];
        }

        return $"[{string.Join(", ", at)}] of {shape}";
    }
}
