using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Max-pooling of a plane by vectors of windows that lie side by side. Candidates come in row-major order and only a greater
/// one wins: the first of equals stays, and so does a NaN that is first, while any other NaN loses. Loads may run past the
/// end of a row; what they find there goes nowhere.
/// </summary>
internal static unsafe class MaxPoolPlanes<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>The largest of each window, for strides 1 and 2.</summary>
    /// <param name="g">The windows.</param>
    /// <param name="source">The plane.</param>
    /// <param name="target">Its results.</param>
    /// <param name="rows">Room for <see cref="PoolGeometry.Size"/> rows, where windows reach out of the plane.</param>
    /// <param name="rowLength">Floats of such a row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Values(PoolGeometry g, float* source, float* target, float* rows, int rowLength)
    {
        if (g.IsPairs)
        {
            Pairs(g, source, target);
            return;
        }

        bool copied = g.Padding > 0 || g.Overhang > 0;
        int copiedRows = 0;
        float* end = copied ? rows + (nint)g.Size * rowLength : null;
        nint step = copied ? rowLength : g.Width;
        for (int y = 0; y < g.ToHeight; y++, target += g.ToWidth)
        {
            int y0 = Math.Max(0, y * g.Stride - g.Padding);
            int y1 = Math.Min(g.Height, y * g.Stride - g.Padding + g.Size);
            for (copiedRows = Math.Max(copiedRows, y0); copied && copiedRows < y1; copiedRows++)
            {
                CopyRow(g, source + (nint)copiedRows * g.Width, rows + (nint)(copiedRows % g.Size) * rowLength);
            }

            float* first = copied ? rows + (nint)(y0 % g.Size) * rowLength : source + (nint)y0 * g.Width;
            if (g.Size == 3)
            {
                // Without a second or third row the one before stands in for it: equals change nothing.
                float* second = y1 - y0 > 1 ? Next(first, step, end, 3) : first;
                float* third = y1 - y0 > 2 ? Next(second, step, end, 3) : second;
                if (g.Stride == 1)
                {
                    Threes1(first, second, third, target, g.ToWidth);
                }
                else
                {
                    Threes2(first, second, third, target, g.ToWidth);
                }
            }
            else if (g.Stride == 1)
            {
                Row1(first, step, end, y1 - y0, g.Size, target, g.ToWidth);
            }
            else
            {
                Row2(first, step, end, y1 - y0, g.Size, target, g.ToWidth);
            }
        }
    }

    /// <summary>The largest of each window and its index in the plane, for strides 1 and 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Winners(PoolGeometry g, float* source, float* target, int* winners)
    {
        int begin = g.FirstInside;
        int end = g.EndInside;
        for (int y = 0; y < g.ToHeight; y++, target += g.ToWidth, winners += g.ToWidth)
        {
            int y0 = Math.Max(0, y * g.Stride - g.Padding);
            int y1 = Math.Min(g.Height, y * g.Stride - g.Padding + g.Size);
            MaxPoolWindow.Run(g, source, y0, y1, 0, begin, target, winners);
            MaxPoolWindow.Run(g, source, y0, y1, end, g.ToWidth, target, winners);
            for (int x = begin; x < end; x += TOps.Lanes)
            {
                int first = y0 * g.Width + x * g.Stride - g.Padding;
                float* row = source + first;
                TVector best = g.Stride == 1 ? TOps.Load(row) : TOps.Even(TOps.Load(row), TOps.Load(row + TOps.Lanes));
                TVector winner = TOps.BroadcastBits(0);
                for (int offset = 0; offset < (y1 - y0) * g.Width; offset += g.Width)
                {
                    if (g.Stride == 1)
                    {
                        for (int i = 0; i < g.Size; i++)
                        {
                            Challenge(TOps.Load(row + offset + i), offset + i, ref best, ref winner);
                        }

                        continue;
                    }

                    for (int i = 0; i < g.Size; i += 2)
                    {
                        TVector left = TOps.Load(row + offset + i);
                        TVector right = TOps.Load(row + offset + i + TOps.Lanes);
                        Challenge(TOps.Even(left, right), offset + i, ref best, ref winner);
                        if (i + 1 < g.Size)
                        {
                            Challenge(TOps.Odd(left, right), offset + i + 1, ref best, ref winner);
                        }
                    }
                }

                winner = TOps.AddBits(winner, TOps.AddBits(TOps.RampBits(g.Stride), TOps.BroadcastBits(first)));
                TOps.StoreUpTo(best, target + x, end - x);
                TOps.StoreUpTo(winner, (float*)(winners + x), end - x);
            }
        }
    }

    /// <summary>
    /// The gradient of 2x2 windows that tile the plane: every pixel is written once, with its window's gradient where it won and
    /// with 0 elsewhere.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PairsGradient(PoolGeometry g, float* gradient, int* winners, float* target)
    {
        int lanes = TOps.Lanes;
        int pairs = Math.Min(g.Width / 2, g.ToWidth);
        TVector zero = TOps.Broadcast(0);
        TVector one = TOps.BroadcastBits(1);
        TVector below = TOps.BroadcastBits(g.Width);
        for (int y = 0; y < g.ToHeight; y++, gradient += g.ToWidth, winners += g.ToWidth)
        {
            int first = 2 * y * g.Width;
            bool two = 2 * y + 1 < g.Height;
            for (int next = 0; next < pairs; next += lanes)
            {
                int x = Start(next, pairs);
                TVector value = TOps.Load(gradient + x);
                TVector winner = TOps.Load((float*)(winners + x));
                TVector here = TOps.AddBits(TOps.RampBits(2), TOps.BroadcastBits(first + 2 * x));
                StorePairs(value, winner, here, TOps.AddBits(here, one), zero, target + first + 2 * x, 2 * (pairs - x));
                if (two)
                {
                    here = TOps.AddBits(here, below);
                    StorePairs(value, winner, here, TOps.AddBits(here, one), zero, target + first + g.Width + 2 * x, 2 * (pairs - x));
                }
            }

            for (int x = 2 * pairs; x < g.Width; x++)
            {
                for (int at = first + x; at <= first + x + (two ? g.Width : 0); at += g.Width)
                {
                    target[at] = pairs < g.ToWidth && winners[pairs] == at ? gradient[pairs] : 0;
                }
            }
        }

        int done = Math.Min(g.Height, 2 * g.ToHeight) * g.Width;
        new Span<float>(target + done, g.Height * g.Width - done).Clear();
    }

    /// <summary>Two rows of two vectors give a vector of windows.</summary>
    private static void Pairs(PoolGeometry g, float* source, float* target)
    {
        int lanes = TOps.Lanes;
        int pairs = Math.Min(g.Width / 2, g.ToWidth);
        for (int y = 0; y < g.ToHeight; y++, target += g.ToWidth)
        {
            // Without a second row the first stands in for it: equals change nothing.
            float* upper = source + (nint)2 * y * g.Width;
            float* lower = 2 * y + 1 < g.Height ? upper + g.Width : upper;
            int x = 0;
            for (; x <= pairs - lanes; x += lanes)
            {
                TOps.Store(Pair(upper + 2 * x, lower + 2 * x), target + x);
            }

            if (x < pairs)
            {
                x = Start(x, pairs);
                TOps.StoreUpTo(Pair(upper + 2 * x, lower + 2 * x), target + x, pairs - x);
            }

            if (pairs < g.ToWidth)
            {
                float first = upper[2 * pairs];
                float second = lower[2 * pairs];
                target[pairs] = second > first ? second : first;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Pair(float* upper, float* lower)
    {
        TVector left = TOps.Load(upper);
        TVector right = TOps.Load(upper + TOps.Lanes);
        TVector best = TOps.AtLeast(TOps.Even(left, right), TOps.Odd(left, right));
        left = TOps.Load(lower);
        right = TOps.Load(lower + TOps.Lanes);
        return TOps.AtLeast(TOps.AtLeast(best, TOps.Even(left, right)), TOps.Odd(left, right));
    }

    /// <summary>
    /// A row with its ends repeated as far as windows reach: a window that is cut off contains the end, and an equal that comes
    /// again changes nothing.
    /// </summary>
    private static void CopyRow(PoolGeometry g, float* row, float* target)
    {
        new Span<float>(target, g.Padding).Fill(row[0]);
        Unsafe.CopyBlockUnaligned(target + g.Padding, row, (uint)g.Width * sizeof(float));
        new Span<float>(target + g.Padding + g.Width, g.Overhang).Fill(row[g.Width - 1]);
    }

    /// <summary>Where a vector of results begins: the last one repeats some of those before where a part of it would be stored slowly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Start(int next, int count) => TOps.HasMasks ? next : Math.Max(0, Math.Min(next, count - TOps.Lanes));

    /// <summary>Windows of 3x3 with stride 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Threes1(float* first, float* second, float* third, float* target, int count)
    {
        for (int next = 0; next < count; next += TOps.Lanes)
        {
            int x = Start(next, count);
            TVector best = TOps.AtLeast(TOps.AtLeast(TOps.Load(first + x), TOps.Load(first + x + 1)), TOps.Load(first + x + 2));
            best = TOps.AtLeast(TOps.AtLeast(TOps.AtLeast(best, TOps.Load(second + x)), TOps.Load(second + x + 1)), TOps.Load(second + x + 2));
            best = TOps.AtLeast(TOps.AtLeast(TOps.AtLeast(best, TOps.Load(third + x)), TOps.Load(third + x + 1)), TOps.Load(third + x + 2));
            TOps.StoreUpTo(best, target + x, count - x);
        }
    }

    /// <summary>Windows of 3x3 with stride 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Threes2(float* first, float* second, float* third, float* target, int count)
    {
        for (int next = 0; next < count; next += TOps.Lanes)
        {
            int x = Start(next, count);
            TVector best = Three(TOps.Even(TOps.Load(first + 2 * x), TOps.Load(first + 2 * x + TOps.Lanes)), first + 2 * x);
            best = Three(Three(best, second + 2 * x), third + 2 * x);
            TOps.StoreUpTo(best, target + x, count - x);
        }
    }

    /// <summary>The larger of what is and of three neighbours each, every second one the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Three(TVector best, float* row)
    {
        TVector left = TOps.Load(row);
        TVector right = TOps.Load(row + TOps.Lanes);
        best = TOps.AtLeast(TOps.AtLeast(best, TOps.Even(left, right)), TOps.Odd(left, right));
        return TOps.AtLeast(best, TOps.Even(TOps.Load(row + 2), TOps.Load(row + 2 + TOps.Lanes)));
    }

    /// <summary>Stride 1; rows follow each other by <paramref name="step"/>, and after <paramref name="end"/> from the first of the ring.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row1(float* first, nint step, float* end, int rows, int size, float* target, int count)
    {
        for (int x = 0; x < count; x += TOps.Lanes)
        {
            float* row = first;
            TVector best = TOps.Load(row + x);
            for (int r = 0; r < rows; r++)
            {
                for (int i = 0; i < size; i++)
                {
                    best = TOps.AtLeast(best, TOps.Load(row + x + i));
                }

                row = Next(row, step, end, size);
            }

            TOps.StoreUpTo(best, target + x, count - x);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row2(float* first, nint step, float* end, int rows, int size, float* target, int count)
    {
        for (int x = 0; x < count; x += TOps.Lanes)
        {
            float* row = first;
            TVector best = TOps.Even(TOps.Load(row + 2 * x), TOps.Load(row + 2 * x + TOps.Lanes));
            for (int r = 0; r < rows; r++)
            {
                float* at = row + 2 * x;
                int i = 0;
                for (; i + 2 <= size; i += 2, at += 2)
                {
                    TVector left = TOps.Load(at);
                    TVector right = TOps.Load(at + TOps.Lanes);
                    best = TOps.AtLeast(TOps.AtLeast(best, TOps.Even(left, right)), TOps.Odd(left, right));
                }

                if (i < size)
                {
                    best = TOps.AtLeast(best, TOps.Even(TOps.Load(at), TOps.Load(at + TOps.Lanes)));
                }

                row = Next(row, step, end, size);
            }

            TOps.StoreUpTo(best, target + x, count - x);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Next(float* row, nint step, float* end, int size)
    {
        row += step;
        return row == end ? row - size * step : row;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Challenge(TVector candidate, int offset, ref TVector best, ref TVector winner)
    {
        winner = TOps.IfGreater(candidate, best, TOps.BroadcastBits(offset), winner);
        best = TOps.AtLeast(best, candidate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePairs(TVector value, TVector winner, TVector left, TVector right, TVector zero, float* target, int count)
    {
        left = TOps.IfSameBits(winner, left, value, zero);
        right = TOps.IfSameBits(winner, right, value, zero);
        TOps.StoreUpTo(TOps.ZipLower(left, right), target, count);
        if (count > TOps.Lanes)
        {
            TOps.StoreUpTo(TOps.ZipUpper(left, right), target + TOps.Lanes, count - TOps.Lanes);
        }
    }
}
