using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// The innermost loops of everything that works on blocked channels: a tile of C, some rows by two vectors, is held in
/// registers while C (+)= A * B runs over blocks of the depth. Element (row, k) of A is at a + row * stride + k * aStep within
/// a block, and blocks are aBlock apart; B is [k][2 vectors] without gaps; the two vectors of a row of C lie in two panels,
/// cPanel apart, in which rows follow each other.
/// Accumulators must be locals, one by one: arrays and structs of them are spilled by the JIT. So each number of rows is
/// written out, which makes this file long. 14 rows use 28 of the 32 registers of AVX-512, 6 rows 12 of 16.
/// </summary>
internal static unsafe class TileKernels<TOps, TVector, TRows>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
    where TRows : struct, ITileRows
{
    /// <summary>14 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows14(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint* table = (nint*)aBlock;
        TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
        TVector q0 = add ? TOps.Load(c + cPanel) : TOps.Broadcast(0);
        TVector p1 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
        TVector q1 = add ? TOps.Load(c + cPanel + lanes) : TOps.Broadcast(0);
        TVector p2 = add ? TOps.Load(c + 2 * lanes) : TOps.Broadcast(0);
        TVector q2 = add ? TOps.Load(c + cPanel + 2 * lanes) : TOps.Broadcast(0);
        TVector p3 = add ? TOps.Load(c + 3 * lanes) : TOps.Broadcast(0);
        TVector q3 = add ? TOps.Load(c + cPanel + 3 * lanes) : TOps.Broadcast(0);
        TVector p4 = add ? TOps.Load(c + 4 * lanes) : TOps.Broadcast(0);
        TVector q4 = add ? TOps.Load(c + cPanel + 4 * lanes) : TOps.Broadcast(0);
        TVector p5 = add ? TOps.Load(c + 5 * lanes) : TOps.Broadcast(0);
        TVector q5 = add ? TOps.Load(c + cPanel + 5 * lanes) : TOps.Broadcast(0);
        TVector p6 = add ? TOps.Load(c + 6 * lanes) : TOps.Broadcast(0);
        TVector q6 = add ? TOps.Load(c + cPanel + 6 * lanes) : TOps.Broadcast(0);
        TVector p7 = add ? TOps.Load(c + 7 * lanes) : TOps.Broadcast(0);
        TVector q7 = add ? TOps.Load(c + cPanel + 7 * lanes) : TOps.Broadcast(0);
        TVector p8 = add ? TOps.Load(c + 8 * lanes) : TOps.Broadcast(0);
        TVector q8 = add ? TOps.Load(c + cPanel + 8 * lanes) : TOps.Broadcast(0);
        TVector p9 = add ? TOps.Load(c + 9 * lanes) : TOps.Broadcast(0);
        TVector q9 = add ? TOps.Load(c + cPanel + 9 * lanes) : TOps.Broadcast(0);
        TVector p10 = add ? TOps.Load(c + 10 * lanes) : TOps.Broadcast(0);
        TVector q10 = add ? TOps.Load(c + cPanel + 10 * lanes) : TOps.Broadcast(0);
        TVector p11 = add ? TOps.Load(c + 11 * lanes) : TOps.Broadcast(0);
        TVector q11 = add ? TOps.Load(c + cPanel + 11 * lanes) : TOps.Broadcast(0);
        TVector p12 = add ? TOps.Load(c + 12 * lanes) : TOps.Broadcast(0);
        TVector q12 = add ? TOps.Load(c + cPanel + 12 * lanes) : TOps.Broadcast(0);
        TVector p13 = add ? TOps.Load(c + 13 * lanes) : TOps.Broadcast(0);
        TVector q13 = add ? TOps.Load(c + cPanel + 13 * lanes) : TOps.Broadcast(0);
        for (; blocks > 0; blocks--)
        {
            float* x = TRows.ByTable ? a + *table++ : a;
            if (TRows.AheadBySteps == 0)
            {
                float* ahead = TRows.ByTable ? a + *table : a + 2 * aBlock;
                TOps.Prefetch(ahead);
                TOps.Prefetch(ahead + 1 * row);
                TOps.Prefetch(ahead + 2 * row);
                TOps.Prefetch(ahead + 3 * row);
                TOps.Prefetch(ahead + 4 * row);
                TOps.Prefetch(ahead + 5 * row);
                TOps.Prefetch(ahead + 6 * row);
                TOps.Prefetch(ahead + 7 * row);
                TOps.Prefetch(ahead + 8 * row);
                TOps.Prefetch(ahead + 9 * row);
                TOps.Prefetch(ahead + 10 * row);
                TOps.Prefetch(ahead + 11 * row);
                TOps.Prefetch(ahead + 12 * row);
                TOps.Prefetch(ahead + 13 * row);
            }

            for (int k = depth; k > 0; k--)
            {
                if (TRows.AheadBySteps > 0)
                {
                    TOps.Prefetch(x + TRows.AheadBySteps * aStep);
                }

                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[row]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                TVector x2 = TOps.Broadcast(x[2 * row]);
                p2 = TOps.MultiplyAdd(x2, b0, p2);
                q2 = TOps.MultiplyAdd(x2, b1, q2);
                TVector x3 = TOps.Broadcast(x[3 * row]);
                p3 = TOps.MultiplyAdd(x3, b0, p3);
                q3 = TOps.MultiplyAdd(x3, b1, q3);
                TVector x4 = TOps.Broadcast(x[4 * row]);
                p4 = TOps.MultiplyAdd(x4, b0, p4);
                q4 = TOps.MultiplyAdd(x4, b1, q4);
                TVector x5 = TOps.Broadcast(x[5 * row]);
                p5 = TOps.MultiplyAdd(x5, b0, p5);
                q5 = TOps.MultiplyAdd(x5, b1, q5);
                TVector x6 = TOps.Broadcast(x[6 * row]);
                p6 = TOps.MultiplyAdd(x6, b0, p6);
                q6 = TOps.MultiplyAdd(x6, b1, q6);
                TVector x7 = TOps.Broadcast(x[7 * row]);
                p7 = TOps.MultiplyAdd(x7, b0, p7);
                q7 = TOps.MultiplyAdd(x7, b1, q7);
                TVector x8 = TOps.Broadcast(x[8 * row]);
                p8 = TOps.MultiplyAdd(x8, b0, p8);
                q8 = TOps.MultiplyAdd(x8, b1, q8);
                TVector x9 = TOps.Broadcast(x[9 * row]);
                p9 = TOps.MultiplyAdd(x9, b0, p9);
                q9 = TOps.MultiplyAdd(x9, b1, q9);
                TVector x10 = TOps.Broadcast(x[10 * row]);
                p10 = TOps.MultiplyAdd(x10, b0, p10);
                q10 = TOps.MultiplyAdd(x10, b1, q10);
                TVector x11 = TOps.Broadcast(x[11 * row]);
                p11 = TOps.MultiplyAdd(x11, b0, p11);
                q11 = TOps.MultiplyAdd(x11, b1, q11);
                TVector x12 = TOps.Broadcast(x[12 * row]);
                p12 = TOps.MultiplyAdd(x12, b0, p12);
                q12 = TOps.MultiplyAdd(x12, b1, q12);
                TVector x13 = TOps.Broadcast(x[13 * row]);
                p13 = TOps.MultiplyAdd(x13, b0, p13);
                q13 = TOps.MultiplyAdd(x13, b1, q13);
                x += aStep;
                b += 2 * lanes;
            }

            a += TRows.ByTable ? 0 : aBlock;
        }

        TOps.Store(p0, c);
        TOps.Store(q0, c + cPanel);
        TOps.Store(p1, c + lanes);
        TOps.Store(q1, c + cPanel + lanes);
        TOps.Store(p2, c + 2 * lanes);
        TOps.Store(q2, c + cPanel + 2 * lanes);
        TOps.Store(p3, c + 3 * lanes);
        TOps.Store(q3, c + cPanel + 3 * lanes);
        TOps.Store(p4, c + 4 * lanes);
        TOps.Store(q4, c + cPanel + 4 * lanes);
        TOps.Store(p5, c + 5 * lanes);
        TOps.Store(q5, c + cPanel + 5 * lanes);
        TOps.Store(p6, c + 6 * lanes);
        TOps.Store(q6, c + cPanel + 6 * lanes);
        TOps.Store(p7, c + 7 * lanes);
        TOps.Store(q7, c + cPanel + 7 * lanes);
        TOps.Store(p8, c + 8 * lanes);
        TOps.Store(q8, c + cPanel + 8 * lanes);
        TOps.Store(p9, c + 9 * lanes);
        TOps.Store(q9, c + cPanel + 9 * lanes);
        TOps.Store(p10, c + 10 * lanes);
        TOps.Store(q10, c + cPanel + 10 * lanes);
        TOps.Store(p11, c + 11 * lanes);
        TOps.Store(q11, c + cPanel + 11 * lanes);
        TOps.Store(p12, c + 12 * lanes);
        TOps.Store(q12, c + cPanel + 12 * lanes);
        TOps.Store(p13, c + 13 * lanes);
        TOps.Store(q13, c + cPanel + 13 * lanes);
    }

    /// <summary>12 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows12(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint* table = (nint*)aBlock;
        TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
        TVector q0 = add ? TOps.Load(c + cPanel) : TOps.Broadcast(0);
        TVector p1 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
        TVector q1 = add ? TOps.Load(c + cPanel + lanes) : TOps.Broadcast(0);
        TVector p2 = add ? TOps.Load(c + 2 * lanes) : TOps.Broadcast(0);
        TVector q2 = add ? TOps.Load(c + cPanel + 2 * lanes) : TOps.Broadcast(0);
        TVector p3 = add ? TOps.Load(c + 3 * lanes) : TOps.Broadcast(0);
        TVector q3 = add ? TOps.Load(c + cPanel + 3 * lanes) : TOps.Broadcast(0);
        TVector p4 = add ? TOps.Load(c + 4 * lanes) : TOps.Broadcast(0);
        TVector q4 = add ? TOps.Load(c + cPanel + 4 * lanes) : TOps.Broadcast(0);
        TVector p5 = add ? TOps.Load(c + 5 * lanes) : TOps.Broadcast(0);
        TVector q5 = add ? TOps.Load(c + cPanel + 5 * lanes) : TOps.Broadcast(0);
        TVector p6 = add ? TOps.Load(c + 6 * lanes) : TOps.Broadcast(0);
        TVector q6 = add ? TOps.Load(c + cPanel + 6 * lanes) : TOps.Broadcast(0);
        TVector p7 = add ? TOps.Load(c + 7 * lanes) : TOps.Broadcast(0);
        TVector q7 = add ? TOps.Load(c + cPanel + 7 * lanes) : TOps.Broadcast(0);
        TVector p8 = add ? TOps.Load(c + 8 * lanes) : TOps.Broadcast(0);
        TVector q8 = add ? TOps.Load(c + cPanel + 8 * lanes) : TOps.Broadcast(0);
        TVector p9 = add ? TOps.Load(c + 9 * lanes) : TOps.Broadcast(0);
        TVector q9 = add ? TOps.Load(c + cPanel + 9 * lanes) : TOps.Broadcast(0);
        TVector p10 = add ? TOps.Load(c + 10 * lanes) : TOps.Broadcast(0);
        TVector q10 = add ? TOps.Load(c + cPanel + 10 * lanes) : TOps.Broadcast(0);
        TVector p11 = add ? TOps.Load(c + 11 * lanes) : TOps.Broadcast(0);
        TVector q11 = add ? TOps.Load(c + cPanel + 11 * lanes) : TOps.Broadcast(0);
        for (; blocks > 0; blocks--)
        {
            float* x = TRows.ByTable ? a + *table++ : a;
            if (TRows.AheadBySteps == 0)
            {
                float* ahead = TRows.ByTable ? a + *table : a + 2 * aBlock;
                TOps.Prefetch(ahead);
                TOps.Prefetch(ahead + 1 * row);
                TOps.Prefetch(ahead + 2 * row);
                TOps.Prefetch(ahead + 3 * row);
                TOps.Prefetch(ahead + 4 * row);
                TOps.Prefetch(ahead + 5 * row);
                TOps.Prefetch(ahead + 6 * row);
                TOps.Prefetch(ahead + 7 * row);
                TOps.Prefetch(ahead + 8 * row);
                TOps.Prefetch(ahead + 9 * row);
                TOps.Prefetch(ahead + 10 * row);
                TOps.Prefetch(ahead + 11 * row);
            }

            for (int k = depth; k > 0; k--)
            {
                if (TRows.AheadBySteps > 0)
                {
                    TOps.Prefetch(x + TRows.AheadBySteps * aStep);
                }

                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[row]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                TVector x2 = TOps.Broadcast(x[2 * row]);
                p2 = TOps.MultiplyAdd(x2, b0, p2);
                q2 = TOps.MultiplyAdd(x2, b1, q2);
                TVector x3 = TOps.Broadcast(x[3 * row]);
                p3 = TOps.MultiplyAdd(x3, b0, p3);
                q3 = TOps.MultiplyAdd(x3, b1, q3);
                TVector x4 = TOps.Broadcast(x[4 * row]);
                p4 = TOps.MultiplyAdd(x4, b0, p4);
                q4 = TOps.MultiplyAdd(x4, b1, q4);
                TVector x5 = TOps.Broadcast(x[5 * row]);
                p5 = TOps.MultiplyAdd(x5, b0, p5);
                q5 = TOps.MultiplyAdd(x5, b1, q5);
                TVector x6 = TOps.Broadcast(x[6 * row]);
                p6 = TOps.MultiplyAdd(x6, b0, p6);
                q6 = TOps.MultiplyAdd(x6, b1, q6);
                TVector x7 = TOps.Broadcast(x[7 * row]);
                p7 = TOps.MultiplyAdd(x7, b0, p7);
                q7 = TOps.MultiplyAdd(x7, b1, q7);
                TVector x8 = TOps.Broadcast(x[8 * row]);
                p8 = TOps.MultiplyAdd(x8, b0, p8);
                q8 = TOps.MultiplyAdd(x8, b1, q8);
                TVector x9 = TOps.Broadcast(x[9 * row]);
                p9 = TOps.MultiplyAdd(x9, b0, p9);
                q9 = TOps.MultiplyAdd(x9, b1, q9);
                TVector x10 = TOps.Broadcast(x[10 * row]);
                p10 = TOps.MultiplyAdd(x10, b0, p10);
                q10 = TOps.MultiplyAdd(x10, b1, q10);
                TVector x11 = TOps.Broadcast(x[11 * row]);
                p11 = TOps.MultiplyAdd(x11, b0, p11);
                q11 = TOps.MultiplyAdd(x11, b1, q11);
                x += aStep;
                b += 2 * lanes;
            }

            a += TRows.ByTable ? 0 : aBlock;
        }

        TOps.Store(p0, c);
        TOps.Store(q0, c + cPanel);
        TOps.Store(p1, c + lanes);
        TOps.Store(q1, c + cPanel + lanes);
        TOps.Store(p2, c + 2 * lanes);
        TOps.Store(q2, c + cPanel + 2 * lanes);
        TOps.Store(p3, c + 3 * lanes);
        TOps.Store(q3, c + cPanel + 3 * lanes);
        TOps.Store(p4, c + 4 * lanes);
        TOps.Store(q4, c + cPanel + 4 * lanes);
        TOps.Store(p5, c + 5 * lanes);
        TOps.Store(q5, c + cPanel + 5 * lanes);
        TOps.Store(p6, c + 6 * lanes);
        TOps.Store(q6, c + cPanel + 6 * lanes);
        TOps.Store(p7, c + 7 * lanes);
        TOps.Store(q7, c + cPanel + 7 * lanes);
        TOps.Store(p8, c + 8 * lanes);
        TOps.Store(q8, c + cPanel + 8 * lanes);
        TOps.Store(p9, c + 9 * lanes);
        TOps.Store(q9, c + cPanel + 9 * lanes);
        TOps.Store(p10, c + 10 * lanes);
        TOps.Store(q10, c + cPanel + 10 * lanes);
        TOps.Store(p11, c + 11 * lanes);
        TOps.Store(q11, c + cPanel + 11 * lanes);
    }

    /// <summary>8 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint* table = (nint*)aBlock;
        TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
        TVector q0 = add ? TOps.Load(c + cPanel) : TOps.Broadcast(0);
        TVector p1 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
        TVector q1 = add ? TOps.Load(c + cPanel + lanes) : TOps.Broadcast(0);
        TVector p2 = add ? TOps.Load(c + 2 * lanes) : TOps.Broadcast(0);
        TVector q2 = add ? TOps.Load(c + cPanel + 2 * lanes) : TOps.Broadcast(0);
        TVector p3 = add ? TOps.Load(c + 3 * lanes) : TOps.Broadcast(0);
        TVector q3 = add ? TOps.Load(c + cPanel + 3 * lanes) : TOps.Broadcast(0);
        TVector p4 = add ? TOps.Load(c + 4 * lanes) : TOps.Broadcast(0);
        TVector q4 = add ? TOps.Load(c + cPanel + 4 * lanes) : TOps.Broadcast(0);
        TVector p5 = add ? TOps.Load(c + 5 * lanes) : TOps.Broadcast(0);
        TVector q5 = add ? TOps.Load(c + cPanel + 5 * lanes) : TOps.Broadcast(0);
        TVector p6 = add ? TOps.Load(c + 6 * lanes) : TOps.Broadcast(0);
        TVector q6 = add ? TOps.Load(c + cPanel + 6 * lanes) : TOps.Broadcast(0);
        TVector p7 = add ? TOps.Load(c + 7 * lanes) : TOps.Broadcast(0);
        TVector q7 = add ? TOps.Load(c + cPanel + 7 * lanes) : TOps.Broadcast(0);
        for (; blocks > 0; blocks--)
        {
            float* x = TRows.ByTable ? a + *table++ : a;
            if (TRows.AheadBySteps == 0)
            {
                float* ahead = TRows.ByTable ? a + *table : a + 2 * aBlock;
                TOps.Prefetch(ahead);
                TOps.Prefetch(ahead + 1 * row);
                TOps.Prefetch(ahead + 2 * row);
                TOps.Prefetch(ahead + 3 * row);
                TOps.Prefetch(ahead + 4 * row);
                TOps.Prefetch(ahead + 5 * row);
                TOps.Prefetch(ahead + 6 * row);
                TOps.Prefetch(ahead + 7 * row);
            }

            for (int k = depth; k > 0; k--)
            {
                if (TRows.AheadBySteps > 0)
                {
                    TOps.Prefetch(x + TRows.AheadBySteps * aStep);
                }

                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[row]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                TVector x2 = TOps.Broadcast(x[2 * row]);
                p2 = TOps.MultiplyAdd(x2, b0, p2);
                q2 = TOps.MultiplyAdd(x2, b1, q2);
                TVector x3 = TOps.Broadcast(x[3 * row]);
                p3 = TOps.MultiplyAdd(x3, b0, p3);
                q3 = TOps.MultiplyAdd(x3, b1, q3);
                TVector x4 = TOps.Broadcast(x[4 * row]);
                p4 = TOps.MultiplyAdd(x4, b0, p4);
                q4 = TOps.MultiplyAdd(x4, b1, q4);
                TVector x5 = TOps.Broadcast(x[5 * row]);
                p5 = TOps.MultiplyAdd(x5, b0, p5);
                q5 = TOps.MultiplyAdd(x5, b1, q5);
                TVector x6 = TOps.Broadcast(x[6 * row]);
                p6 = TOps.MultiplyAdd(x6, b0, p6);
                q6 = TOps.MultiplyAdd(x6, b1, q6);
                TVector x7 = TOps.Broadcast(x[7 * row]);
                p7 = TOps.MultiplyAdd(x7, b0, p7);
                q7 = TOps.MultiplyAdd(x7, b1, q7);
                x += aStep;
                b += 2 * lanes;
            }

            a += TRows.ByTable ? 0 : aBlock;
        }

        TOps.Store(p0, c);
        TOps.Store(q0, c + cPanel);
        TOps.Store(p1, c + lanes);
        TOps.Store(q1, c + cPanel + lanes);
        TOps.Store(p2, c + 2 * lanes);
        TOps.Store(q2, c + cPanel + 2 * lanes);
        TOps.Store(p3, c + 3 * lanes);
        TOps.Store(q3, c + cPanel + 3 * lanes);
        TOps.Store(p4, c + 4 * lanes);
        TOps.Store(q4, c + cPanel + 4 * lanes);
        TOps.Store(p5, c + 5 * lanes);
        TOps.Store(q5, c + cPanel + 5 * lanes);
        TOps.Store(p6, c + 6 * lanes);
        TOps.Store(q6, c + cPanel + 6 * lanes);
        TOps.Store(p7, c + 7 * lanes);
        TOps.Store(q7, c + cPanel + 7 * lanes);
    }

    /// <summary>6 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint* table = (nint*)aBlock;
        TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
        TVector q0 = add ? TOps.Load(c + cPanel) : TOps.Broadcast(0);
        TVector p1 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
        TVector q1 = add ? TOps.Load(c + cPanel + lanes) : TOps.Broadcast(0);
        TVector p2 = add ? TOps.Load(c + 2 * lanes) : TOps.Broadcast(0);
        TVector q2 = add ? TOps.Load(c + cPanel + 2 * lanes) : TOps.Broadcast(0);
        TVector p3 = add ? TOps.Load(c + 3 * lanes) : TOps.Broadcast(0);
        TVector q3 = add ? TOps.Load(c + cPanel + 3 * lanes) : TOps.Broadcast(0);
        TVector p4 = add ? TOps.Load(c + 4 * lanes) : TOps.Broadcast(0);
        TVector q4 = add ? TOps.Load(c + cPanel + 4 * lanes) : TOps.Broadcast(0);
        TVector p5 = add ? TOps.Load(c + 5 * lanes) : TOps.Broadcast(0);
        TVector q5 = add ? TOps.Load(c + cPanel + 5 * lanes) : TOps.Broadcast(0);
        for (; blocks > 0; blocks--)
        {
            float* x = TRows.ByTable ? a + *table++ : a;
            if (TRows.AheadBySteps == 0)
            {
                float* ahead = TRows.ByTable ? a + *table : a + 2 * aBlock;
                TOps.Prefetch(ahead);
                TOps.Prefetch(ahead + 1 * row);
                TOps.Prefetch(ahead + 2 * row);
                TOps.Prefetch(ahead + 3 * row);
                TOps.Prefetch(ahead + 4 * row);
                TOps.Prefetch(ahead + 5 * row);
            }

            for (int k = depth; k > 0; k--)
            {
                if (TRows.AheadBySteps > 0)
                {
                    TOps.Prefetch(x + TRows.AheadBySteps * aStep);
                }

                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[row]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                TVector x2 = TOps.Broadcast(x[2 * row]);
                p2 = TOps.MultiplyAdd(x2, b0, p2);
                q2 = TOps.MultiplyAdd(x2, b1, q2);
                TVector x3 = TOps.Broadcast(x[3 * row]);
                p3 = TOps.MultiplyAdd(x3, b0, p3);
                q3 = TOps.MultiplyAdd(x3, b1, q3);
                TVector x4 = TOps.Broadcast(x[4 * row]);
                p4 = TOps.MultiplyAdd(x4, b0, p4);
                q4 = TOps.MultiplyAdd(x4, b1, q4);
                TVector x5 = TOps.Broadcast(x[5 * row]);
                p5 = TOps.MultiplyAdd(x5, b0, p5);
                q5 = TOps.MultiplyAdd(x5, b1, q5);
                x += aStep;
                b += 2 * lanes;
            }

            a += TRows.ByTable ? 0 : aBlock;
        }

        TOps.Store(p0, c);
        TOps.Store(q0, c + cPanel);
        TOps.Store(p1, c + lanes);
        TOps.Store(q1, c + cPanel + lanes);
        TOps.Store(p2, c + 2 * lanes);
        TOps.Store(q2, c + cPanel + 2 * lanes);
        TOps.Store(p3, c + 3 * lanes);
        TOps.Store(q3, c + cPanel + 3 * lanes);
        TOps.Store(p4, c + 4 * lanes);
        TOps.Store(q4, c + cPanel + 4 * lanes);
        TOps.Store(p5, c + 5 * lanes);
        TOps.Store(q5, c + cPanel + 5 * lanes);
    }

    /// <summary>4 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint* table = (nint*)aBlock;
        TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
        TVector q0 = add ? TOps.Load(c + cPanel) : TOps.Broadcast(0);
        TVector p1 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
        TVector q1 = add ? TOps.Load(c + cPanel + lanes) : TOps.Broadcast(0);
        TVector p2 = add ? TOps.Load(c + 2 * lanes) : TOps.Broadcast(0);
        TVector q2 = add ? TOps.Load(c + cPanel + 2 * lanes) : TOps.Broadcast(0);
        TVector p3 = add ? TOps.Load(c + 3 * lanes) : TOps.Broadcast(0);
        TVector q3 = add ? TOps.Load(c + cPanel + 3 * lanes) : TOps.Broadcast(0);
        for (; blocks > 0; blocks--)
        {
            float* x = TRows.ByTable ? a + *table++ : a;
            if (TRows.AheadBySteps == 0)
            {
                float* ahead = TRows.ByTable ? a + *table : a + 2 * aBlock;
                TOps.Prefetch(ahead);
                TOps.Prefetch(ahead + 1 * row);
                TOps.Prefetch(ahead + 2 * row);
                TOps.Prefetch(ahead + 3 * row);
            }

            for (int k = depth; k > 0; k--)
            {
                if (TRows.AheadBySteps > 0)
                {
                    TOps.Prefetch(x + TRows.AheadBySteps * aStep);
                }

                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[row]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                TVector x2 = TOps.Broadcast(x[2 * row]);
                p2 = TOps.MultiplyAdd(x2, b0, p2);
                q2 = TOps.MultiplyAdd(x2, b1, q2);
                TVector x3 = TOps.Broadcast(x[3 * row]);
                p3 = TOps.MultiplyAdd(x3, b0, p3);
                q3 = TOps.MultiplyAdd(x3, b1, q3);
                x += aStep;
                b += 2 * lanes;
            }

            a += TRows.ByTable ? 0 : aBlock;
        }

        TOps.Store(p0, c);
        TOps.Store(q0, c + cPanel);
        TOps.Store(p1, c + lanes);
        TOps.Store(q1, c + cPanel + lanes);
        TOps.Store(p2, c + 2 * lanes);
        TOps.Store(q2, c + cPanel + 2 * lanes);
        TOps.Store(p3, c + 3 * lanes);
        TOps.Store(q3, c + cPanel + 3 * lanes);
    }

    /// <summary>2 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows2(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint* table = (nint*)aBlock;
        TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
        TVector q0 = add ? TOps.Load(c + cPanel) : TOps.Broadcast(0);
        TVector p1 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
        TVector q1 = add ? TOps.Load(c + cPanel + lanes) : TOps.Broadcast(0);
        for (; blocks > 0; blocks--)
        {
            float* x = TRows.ByTable ? a + *table++ : a;
            if (TRows.AheadBySteps == 0)
            {
                float* ahead = TRows.ByTable ? a + *table : a + 2 * aBlock;
                TOps.Prefetch(ahead);
                TOps.Prefetch(ahead + 1 * row);
            }

            for (int k = depth; k > 0; k--)
            {
                if (TRows.AheadBySteps > 0)
                {
                    TOps.Prefetch(x + TRows.AheadBySteps * aStep);
                }

                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[row]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                x += aStep;
                b += 2 * lanes;
            }

            a += TRows.ByTable ? 0 : aBlock;
        }

        TOps.Store(p0, c);
        TOps.Store(q0, c + cPanel);
        TOps.Store(p1, c + lanes);
        TOps.Store(q1, c + cPanel + lanes);
    }
}
