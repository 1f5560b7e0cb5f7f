using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// The innermost loops of everything that works on blocked channels: a tile of C, some rows by two vectors, is held in
/// registers while C (+)= A * B runs over blocks of the depth. Element (row, k) of A is at a + row * stride + k * aStep within
/// a block, and blocks are aBlock apart; B is [k][2 vectors] without gaps; the two vectors of a row of C lie in two panels,
/// cPanel apart, in which rows follow each other; or side by side in planes, which are cPanel apart. Sums that go to planes are whole: there is one block,
/// and aBlock is the address of their floor and of what each row begins with, its bias.
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
        nint next = TRows.ToPlanes ? cPanel : lanes;
        nint panel = TRows.ToPlanes ? lanes : cPanel;
        nint* table = (nint*)aBlock;
        float* starts = (float*)aBlock;
        TVector p0 = Start(add, c, starts, 0);
        TVector q0 = Start(add, c + panel, starts, 0);
        TVector p1 = Start(add, c + next, starts, 1);
        TVector q1 = Start(add, c + panel + next, starts, 1);
        TVector p2 = Start(add, c + 2 * next, starts, 2);
        TVector q2 = Start(add, c + panel + 2 * next, starts, 2);
        TVector p3 = Start(add, c + 3 * next, starts, 3);
        TVector q3 = Start(add, c + panel + 3 * next, starts, 3);
        TVector p4 = Start(add, c + 4 * next, starts, 4);
        TVector q4 = Start(add, c + panel + 4 * next, starts, 4);
        TVector p5 = Start(add, c + 5 * next, starts, 5);
        TVector q5 = Start(add, c + panel + 5 * next, starts, 5);
        TVector p6 = Start(add, c + 6 * next, starts, 6);
        TVector q6 = Start(add, c + panel + 6 * next, starts, 6);
        TVector p7 = Start(add, c + 7 * next, starts, 7);
        TVector q7 = Start(add, c + panel + 7 * next, starts, 7);
        TVector p8 = Start(add, c + 8 * next, starts, 8);
        TVector q8 = Start(add, c + panel + 8 * next, starts, 8);
        TVector p9 = Start(add, c + 9 * next, starts, 9);
        TVector q9 = Start(add, c + panel + 9 * next, starts, 9);
        TVector p10 = Start(add, c + 10 * next, starts, 10);
        TVector q10 = Start(add, c + panel + 10 * next, starts, 10);
        TVector p11 = Start(add, c + 11 * next, starts, 11);
        TVector q11 = Start(add, c + panel + 11 * next, starts, 11);
        TVector p12 = Start(add, c + 12 * next, starts, 12);
        TVector q12 = Start(add, c + panel + 12 * next, starts, 12);
        TVector p13 = Start(add, c + 13 * next, starts, 13);
        TVector q13 = Start(add, c + panel + 13 * next, starts, 13);
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

            a += TRows.ByTable || TRows.ToPlanes ? 0 : aBlock;
        }

        End(p0, c, starts);
        End(q0, c + panel, starts);
        End(p1, c + next, starts);
        End(q1, c + panel + next, starts);
        End(p2, c + 2 * next, starts);
        End(q2, c + panel + 2 * next, starts);
        End(p3, c + 3 * next, starts);
        End(q3, c + panel + 3 * next, starts);
        End(p4, c + 4 * next, starts);
        End(q4, c + panel + 4 * next, starts);
        End(p5, c + 5 * next, starts);
        End(q5, c + panel + 5 * next, starts);
        End(p6, c + 6 * next, starts);
        End(q6, c + panel + 6 * next, starts);
        End(p7, c + 7 * next, starts);
        End(q7, c + panel + 7 * next, starts);
        End(p8, c + 8 * next, starts);
        End(q8, c + panel + 8 * next, starts);
        End(p9, c + 9 * next, starts);
        End(q9, c + panel + 9 * next, starts);
        End(p10, c + 10 * next, starts);
        End(q10, c + panel + 10 * next, starts);
        End(p11, c + 11 * next, starts);
        End(q11, c + panel + 11 * next, starts);
        End(p12, c + 12 * next, starts);
        End(q12, c + panel + 12 * next, starts);
        End(p13, c + 13 * next, starts);
        End(q13, c + panel + 13 * next, starts);
    }

    /// <summary>12 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows12(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint next = TRows.ToPlanes ? cPanel : lanes;
        nint panel = TRows.ToPlanes ? lanes : cPanel;
        nint* table = (nint*)aBlock;
        float* starts = (float*)aBlock;
        TVector p0 = Start(add, c, starts, 0);
        TVector q0 = Start(add, c + panel, starts, 0);
        TVector p1 = Start(add, c + next, starts, 1);
        TVector q1 = Start(add, c + panel + next, starts, 1);
        TVector p2 = Start(add, c + 2 * next, starts, 2);
        TVector q2 = Start(add, c + panel + 2 * next, starts, 2);
        TVector p3 = Start(add, c + 3 * next, starts, 3);
        TVector q3 = Start(add, c + panel + 3 * next, starts, 3);
        TVector p4 = Start(add, c + 4 * next, starts, 4);
        TVector q4 = Start(add, c + panel + 4 * next, starts, 4);
        TVector p5 = Start(add, c + 5 * next, starts, 5);
        TVector q5 = Start(add, c + panel + 5 * next, starts, 5);
        TVector p6 = Start(add, c + 6 * next, starts, 6);
        TVector q6 = Start(add, c + panel + 6 * next, starts, 6);
        TVector p7 = Start(add, c + 7 * next, starts, 7);
        TVector q7 = Start(add, c + panel + 7 * next, starts, 7);
        TVector p8 = Start(add, c + 8 * next, starts, 8);
        TVector q8 = Start(add, c + panel + 8 * next, starts, 8);
        TVector p9 = Start(add, c + 9 * next, starts, 9);
        TVector q9 = Start(add, c + panel + 9 * next, starts, 9);
        TVector p10 = Start(add, c + 10 * next, starts, 10);
        TVector q10 = Start(add, c + panel + 10 * next, starts, 10);
        TVector p11 = Start(add, c + 11 * next, starts, 11);
        TVector q11 = Start(add, c + panel + 11 * next, starts, 11);
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

            a += TRows.ByTable || TRows.ToPlanes ? 0 : aBlock;
        }

        End(p0, c, starts);
        End(q0, c + panel, starts);
        End(p1, c + next, starts);
        End(q1, c + panel + next, starts);
        End(p2, c + 2 * next, starts);
        End(q2, c + panel + 2 * next, starts);
        End(p3, c + 3 * next, starts);
        End(q3, c + panel + 3 * next, starts);
        End(p4, c + 4 * next, starts);
        End(q4, c + panel + 4 * next, starts);
        End(p5, c + 5 * next, starts);
        End(q5, c + panel + 5 * next, starts);
        End(p6, c + 6 * next, starts);
        End(q6, c + panel + 6 * next, starts);
        End(p7, c + 7 * next, starts);
        End(q7, c + panel + 7 * next, starts);
        End(p8, c + 8 * next, starts);
        End(q8, c + panel + 8 * next, starts);
        End(p9, c + 9 * next, starts);
        End(q9, c + panel + 9 * next, starts);
        End(p10, c + 10 * next, starts);
        End(q10, c + panel + 10 * next, starts);
        End(p11, c + 11 * next, starts);
        End(q11, c + panel + 11 * next, starts);
    }

    /// <summary>8 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint next = TRows.ToPlanes ? cPanel : lanes;
        nint panel = TRows.ToPlanes ? lanes : cPanel;
        nint* table = (nint*)aBlock;
        float* starts = (float*)aBlock;
        TVector p0 = Start(add, c, starts, 0);
        TVector q0 = Start(add, c + panel, starts, 0);
        TVector p1 = Start(add, c + next, starts, 1);
        TVector q1 = Start(add, c + panel + next, starts, 1);
        TVector p2 = Start(add, c + 2 * next, starts, 2);
        TVector q2 = Start(add, c + panel + 2 * next, starts, 2);
        TVector p3 = Start(add, c + 3 * next, starts, 3);
        TVector q3 = Start(add, c + panel + 3 * next, starts, 3);
        TVector p4 = Start(add, c + 4 * next, starts, 4);
        TVector q4 = Start(add, c + panel + 4 * next, starts, 4);
        TVector p5 = Start(add, c + 5 * next, starts, 5);
        TVector q5 = Start(add, c + panel + 5 * next, starts, 5);
        TVector p6 = Start(add, c + 6 * next, starts, 6);
        TVector q6 = Start(add, c + panel + 6 * next, starts, 6);
        TVector p7 = Start(add, c + 7 * next, starts, 7);
        TVector q7 = Start(add, c + panel + 7 * next, starts, 7);
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

            a += TRows.ByTable || TRows.ToPlanes ? 0 : aBlock;
        }

        End(p0, c, starts);
        End(q0, c + panel, starts);
        End(p1, c + next, starts);
        End(q1, c + panel + next, starts);
        End(p2, c + 2 * next, starts);
        End(q2, c + panel + 2 * next, starts);
        End(p3, c + 3 * next, starts);
        End(q3, c + panel + 3 * next, starts);
        End(p4, c + 4 * next, starts);
        End(q4, c + panel + 4 * next, starts);
        End(p5, c + 5 * next, starts);
        End(q5, c + panel + 5 * next, starts);
        End(p6, c + 6 * next, starts);
        End(q6, c + panel + 6 * next, starts);
        End(p7, c + 7 * next, starts);
        End(q7, c + panel + 7 * next, starts);
    }

    /// <summary>6 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint next = TRows.ToPlanes ? cPanel : lanes;
        nint panel = TRows.ToPlanes ? lanes : cPanel;
        nint* table = (nint*)aBlock;
        float* starts = (float*)aBlock;
        TVector p0 = Start(add, c, starts, 0);
        TVector q0 = Start(add, c + panel, starts, 0);
        TVector p1 = Start(add, c + next, starts, 1);
        TVector q1 = Start(add, c + panel + next, starts, 1);
        TVector p2 = Start(add, c + 2 * next, starts, 2);
        TVector q2 = Start(add, c + panel + 2 * next, starts, 2);
        TVector p3 = Start(add, c + 3 * next, starts, 3);
        TVector q3 = Start(add, c + panel + 3 * next, starts, 3);
        TVector p4 = Start(add, c + 4 * next, starts, 4);
        TVector q4 = Start(add, c + panel + 4 * next, starts, 4);
        TVector p5 = Start(add, c + 5 * next, starts, 5);
        TVector q5 = Start(add, c + panel + 5 * next, starts, 5);
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

            a += TRows.ByTable || TRows.ToPlanes ? 0 : aBlock;
        }

        End(p0, c, starts);
        End(q0, c + panel, starts);
        End(p1, c + next, starts);
        End(q1, c + panel + next, starts);
        End(p2, c + 2 * next, starts);
        End(q2, c + panel + 2 * next, starts);
        End(p3, c + 3 * next, starts);
        End(q3, c + panel + 3 * next, starts);
        End(p4, c + 4 * next, starts);
        End(q4, c + panel + 4 * next, starts);
        End(p5, c + 5 * next, starts);
        End(q5, c + panel + 5 * next, starts);
    }

    /// <summary>4 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint next = TRows.ToPlanes ? cPanel : lanes;
        nint panel = TRows.ToPlanes ? lanes : cPanel;
        nint* table = (nint*)aBlock;
        float* starts = (float*)aBlock;
        TVector p0 = Start(add, c, starts, 0);
        TVector q0 = Start(add, c + panel, starts, 0);
        TVector p1 = Start(add, c + next, starts, 1);
        TVector q1 = Start(add, c + panel + next, starts, 1);
        TVector p2 = Start(add, c + 2 * next, starts, 2);
        TVector q2 = Start(add, c + panel + 2 * next, starts, 2);
        TVector p3 = Start(add, c + 3 * next, starts, 3);
        TVector q3 = Start(add, c + panel + 3 * next, starts, 3);
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

            a += TRows.ByTable || TRows.ToPlanes ? 0 : aBlock;
        }

        End(p0, c, starts);
        End(q0, c + panel, starts);
        End(p1, c + next, starts);
        End(q1, c + panel + next, starts);
        End(p2, c + 2 * next, starts);
        End(q2, c + panel + 2 * next, starts);
        End(p3, c + 3 * next, starts);
        End(q3, c + panel + 3 * next, starts);
    }

    /// <summary>2 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows2(int blocks, int depth, float* a, nint aBlock, nint aStep, float* b, float* c, nint cPanel, bool add)
    {
        int lanes = TOps.Lanes;
        int row = TRows.Stride(lanes);
        nint next = TRows.ToPlanes ? cPanel : lanes;
        nint panel = TRows.ToPlanes ? lanes : cPanel;
        nint* table = (nint*)aBlock;
        float* starts = (float*)aBlock;
        TVector p0 = Start(add, c, starts, 0);
        TVector q0 = Start(add, c + panel, starts, 0);
        TVector p1 = Start(add, c + next, starts, 1);
        TVector q1 = Start(add, c + panel + next, starts, 1);
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

            a += TRows.ByTable || TRows.ToPlanes ? 0 : aBlock;
        }

        End(p0, c, starts);
        End(q0, c + panel, starts);
        End(p1, c + next, starts);
        End(q1, c + panel + next, starts);
    }

    /// <summary>What a row's sum begins with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Start(bool add, float* c, float* starts, int row) =>
        TRows.ToPlanes ? TOps.Broadcast(starts[row + 1]) : add ? TOps.Load(c) : TOps.Broadcast(0);

    /// <summary>Stores a row's vector, no lower than the floor where it goes to planes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void End(TVector sum, float* c, float* starts) =>
        TOps.Store(TRows.ToPlanes ? TOps.AtLeast(sum, TOps.Broadcast(*starts)) : sum, c);
}
