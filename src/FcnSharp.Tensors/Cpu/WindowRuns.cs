using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Convolutions of one plane with one kernel, and their gradients: what is left of a convolution whose channels do not mix.</summary>
internal static unsafe class WindowRuns<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>
    /// target = bias + sum over taps of weight * what the tap sees, clamped from below. Loads may run four vectors past the end of
    /// a row; what they find there goes nowhere.
    /// </summary>
    /// <param name="source">What a tap without a shift sees at the first pixel.</param>
    /// <param name="pitch">Floats between two rows of it.</param>
    /// <param name="offsets">The taps' shifts in floats.</param>
    /// <param name="weights">A number a tap.</param>
    /// <param name="taps">Number of taps.</param>
    /// <param name="bias">What is added.</param>
    /// <param name="floor">What results are at least.</param>
    /// <param name="target">The result, rows without gaps.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Convolve(float* source, nint pitch, nint* offsets, float* weights, int taps, float bias, float floor, float* target, int rows, int columns)
    {
        int lanes = TOps.Lanes;
        TVector limit = TOps.Broadcast(floor);
        for (; rows > 0; rows--, source += pitch, target += columns)
        {
            int x = 0;
            for (; x + 3 * lanes < columns; x += 4 * lanes)
            {
                TVector s0 = TOps.Broadcast(bias);
                TVector s1 = s0;
                TVector s2 = s0;
                TVector s3 = s0;
                for (int t = 0; t < taps; t++)
                {
                    float* from = source + offsets[t] + x;
                    TVector weight = TOps.Broadcast(weights[t]);
                    s0 = TOps.MultiplyAdd(weight, TOps.Load(from), s0);
                    s1 = TOps.MultiplyAdd(weight, TOps.Load(from + lanes), s1);
                    s2 = TOps.MultiplyAdd(weight, TOps.Load(from + 2 * lanes), s2);
                    s3 = TOps.MultiplyAdd(weight, TOps.Load(from + 3 * lanes), s3);
                }

                TOps.Store(TOps.AtLeast(s0, limit), target + x);
                TOps.Store(TOps.AtLeast(s1, limit), target + x + lanes);
                TOps.Store(TOps.AtLeast(s2, limit), target + x + 2 * lanes);
                TOps.StoreUpTo(TOps.AtLeast(s3, limit), target + x + 3 * lanes, columns - x - 3 * lanes);
            }

            for (; x < columns; x += lanes)
            {
                TVector sum = TOps.Broadcast(bias);
                for (int t = 0; t < taps; t++)
                {
                    sum = TOps.MultiplyAdd(TOps.Broadcast(weights[t]), TOps.Load(source + offsets[t] + x), sum);
                }

                TOps.StoreUpTo(TOps.AtLeast(sum, limit), target + x, columns - x);
            }
        }
    }

    /// <summary>target[c] += sum over taps of weights[tap][c] * what the tap sees, for three planes c: each vector that is loaded serves all of them.</summary>
    /// <param name="source">What offsets count from, at the first pixel.</param>
    /// <param name="pitch">Floats between two rows of it.</param>
    /// <param name="offsets">The taps' shifts in floats.</param>
    /// <param name="weights">Three numbers a tap.</param>
    /// <param name="taps">Number of taps.</param>
    /// <param name="target">The first plane, rows without gaps.</param>
    /// <param name="plane">Floats between two planes.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns, a multiple of four vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTaps(float* source, nint pitch, nint* offsets, float* weights, int taps, float* target, nint plane, int rows, int columns)
    {
        int lanes = TOps.Lanes;
        for (; rows > 0; rows--, source += pitch, target += columns)
        {
            for (int x = 0; x < columns; x += 4 * lanes)
            {
                float* to = target + x;
                (TVector a0, TVector a1, TVector a2, TVector a3) = (TOps.Load(to), TOps.Load(to + lanes), TOps.Load(to + 2 * lanes), TOps.Load(to + 3 * lanes));
                to += plane;
                (TVector b0, TVector b1, TVector b2, TVector b3) = (TOps.Load(to), TOps.Load(to + lanes), TOps.Load(to + 2 * lanes), TOps.Load(to + 3 * lanes));
                to += plane;
                (TVector c0, TVector c1, TVector c2, TVector c3) = (TOps.Load(to), TOps.Load(to + lanes), TOps.Load(to + 2 * lanes), TOps.Load(to + 3 * lanes));
                for (int t = 0; t < taps; t++)
                {
                    float* from = source + offsets[t] + x;
                    TVector a = TOps.Broadcast(weights[3 * t]);
                    TVector b = TOps.Broadcast(weights[3 * t + 1]);
                    TVector c = TOps.Broadcast(weights[3 * t + 2]);
                    TVector value = TOps.Load(from);
                    a0 = TOps.MultiplyAdd(a, value, a0);
                    b0 = TOps.MultiplyAdd(b, value, b0);
                    c0 = TOps.MultiplyAdd(c, value, c0);
                    value = TOps.Load(from + lanes);
                    a1 = TOps.MultiplyAdd(a, value, a1);
                    b1 = TOps.MultiplyAdd(b, value, b1);
                    c1 = TOps.MultiplyAdd(c, value, c1);
                    value = TOps.Load(from + 2 * lanes);
                    a2 = TOps.MultiplyAdd(a, value, a2);
                    b2 = TOps.MultiplyAdd(b, value, b2);
                    c2 = TOps.MultiplyAdd(c, value, c2);
                    value = TOps.Load(from + 3 * lanes);
                    a3 = TOps.MultiplyAdd(a, value, a3);
                    b3 = TOps.MultiplyAdd(b, value, b3);
                    c3 = TOps.MultiplyAdd(c, value, c3);
                }

                Store4(c0, c1, c2, c3, to);
                Store4(b0, b1, b2, b3, to - plane);
                Store4(a0, a1, a2, a3, to - 2 * plane);
            }
        }
    }

    /// <summary>sums[t] += the products of a gradient and of what a tap sees, for three taps at a time.</summary>
    /// <param name="gradient">The gradient, whose rows end in zeros up to a whole number of vectors.</param>
    /// <param name="gradientPitch">Floats between two rows of it.</param>
    /// <param name="source">What a tap without a shift sees at the first pixel.</param>
    /// <param name="pitch">Floats between two rows of it.</param>
    /// <param name="offsets">The taps' shifts in floats.</param>
    /// <param name="taps">Number of taps, a multiple of three.</param>
    /// <param name="rows">Rows of the gradient.</param>
    /// <param name="columns">Columns, a whole number of vectors.</param>
    /// <param name="sums">A number a tap.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddProducts(float* gradient, nint gradientPitch, float* source, nint pitch, nint* offsets, int taps, int rows, int columns, float* sums)
    {
        for (int t = 0; t < taps; t += 3)
        {
            TVector s0 = TOps.Broadcast(0);
            TVector s1 = s0;
            TVector s2 = s0;
            for (int y = 0; y < rows; y++)
            {
                float* g = gradient + y * gradientPitch;
                float* x0 = source + y * pitch + offsets[t];
                float* x1 = source + y * pitch + offsets[t + 1];
                float* x2 = source + y * pitch + offsets[t + 2];
                for (int x = 0; x < columns; x += TOps.Lanes)
                {
                    TVector value = TOps.Load(g + x);
                    s0 = TOps.MultiplyAdd(value, TOps.Load(x0 + x), s0);
                    s1 = TOps.MultiplyAdd(value, TOps.Load(x1 + x), s1);
                    s2 = TOps.MultiplyAdd(value, TOps.Load(x2 + x), s2);
                }
            }

            sums[t] += TOps.Sum(s0);
            sums[t + 1] += TOps.Sum(s1);
            sums[t + 2] += TOps.Sum(s2);
        }
    }

    /// <summary>The products of a kernel and of windows a step apart, summed: four windows at a time. Its rows are whole vectors.</summary>
    /// <param name="source">The first window.</param>
    /// <param name="pitch">Floats between two rows of a window.</param>
    /// <param name="step">Floats between two windows.</param>
    /// <param name="weights">The kernel, rows without gaps.</param>
    /// <param name="height">Rows of the kernel.</param>
    /// <param name="width">Columns of the kernel.</param>
    /// <param name="target">A number a window.</param>
    /// <param name="count">Number of windows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumWindows(float* source, nint pitch, nint step, float* weights, int height, int width, float* target, int count)
    {
        int i = 0;
        for (; i <= count - 4; i += 4, source += 4 * step)
        {
            TVector s0 = TOps.Broadcast(0);
            TVector s1 = s0;
            TVector s2 = s0;
            TVector s3 = s0;
            float* weight = weights;
            float* row = source;
            for (int y = 0; y < height; y++, row += pitch)
            {
                for (int x = 0; x < width; x += TOps.Lanes, weight += TOps.Lanes)
                {
                    TVector w = TOps.Load(weight);
                    s0 = TOps.MultiplyAdd(w, TOps.Load(row + x), s0);
                    s1 = TOps.MultiplyAdd(w, TOps.Load(row + step + x), s1);
                    s2 = TOps.MultiplyAdd(w, TOps.Load(row + 2 * step + x), s2);
                    s3 = TOps.MultiplyAdd(w, TOps.Load(row + 3 * step + x), s3);
                }
            }

            target[i] = TOps.Sum(s0);
            target[i + 1] = TOps.Sum(s1);
            target[i + 2] = TOps.Sum(s2);
            target[i + 3] = TOps.Sum(s3);
        }

        for (; i < count; i++, source += step)
        {
            TVector sum = TOps.Broadcast(0);
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x += TOps.Lanes)
                {
                    sum = TOps.MultiplyAdd(TOps.Load(weights + y * width + x), TOps.Load(source + y * pitch + x), sum);
                }
            }

            target[i] = TOps.Sum(sum);
        }
    }

    /// <summary>kernel += the sum of windows a step apart, each times a number: four vectors of a kernel's rows at a time.</summary>
    /// <param name="source">The first window.</param>
    /// <param name="pitch">Floats between two rows of a window; a row of windows is <paramref name="rowStep"/> floats from the next.</param>
    /// <param name="step">Floats between two windows.</param>
    /// <param name="rowStep">Floats between two rows of windows.</param>
    /// <param name="numbers">A number a window, rows without gaps.</param>
    /// <param name="rows">Rows of windows.</param>
    /// <param name="columns">Windows of a row.</param>
    /// <param name="kernel">The kernel, rows without gaps.</param>
    /// <param name="height">Rows of the kernel, a multiple of four.</param>
    /// <param name="width">Columns of the kernel, whole vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddWindows(float* source, nint pitch, nint step, nint rowStep, float* numbers, int rows, int columns, float* kernel, int height, int width)
    {
        for (int y = 0; y < height; y += 4)
        {
            for (int x = 0; x < width; x += TOps.Lanes)
            {
                float* to = kernel + y * width + x;
                TVector s0 = TOps.Broadcast(0);
                TVector s1 = s0;
                TVector s2 = s0;
                TVector s3 = s0;
                float* number = numbers;
                for (int row = 0; row < rows; row++)
                {
                    float* window = source + row * rowStep + y * pitch + x;
                    for (int column = columns; column > 0; column--, window += step, number++)
                    {
                        TVector n = TOps.Broadcast(*number);
                        s0 = TOps.MultiplyAdd(n, TOps.Load(window), s0);
                        s1 = TOps.MultiplyAdd(n, TOps.Load(window + pitch), s1);
                        s2 = TOps.MultiplyAdd(n, TOps.Load(window + 2 * pitch), s2);
                        s3 = TOps.MultiplyAdd(n, TOps.Load(window + 3 * pitch), s3);
                    }
                }

                TOps.Store(TOps.Add(TOps.Load(to), s0), to);
                TOps.Store(TOps.Add(TOps.Load(to + width), s1), to + width);
                TOps.Store(TOps.Add(TOps.Load(to + 2 * width), s2), to + 2 * width);
                TOps.Store(TOps.Add(TOps.Load(to + 3 * width), s3), to + 3 * width);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(TVector v0, TVector v1, TVector v2, TVector v3, float* target)
    {
        TOps.Store(v0, target);
        TOps.Store(v1, target + TOps.Lanes);
        TOps.Store(v2, target + 2 * TOps.Lanes);
        TOps.Store(v3, target + 3 * TOps.Lanes);
    }
}
