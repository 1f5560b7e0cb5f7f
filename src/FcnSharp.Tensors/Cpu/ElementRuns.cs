using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Functions of runs of elements. Loads may run a vector past the end; what they find there goes nowhere.</summary>
internal static unsafe class ElementRuns<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>y = x where it is not below 0, else 0; NaN stays. May be in place.</summary>
    /// <param name="x">The input.</param>
    /// <param name="y">The output.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="around">Whether to store past the caches; y must be aligned then.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Relu(float* x, float* y, int count, bool around)
    {
        int lanes = TOps.Lanes;
        TVector zero = TOps.Broadcast(0);
        int i = 0;
        for (; around && i <= count - 4 * lanes; i += 4 * lanes)
        {
            TOps.StoreAround(TOps.AtLeast(TOps.Load(x + i), zero), y + i);
            TOps.StoreAround(TOps.AtLeast(TOps.Load(x + i + lanes), zero), y + i + lanes);
            TOps.StoreAround(TOps.AtLeast(TOps.Load(x + i + 2 * lanes), zero), y + i + 2 * lanes);
            TOps.StoreAround(TOps.AtLeast(TOps.Load(x + i + 3 * lanes), zero), y + i + 3 * lanes);
        }

        for (; i <= count - 4 * lanes; i += 4 * lanes)
        {
            TOps.Store(TOps.AtLeast(TOps.Load(x + i), zero), y + i);
            TOps.Store(TOps.AtLeast(TOps.Load(x + i + lanes), zero), y + i + lanes);
            TOps.Store(TOps.AtLeast(TOps.Load(x + i + 2 * lanes), zero), y + i + 2 * lanes);
            TOps.Store(TOps.AtLeast(TOps.Load(x + i + 3 * lanes), zero), y + i + 3 * lanes);
        }

        for (; i < count; i += lanes)
        {
            TOps.StoreUpTo(TOps.AtLeast(TOps.Load(x + i), zero), y + i, count - i);
        }
    }

    /// <summary>target = gradient where y is above 0, else 0. May be in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReluGradient(float* gradient, float* y, float* target, int count, bool around)
    {
        int lanes = TOps.Lanes;
        TVector zero = TOps.Broadcast(0);
        int i = 0;
        for (; around && i <= count - 2 * lanes; i += 2 * lanes)
        {
            TOps.StoreAround(TOps.IfGreater(TOps.Load(y + i), zero, TOps.Load(gradient + i), zero), target + i);
            TOps.StoreAround(TOps.IfGreater(TOps.Load(y + i + lanes), zero, TOps.Load(gradient + i + lanes), zero), target + i + lanes);
        }

        for (; i <= count - 2 * lanes; i += 2 * lanes)
        {
            TOps.Store(TOps.IfGreater(TOps.Load(y + i), zero, TOps.Load(gradient + i), zero), target + i);
            TOps.Store(TOps.IfGreater(TOps.Load(y + i + lanes), zero, TOps.Load(gradient + i + lanes), zero), target + i + lanes);
        }

        for (; i < count; i += lanes)
        {
            TOps.StoreUpTo(TOps.IfGreater(TOps.Load(y + i), zero, TOps.Load(gradient + i), zero), target + i, count - i);
        }
    }

    /// <summary>target = terms[0] + terms[1] + ..., in this order. May be in place.</summary>
    /// <param name="terms">Where the terms begin.</param>
    /// <param name="termCount">Number of terms, at least 1.</param>
    /// <param name="first">The run's first element in each term.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="target">The run in the result.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(nint* terms, int termCount, nint first, int count, float* target)
    {
        int lanes = TOps.Lanes;
        int i = 0;
        for (; i <= count - 4 * lanes; i += 4 * lanes)
        {
            float* at = (float*)terms[0] + first + i;
            (TVector a, TVector b, TVector c, TVector d) = (TOps.Load(at), TOps.Load(at + lanes), TOps.Load(at + 2 * lanes), TOps.Load(at + 3 * lanes));
            for (int t = 1; t < termCount; t++)
            {
                at = (float*)terms[t] + first + i;
                a = TOps.Add(a, TOps.Load(at));
                b = TOps.Add(b, TOps.Load(at + lanes));
                c = TOps.Add(c, TOps.Load(at + 2 * lanes));
                d = TOps.Add(d, TOps.Load(at + 3 * lanes));
            }

            TOps.Store(a, target + i);
            TOps.Store(b, target + i + lanes);
            TOps.Store(c, target + i + 2 * lanes);
            TOps.Store(d, target + i + 3 * lanes);
        }

        for (; i < count; i += lanes)
        {
            TVector sum = TOps.Load((float*)terms[0] + first + i);
            for (int t = 1; t < termCount; t++)
            {
                sum = TOps.Add(sum, TOps.Load((float*)terms[t] + first + i));
            }

            TOps.StoreUpTo(sum, target + i, count - i);
        }
    }

    /// <summary>target = coefficients[0] * terms[0] + coefficients[1] * terms[1] + ..., in this order. May be in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightedSum(nint* terms, float* coefficients, int termCount, nint first, int count, float* target)
    {
        for (int i = 0; i < count; i += TOps.Lanes)
        {
            TVector sum = TOps.Multiply(TOps.Load((float*)terms[0] + first + i), TOps.Broadcast(coefficients[0]));
            for (int t = 1; t < termCount; t++)
            {
                sum = TOps.Add(sum, TOps.Multiply(TOps.Load((float*)terms[t] + first + i), TOps.Broadcast(coefficients[t])));
            }

            TOps.StoreUpTo(sum, target + i, count - i);
        }
    }

    /// <summary>y = x * scale where the element's draw is at least the threshold, else 0; two elements share a draw. May be in place.</summary>
    /// <param name="x">The input.</param>
    /// <param name="y">The output.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="key">Key of the stream of draws.</param>
    /// <param name="draw">Position of the first element's draw.</param>
    /// <param name="threshold">Smallest draw that keeps an element.</param>
    /// <param name="scale">Factor of what is kept.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dropout(float* x, float* y, int count, ulong key, ulong draw, uint threshold, float scale)
    {
        TVector zero = TOps.Broadcast(0);
        TVector scales = TOps.Broadcast(scale);
        TVector thresholds = TOps.BroadcastBits((int)threshold);
        for (int i = 0; i < count; i += TOps.Lanes)
        {
            TVector bits = TOps.RandomBits(key, draw + (ulong)i / 2);
            TOps.StoreUpTo(TOps.IfNotBelowBits(bits, thresholds, TOps.Multiply(TOps.Load(x + i), scales), zero), y + i, count - i);
        }
    }
}
