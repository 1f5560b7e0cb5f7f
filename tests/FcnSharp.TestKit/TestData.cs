using FcnSharp.Tensors;

namespace FcnSharp.TestKit;

/// <summary>Reproducible data without any symmetry: flipped axes, swapped channels and shifted pixels all change the result.</summary>
public static class TestData
{
    /// <summary>Whole numbers from -limit to limit: sums of their products are exact in float below 2^24.</summary>
    public static Tensor Integers(Shape shape, ulong seed, int limit)
    {
        var tensor = new Tensor(shape);
        Span<float> data = tensor.Span;
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = (int)(CounterRandom.Bits(seed, 1, (ulong)i) % (ulong)(2 * limit + 1)) - limit;
        }

        return tensor;
    }

    /// <summary>Normally distributed numbers, with a mean that differs from 0 so that a lost sign shows.</summary>
    public static Tensor Normal(Shape shape, ulong seed, double scale = 1, double mean = 0.1)
    {
        var tensor = new Tensor(shape);
        Span<float> data = tensor.Span;
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = (float)(mean + scale * CounterRandom.Normal(seed, 2, (ulong)i));
        }

        return tensor;
    }

    /// <summary>Class indices from 0 to classes - 1, about one in <paramref name="voidEvery"/> replaced by the index of void.</summary>
    public static int[] Labels(long count, int classes, ulong seed, int ignoreIndex, int voidEvery = 5)
    {
        var labels = new int[count];
        for (int i = 0; i < labels.Length; i++)
        {
            ulong bits = CounterRandom.Bits(seed, 3, (ulong)i);
            labels[i] = (bits >> 32) % (ulong)voidEvery == 0 ? ignoreIndex : (int)(bits % (uint)classes);
        }

        return labels;
    }

    /// <summary>The absolute value of each element.</summary>
    public static Tensor Absolute(Tensor tensor)
    {
        Tensor result = tensor.Clone();
        foreach (ref float value in result.Span)
        {
            value = Math.Abs(value);
        }

        return result;
    }
}
