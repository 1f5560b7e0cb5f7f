using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Products whose results are pixels of planes, or weights as they lie: C (+)= A * B for a tile of rows and some pairs of vectors. A is [k][rows], steps of k
/// being a multiple of vectors apart; B is [pair][k][2 vectors] without gaps; the pairs of a row of C follow each other and rows are a plane apart. Sums
/// end with a number for each row, its bias, and a floor. One call computes all pairs: a product of few steps costs less than the way to it.
/// Written out like <see cref="TileKernels{TOps, TVector, TRows}"/>, for the same reason.
/// </summary>
internal static unsafe class PlaneTiles<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>Steps between what is read of A and what is asked for.</summary>
    private const int StepsAhead = 8;

    /// <summary>14 rows. The floor comes first of the ends, then each row's number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows14(int pairs, int depth, float* a, nint aStep, float* b, float* c, nint plane, float* ends, bool add)
    {
        int lanes = TOps.Lanes;
        for (; pairs > 0; pairs--)
        {
            float* x = a;
            TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
            TVector q0 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
            TVector p1 = add ? TOps.Load(c + plane) : TOps.Broadcast(0);
            TVector q1 = add ? TOps.Load(c + plane + lanes) : TOps.Broadcast(0);
            TVector p2 = add ? TOps.Load(c + 2 * plane) : TOps.Broadcast(0);
            TVector q2 = add ? TOps.Load(c + 2 * plane + lanes) : TOps.Broadcast(0);
            TVector p3 = add ? TOps.Load(c + 3 * plane) : TOps.Broadcast(0);
            TVector q3 = add ? TOps.Load(c + 3 * plane + lanes) : TOps.Broadcast(0);
            TVector p4 = add ? TOps.Load(c + 4 * plane) : TOps.Broadcast(0);
            TVector q4 = add ? TOps.Load(c + 4 * plane + lanes) : TOps.Broadcast(0);
            TVector p5 = add ? TOps.Load(c + 5 * plane) : TOps.Broadcast(0);
            TVector q5 = add ? TOps.Load(c + 5 * plane + lanes) : TOps.Broadcast(0);
            TVector p6 = add ? TOps.Load(c + 6 * plane) : TOps.Broadcast(0);
            TVector q6 = add ? TOps.Load(c + 6 * plane + lanes) : TOps.Broadcast(0);
            TVector p7 = add ? TOps.Load(c + 7 * plane) : TOps.Broadcast(0);
            TVector q7 = add ? TOps.Load(c + 7 * plane + lanes) : TOps.Broadcast(0);
            TVector p8 = add ? TOps.Load(c + 8 * plane) : TOps.Broadcast(0);
            TVector q8 = add ? TOps.Load(c + 8 * plane + lanes) : TOps.Broadcast(0);
            TVector p9 = add ? TOps.Load(c + 9 * plane) : TOps.Broadcast(0);
            TVector q9 = add ? TOps.Load(c + 9 * plane + lanes) : TOps.Broadcast(0);
            TVector p10 = add ? TOps.Load(c + 10 * plane) : TOps.Broadcast(0);
            TVector q10 = add ? TOps.Load(c + 10 * plane + lanes) : TOps.Broadcast(0);
            TVector p11 = add ? TOps.Load(c + 11 * plane) : TOps.Broadcast(0);
            TVector q11 = add ? TOps.Load(c + 11 * plane + lanes) : TOps.Broadcast(0);
            TVector p12 = add ? TOps.Load(c + 12 * plane) : TOps.Broadcast(0);
            TVector q12 = add ? TOps.Load(c + 12 * plane + lanes) : TOps.Broadcast(0);
            TVector p13 = add ? TOps.Load(c + 13 * plane) : TOps.Broadcast(0);
            TVector q13 = add ? TOps.Load(c + 13 * plane + lanes) : TOps.Broadcast(0);
            for (int k = depth; k > 0; k--)
            {
                TOps.Prefetch(x + StepsAhead * aStep);
                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[1]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                TVector x2 = TOps.Broadcast(x[2]);
                p2 = TOps.MultiplyAdd(x2, b0, p2);
                q2 = TOps.MultiplyAdd(x2, b1, q2);
                TVector x3 = TOps.Broadcast(x[3]);
                p3 = TOps.MultiplyAdd(x3, b0, p3);
                q3 = TOps.MultiplyAdd(x3, b1, q3);
                TVector x4 = TOps.Broadcast(x[4]);
                p4 = TOps.MultiplyAdd(x4, b0, p4);
                q4 = TOps.MultiplyAdd(x4, b1, q4);
                TVector x5 = TOps.Broadcast(x[5]);
                p5 = TOps.MultiplyAdd(x5, b0, p5);
                q5 = TOps.MultiplyAdd(x5, b1, q5);
                TVector x6 = TOps.Broadcast(x[6]);
                p6 = TOps.MultiplyAdd(x6, b0, p6);
                q6 = TOps.MultiplyAdd(x6, b1, q6);
                TVector x7 = TOps.Broadcast(x[7]);
                p7 = TOps.MultiplyAdd(x7, b0, p7);
                q7 = TOps.MultiplyAdd(x7, b1, q7);
                TVector x8 = TOps.Broadcast(x[8]);
                p8 = TOps.MultiplyAdd(x8, b0, p8);
                q8 = TOps.MultiplyAdd(x8, b1, q8);
                TVector x9 = TOps.Broadcast(x[9]);
                p9 = TOps.MultiplyAdd(x9, b0, p9);
                q9 = TOps.MultiplyAdd(x9, b1, q9);
                TVector x10 = TOps.Broadcast(x[10]);
                p10 = TOps.MultiplyAdd(x10, b0, p10);
                q10 = TOps.MultiplyAdd(x10, b1, q10);
                TVector x11 = TOps.Broadcast(x[11]);
                p11 = TOps.MultiplyAdd(x11, b0, p11);
                q11 = TOps.MultiplyAdd(x11, b1, q11);
                TVector x12 = TOps.Broadcast(x[12]);
                p12 = TOps.MultiplyAdd(x12, b0, p12);
                q12 = TOps.MultiplyAdd(x12, b1, q12);
                TVector x13 = TOps.Broadcast(x[13]);
                p13 = TOps.MultiplyAdd(x13, b0, p13);
                q13 = TOps.MultiplyAdd(x13, b1, q13);
                x += aStep;
                b += 2 * lanes;
            }

            if (ends is not null)
            {
                TVector floor = TOps.Broadcast(*ends);
                TVector e0 = TOps.Broadcast(ends[1]);
                p0 = TOps.AtLeast(TOps.Add(p0, e0), floor);
                q0 = TOps.AtLeast(TOps.Add(q0, e0), floor);
                TVector e1 = TOps.Broadcast(ends[2]);
                p1 = TOps.AtLeast(TOps.Add(p1, e1), floor);
                q1 = TOps.AtLeast(TOps.Add(q1, e1), floor);
                TVector e2 = TOps.Broadcast(ends[3]);
                p2 = TOps.AtLeast(TOps.Add(p2, e2), floor);
                q2 = TOps.AtLeast(TOps.Add(q2, e2), floor);
                TVector e3 = TOps.Broadcast(ends[4]);
                p3 = TOps.AtLeast(TOps.Add(p3, e3), floor);
                q3 = TOps.AtLeast(TOps.Add(q3, e3), floor);
                TVector e4 = TOps.Broadcast(ends[5]);
                p4 = TOps.AtLeast(TOps.Add(p4, e4), floor);
                q4 = TOps.AtLeast(TOps.Add(q4, e4), floor);
                TVector e5 = TOps.Broadcast(ends[6]);
                p5 = TOps.AtLeast(TOps.Add(p5, e5), floor);
                q5 = TOps.AtLeast(TOps.Add(q5, e5), floor);
                TVector e6 = TOps.Broadcast(ends[7]);
                p6 = TOps.AtLeast(TOps.Add(p6, e6), floor);
                q6 = TOps.AtLeast(TOps.Add(q6, e6), floor);
                TVector e7 = TOps.Broadcast(ends[8]);
                p7 = TOps.AtLeast(TOps.Add(p7, e7), floor);
                q7 = TOps.AtLeast(TOps.Add(q7, e7), floor);
                TVector e8 = TOps.Broadcast(ends[9]);
                p8 = TOps.AtLeast(TOps.Add(p8, e8), floor);
                q8 = TOps.AtLeast(TOps.Add(q8, e8), floor);
                TVector e9 = TOps.Broadcast(ends[10]);
                p9 = TOps.AtLeast(TOps.Add(p9, e9), floor);
                q9 = TOps.AtLeast(TOps.Add(q9, e9), floor);
                TVector e10 = TOps.Broadcast(ends[11]);
                p10 = TOps.AtLeast(TOps.Add(p10, e10), floor);
                q10 = TOps.AtLeast(TOps.Add(q10, e10), floor);
                TVector e11 = TOps.Broadcast(ends[12]);
                p11 = TOps.AtLeast(TOps.Add(p11, e11), floor);
                q11 = TOps.AtLeast(TOps.Add(q11, e11), floor);
                TVector e12 = TOps.Broadcast(ends[13]);
                p12 = TOps.AtLeast(TOps.Add(p12, e12), floor);
                q12 = TOps.AtLeast(TOps.Add(q12, e12), floor);
                TVector e13 = TOps.Broadcast(ends[14]);
                p13 = TOps.AtLeast(TOps.Add(p13, e13), floor);
                q13 = TOps.AtLeast(TOps.Add(q13, e13), floor);
            }

            TOps.Store(p0, c);
            TOps.Store(q0, c + lanes);
            TOps.Store(p1, c + plane);
            TOps.Store(q1, c + plane + lanes);
            TOps.Store(p2, c + 2 * plane);
            TOps.Store(q2, c + 2 * plane + lanes);
            TOps.Store(p3, c + 3 * plane);
            TOps.Store(q3, c + 3 * plane + lanes);
            TOps.Store(p4, c + 4 * plane);
            TOps.Store(q4, c + 4 * plane + lanes);
            TOps.Store(p5, c + 5 * plane);
            TOps.Store(q5, c + 5 * plane + lanes);
            TOps.Store(p6, c + 6 * plane);
            TOps.Store(q6, c + 6 * plane + lanes);
            TOps.Store(p7, c + 7 * plane);
            TOps.Store(q7, c + 7 * plane + lanes);
            TOps.Store(p8, c + 8 * plane);
            TOps.Store(q8, c + 8 * plane + lanes);
            TOps.Store(p9, c + 9 * plane);
            TOps.Store(q9, c + 9 * plane + lanes);
            TOps.Store(p10, c + 10 * plane);
            TOps.Store(q10, c + 10 * plane + lanes);
            TOps.Store(p11, c + 11 * plane);
            TOps.Store(q11, c + 11 * plane + lanes);
            TOps.Store(p12, c + 12 * plane);
            TOps.Store(q12, c + 12 * plane + lanes);
            TOps.Store(p13, c + 13 * plane);
            TOps.Store(q13, c + 13 * plane + lanes);
            c += 2 * lanes;
        }
    }

    /// <summary>12 rows. The floor comes first of the ends, then each row's number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows12(int pairs, int depth, float* a, nint aStep, float* b, float* c, nint plane, float* ends, bool add)
    {
        int lanes = TOps.Lanes;
        for (; pairs > 0; pairs--)
        {
            float* x = a;
            TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
            TVector q0 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
            TVector p1 = add ? TOps.Load(c + plane) : TOps.Broadcast(0);
            TVector q1 = add ? TOps.Load(c + plane + lanes) : TOps.Broadcast(0);
            TVector p2 = add ? TOps.Load(c + 2 * plane) : TOps.Broadcast(0);
            TVector q2 = add ? TOps.Load(c + 2 * plane + lanes) : TOps.Broadcast(0);
            TVector p3 = add ? TOps.Load(c + 3 * plane) : TOps.Broadcast(0);
            TVector q3 = add ? TOps.Load(c + 3 * plane + lanes) : TOps.Broadcast(0);
            TVector p4 = add ? TOps.Load(c + 4 * plane) : TOps.Broadcast(0);
            TVector q4 = add ? TOps.Load(c + 4 * plane + lanes) : TOps.Broadcast(0);
            TVector p5 = add ? TOps.Load(c + 5 * plane) : TOps.Broadcast(0);
            TVector q5 = add ? TOps.Load(c + 5 * plane + lanes) : TOps.Broadcast(0);
            TVector p6 = add ? TOps.Load(c + 6 * plane) : TOps.Broadcast(0);
            TVector q6 = add ? TOps.Load(c + 6 * plane + lanes) : TOps.Broadcast(0);
            TVector p7 = add ? TOps.Load(c + 7 * plane) : TOps.Broadcast(0);
            TVector q7 = add ? TOps.Load(c + 7 * plane + lanes) : TOps.Broadcast(0);
            TVector p8 = add ? TOps.Load(c + 8 * plane) : TOps.Broadcast(0);
            TVector q8 = add ? TOps.Load(c + 8 * plane + lanes) : TOps.Broadcast(0);
            TVector p9 = add ? TOps.Load(c + 9 * plane) : TOps.Broadcast(0);
            TVector q9 = add ? TOps.Load(c + 9 * plane + lanes) : TOps.Broadcast(0);
            TVector p10 = add ? TOps.Load(c + 10 * plane) : TOps.Broadcast(0);
            TVector q10 = add ? TOps.Load(c + 10 * plane + lanes) : TOps.Broadcast(0);
            TVector p11 = add ? TOps.Load(c + 11 * plane) : TOps.Broadcast(0);
            TVector q11 = add ? TOps.Load(c + 11 * plane + lanes) : TOps.Broadcast(0);
            for (int k = depth; k > 0; k--)
            {
                TOps.Prefetch(x + StepsAhead * aStep);
                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[1]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                TVector x2 = TOps.Broadcast(x[2]);
                p2 = TOps.MultiplyAdd(x2, b0, p2);
                q2 = TOps.MultiplyAdd(x2, b1, q2);
                TVector x3 = TOps.Broadcast(x[3]);
                p3 = TOps.MultiplyAdd(x3, b0, p3);
                q3 = TOps.MultiplyAdd(x3, b1, q3);
                TVector x4 = TOps.Broadcast(x[4]);
                p4 = TOps.MultiplyAdd(x4, b0, p4);
                q4 = TOps.MultiplyAdd(x4, b1, q4);
                TVector x5 = TOps.Broadcast(x[5]);
                p5 = TOps.MultiplyAdd(x5, b0, p5);
                q5 = TOps.MultiplyAdd(x5, b1, q5);
                TVector x6 = TOps.Broadcast(x[6]);
                p6 = TOps.MultiplyAdd(x6, b0, p6);
                q6 = TOps.MultiplyAdd(x6, b1, q6);
                TVector x7 = TOps.Broadcast(x[7]);
                p7 = TOps.MultiplyAdd(x7, b0, p7);
                q7 = TOps.MultiplyAdd(x7, b1, q7);
                TVector x8 = TOps.Broadcast(x[8]);
                p8 = TOps.MultiplyAdd(x8, b0, p8);
                q8 = TOps.MultiplyAdd(x8, b1, q8);
                TVector x9 = TOps.Broadcast(x[9]);
                p9 = TOps.MultiplyAdd(x9, b0, p9);
                q9 = TOps.MultiplyAdd(x9, b1, q9);
                TVector x10 = TOps.Broadcast(x[10]);
                p10 = TOps.MultiplyAdd(x10, b0, p10);
                q10 = TOps.MultiplyAdd(x10, b1, q10);
                TVector x11 = TOps.Broadcast(x[11]);
                p11 = TOps.MultiplyAdd(x11, b0, p11);
                q11 = TOps.MultiplyAdd(x11, b1, q11);
                x += aStep;
                b += 2 * lanes;
            }

            if (ends is not null)
            {
                TVector floor = TOps.Broadcast(*ends);
                TVector e0 = TOps.Broadcast(ends[1]);
                p0 = TOps.AtLeast(TOps.Add(p0, e0), floor);
                q0 = TOps.AtLeast(TOps.Add(q0, e0), floor);
                TVector e1 = TOps.Broadcast(ends[2]);
                p1 = TOps.AtLeast(TOps.Add(p1, e1), floor);
                q1 = TOps.AtLeast(TOps.Add(q1, e1), floor);
                TVector e2 = TOps.Broadcast(ends[3]);
                p2 = TOps.AtLeast(TOps.Add(p2, e2), floor);
                q2 = TOps.AtLeast(TOps.Add(q2, e2), floor);
                TVector e3 = TOps.Broadcast(ends[4]);
                p3 = TOps.AtLeast(TOps.Add(p3, e3), floor);
                q3 = TOps.AtLeast(TOps.Add(q3, e3), floor);
                TVector e4 = TOps.Broadcast(ends[5]);
                p4 = TOps.AtLeast(TOps.Add(p4, e4), floor);
                q4 = TOps.AtLeast(TOps.Add(q4, e4), floor);
                TVector e5 = TOps.Broadcast(ends[6]);
                p5 = TOps.AtLeast(TOps.Add(p5, e5), floor);
                q5 = TOps.AtLeast(TOps.Add(q5, e5), floor);
                TVector e6 = TOps.Broadcast(ends[7]);
                p6 = TOps.AtLeast(TOps.Add(p6, e6), floor);
                q6 = TOps.AtLeast(TOps.Add(q6, e6), floor);
                TVector e7 = TOps.Broadcast(ends[8]);
                p7 = TOps.AtLeast(TOps.Add(p7, e7), floor);
                q7 = TOps.AtLeast(TOps.Add(q7, e7), floor);
                TVector e8 = TOps.Broadcast(ends[9]);
                p8 = TOps.AtLeast(TOps.Add(p8, e8), floor);
                q8 = TOps.AtLeast(TOps.Add(q8, e8), floor);
                TVector e9 = TOps.Broadcast(ends[10]);
                p9 = TOps.AtLeast(TOps.Add(p9, e9), floor);
                q9 = TOps.AtLeast(TOps.Add(q9, e9), floor);
                TVector e10 = TOps.Broadcast(ends[11]);
                p10 = TOps.AtLeast(TOps.Add(p10, e10), floor);
                q10 = TOps.AtLeast(TOps.Add(q10, e10), floor);
                TVector e11 = TOps.Broadcast(ends[12]);
                p11 = TOps.AtLeast(TOps.Add(p11, e11), floor);
                q11 = TOps.AtLeast(TOps.Add(q11, e11), floor);
            }

            TOps.Store(p0, c);
            TOps.Store(q0, c + lanes);
            TOps.Store(p1, c + plane);
            TOps.Store(q1, c + plane + lanes);
            TOps.Store(p2, c + 2 * plane);
            TOps.Store(q2, c + 2 * plane + lanes);
            TOps.Store(p3, c + 3 * plane);
            TOps.Store(q3, c + 3 * plane + lanes);
            TOps.Store(p4, c + 4 * plane);
            TOps.Store(q4, c + 4 * plane + lanes);
            TOps.Store(p5, c + 5 * plane);
            TOps.Store(q5, c + 5 * plane + lanes);
            TOps.Store(p6, c + 6 * plane);
            TOps.Store(q6, c + 6 * plane + lanes);
            TOps.Store(p7, c + 7 * plane);
            TOps.Store(q7, c + 7 * plane + lanes);
            TOps.Store(p8, c + 8 * plane);
            TOps.Store(q8, c + 8 * plane + lanes);
            TOps.Store(p9, c + 9 * plane);
            TOps.Store(q9, c + 9 * plane + lanes);
            TOps.Store(p10, c + 10 * plane);
            TOps.Store(q10, c + 10 * plane + lanes);
            TOps.Store(p11, c + 11 * plane);
            TOps.Store(q11, c + 11 * plane + lanes);
            c += 2 * lanes;
        }
    }

    /// <summary>8 rows. The floor comes first of the ends, then each row's number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8(int pairs, int depth, float* a, nint aStep, float* b, float* c, nint plane, float* ends, bool add)
    {
        int lanes = TOps.Lanes;
        for (; pairs > 0; pairs--)
        {
            float* x = a;
            TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
            TVector q0 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
            TVector p1 = add ? TOps.Load(c + plane) : TOps.Broadcast(0);
            TVector q1 = add ? TOps.Load(c + plane + lanes) : TOps.Broadcast(0);
            TVector p2 = add ? TOps.Load(c + 2 * plane) : TOps.Broadcast(0);
            TVector q2 = add ? TOps.Load(c + 2 * plane + lanes) : TOps.Broadcast(0);
            TVector p3 = add ? TOps.Load(c + 3 * plane) : TOps.Broadcast(0);
            TVector q3 = add ? TOps.Load(c + 3 * plane + lanes) : TOps.Broadcast(0);
            TVector p4 = add ? TOps.Load(c + 4 * plane) : TOps.Broadcast(0);
            TVector q4 = add ? TOps.Load(c + 4 * plane + lanes) : TOps.Broadcast(0);
            TVector p5 = add ? TOps.Load(c + 5 * plane) : TOps.Broadcast(0);
            TVector q5 = add ? TOps.Load(c + 5 * plane + lanes) : TOps.Broadcast(0);
            TVector p6 = add ? TOps.Load(c + 6 * plane) : TOps.Broadcast(0);
            TVector q6 = add ? TOps.Load(c + 6 * plane + lanes) : TOps.Broadcast(0);
            TVector p7 = add ? TOps.Load(c + 7 * plane) : TOps.Broadcast(0);
            TVector q7 = add ? TOps.Load(c + 7 * plane + lanes) : TOps.Broadcast(0);
            for (int k = depth; k > 0; k--)
            {
                TOps.Prefetch(x + StepsAhead * aStep);
                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[1]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                TVector x2 = TOps.Broadcast(x[2]);
                p2 = TOps.MultiplyAdd(x2, b0, p2);
                q2 = TOps.MultiplyAdd(x2, b1, q2);
                TVector x3 = TOps.Broadcast(x[3]);
                p3 = TOps.MultiplyAdd(x3, b0, p3);
                q3 = TOps.MultiplyAdd(x3, b1, q3);
                TVector x4 = TOps.Broadcast(x[4]);
                p4 = TOps.MultiplyAdd(x4, b0, p4);
                q4 = TOps.MultiplyAdd(x4, b1, q4);
                TVector x5 = TOps.Broadcast(x[5]);
                p5 = TOps.MultiplyAdd(x5, b0, p5);
                q5 = TOps.MultiplyAdd(x5, b1, q5);
                TVector x6 = TOps.Broadcast(x[6]);
                p6 = TOps.MultiplyAdd(x6, b0, p6);
                q6 = TOps.MultiplyAdd(x6, b1, q6);
                TVector x7 = TOps.Broadcast(x[7]);
                p7 = TOps.MultiplyAdd(x7, b0, p7);
                q7 = TOps.MultiplyAdd(x7, b1, q7);
                x += aStep;
                b += 2 * lanes;
            }

            if (ends is not null)
            {
                TVector floor = TOps.Broadcast(*ends);
                TVector e0 = TOps.Broadcast(ends[1]);
                p0 = TOps.AtLeast(TOps.Add(p0, e0), floor);
                q0 = TOps.AtLeast(TOps.Add(q0, e0), floor);
                TVector e1 = TOps.Broadcast(ends[2]);
                p1 = TOps.AtLeast(TOps.Add(p1, e1), floor);
                q1 = TOps.AtLeast(TOps.Add(q1, e1), floor);
                TVector e2 = TOps.Broadcast(ends[3]);
                p2 = TOps.AtLeast(TOps.Add(p2, e2), floor);
                q2 = TOps.AtLeast(TOps.Add(q2, e2), floor);
                TVector e3 = TOps.Broadcast(ends[4]);
                p3 = TOps.AtLeast(TOps.Add(p3, e3), floor);
                q3 = TOps.AtLeast(TOps.Add(q3, e3), floor);
                TVector e4 = TOps.Broadcast(ends[5]);
                p4 = TOps.AtLeast(TOps.Add(p4, e4), floor);
                q4 = TOps.AtLeast(TOps.Add(q4, e4), floor);
                TVector e5 = TOps.Broadcast(ends[6]);
                p5 = TOps.AtLeast(TOps.Add(p5, e5), floor);
                q5 = TOps.AtLeast(TOps.Add(q5, e5), floor);
                TVector e6 = TOps.Broadcast(ends[7]);
                p6 = TOps.AtLeast(TOps.Add(p6, e6), floor);
                q6 = TOps.AtLeast(TOps.Add(q6, e6), floor);
                TVector e7 = TOps.Broadcast(ends[8]);
                p7 = TOps.AtLeast(TOps.Add(p7, e7), floor);
                q7 = TOps.AtLeast(TOps.Add(q7, e7), floor);
            }

            TOps.Store(p0, c);
            TOps.Store(q0, c + lanes);
            TOps.Store(p1, c + plane);
            TOps.Store(q1, c + plane + lanes);
            TOps.Store(p2, c + 2 * plane);
            TOps.Store(q2, c + 2 * plane + lanes);
            TOps.Store(p3, c + 3 * plane);
            TOps.Store(q3, c + 3 * plane + lanes);
            TOps.Store(p4, c + 4 * plane);
            TOps.Store(q4, c + 4 * plane + lanes);
            TOps.Store(p5, c + 5 * plane);
            TOps.Store(q5, c + 5 * plane + lanes);
            TOps.Store(p6, c + 6 * plane);
            TOps.Store(q6, c + 6 * plane + lanes);
            TOps.Store(p7, c + 7 * plane);
            TOps.Store(q7, c + 7 * plane + lanes);
            c += 2 * lanes;
        }
    }

    /// <summary>6 rows. The floor comes first of the ends, then each row's number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6(int pairs, int depth, float* a, nint aStep, float* b, float* c, nint plane, float* ends, bool add)
    {
        int lanes = TOps.Lanes;
        for (; pairs > 0; pairs--)
        {
            float* x = a;
            TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
            TVector q0 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
            TVector p1 = add ? TOps.Load(c + plane) : TOps.Broadcast(0);
            TVector q1 = add ? TOps.Load(c + plane + lanes) : TOps.Broadcast(0);
            TVector p2 = add ? TOps.Load(c + 2 * plane) : TOps.Broadcast(0);
            TVector q2 = add ? TOps.Load(c + 2 * plane + lanes) : TOps.Broadcast(0);
            TVector p3 = add ? TOps.Load(c + 3 * plane) : TOps.Broadcast(0);
            TVector q3 = add ? TOps.Load(c + 3 * plane + lanes) : TOps.Broadcast(0);
            TVector p4 = add ? TOps.Load(c + 4 * plane) : TOps.Broadcast(0);
            TVector q4 = add ? TOps.Load(c + 4 * plane + lanes) : TOps.Broadcast(0);
            TVector p5 = add ? TOps.Load(c + 5 * plane) : TOps.Broadcast(0);
            TVector q5 = add ? TOps.Load(c + 5 * plane + lanes) : TOps.Broadcast(0);
            for (int k = depth; k > 0; k--)
            {
                TOps.Prefetch(x + StepsAhead * aStep);
                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[1]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                TVector x2 = TOps.Broadcast(x[2]);
                p2 = TOps.MultiplyAdd(x2, b0, p2);
                q2 = TOps.MultiplyAdd(x2, b1, q2);
                TVector x3 = TOps.Broadcast(x[3]);
                p3 = TOps.MultiplyAdd(x3, b0, p3);
                q3 = TOps.MultiplyAdd(x3, b1, q3);
                TVector x4 = TOps.Broadcast(x[4]);
                p4 = TOps.MultiplyAdd(x4, b0, p4);
                q4 = TOps.MultiplyAdd(x4, b1, q4);
                TVector x5 = TOps.Broadcast(x[5]);
                p5 = TOps.MultiplyAdd(x5, b0, p5);
                q5 = TOps.MultiplyAdd(x5, b1, q5);
                x += aStep;
                b += 2 * lanes;
            }

            if (ends is not null)
            {
                TVector floor = TOps.Broadcast(*ends);
                TVector e0 = TOps.Broadcast(ends[1]);
                p0 = TOps.AtLeast(TOps.Add(p0, e0), floor);
                q0 = TOps.AtLeast(TOps.Add(q0, e0), floor);
                TVector e1 = TOps.Broadcast(ends[2]);
                p1 = TOps.AtLeast(TOps.Add(p1, e1), floor);
                q1 = TOps.AtLeast(TOps.Add(q1, e1), floor);
                TVector e2 = TOps.Broadcast(ends[3]);
                p2 = TOps.AtLeast(TOps.Add(p2, e2), floor);
                q2 = TOps.AtLeast(TOps.Add(q2, e2), floor);
                TVector e3 = TOps.Broadcast(ends[4]);
                p3 = TOps.AtLeast(TOps.Add(p3, e3), floor);
                q3 = TOps.AtLeast(TOps.Add(q3, e3), floor);
                TVector e4 = TOps.Broadcast(ends[5]);
                p4 = TOps.AtLeast(TOps.Add(p4, e4), floor);
                q4 = TOps.AtLeast(TOps.Add(q4, e4), floor);
                TVector e5 = TOps.Broadcast(ends[6]);
                p5 = TOps.AtLeast(TOps.Add(p5, e5), floor);
                q5 = TOps.AtLeast(TOps.Add(q5, e5), floor);
            }

            TOps.Store(p0, c);
            TOps.Store(q0, c + lanes);
            TOps.Store(p1, c + plane);
            TOps.Store(q1, c + plane + lanes);
            TOps.Store(p2, c + 2 * plane);
            TOps.Store(q2, c + 2 * plane + lanes);
            TOps.Store(p3, c + 3 * plane);
            TOps.Store(q3, c + 3 * plane + lanes);
            TOps.Store(p4, c + 4 * plane);
            TOps.Store(q4, c + 4 * plane + lanes);
            TOps.Store(p5, c + 5 * plane);
            TOps.Store(q5, c + 5 * plane + lanes);
            c += 2 * lanes;
        }
    }

    /// <summary>4 rows. The floor comes first of the ends, then each row's number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(int pairs, int depth, float* a, nint aStep, float* b, float* c, nint plane, float* ends, bool add)
    {
        int lanes = TOps.Lanes;
        for (; pairs > 0; pairs--)
        {
            float* x = a;
            TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
            TVector q0 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
            TVector p1 = add ? TOps.Load(c + plane) : TOps.Broadcast(0);
            TVector q1 = add ? TOps.Load(c + plane + lanes) : TOps.Broadcast(0);
            TVector p2 = add ? TOps.Load(c + 2 * plane) : TOps.Broadcast(0);
            TVector q2 = add ? TOps.Load(c + 2 * plane + lanes) : TOps.Broadcast(0);
            TVector p3 = add ? TOps.Load(c + 3 * plane) : TOps.Broadcast(0);
            TVector q3 = add ? TOps.Load(c + 3 * plane + lanes) : TOps.Broadcast(0);
            for (int k = depth; k > 0; k--)
            {
                TOps.Prefetch(x + StepsAhead * aStep);
                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[1]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                TVector x2 = TOps.Broadcast(x[2]);
                p2 = TOps.MultiplyAdd(x2, b0, p2);
                q2 = TOps.MultiplyAdd(x2, b1, q2);
                TVector x3 = TOps.Broadcast(x[3]);
                p3 = TOps.MultiplyAdd(x3, b0, p3);
                q3 = TOps.MultiplyAdd(x3, b1, q3);
                x += aStep;
                b += 2 * lanes;
            }

            if (ends is not null)
            {
                TVector floor = TOps.Broadcast(*ends);
                TVector e0 = TOps.Broadcast(ends[1]);
                p0 = TOps.AtLeast(TOps.Add(p0, e0), floor);
                q0 = TOps.AtLeast(TOps.Add(q0, e0), floor);
                TVector e1 = TOps.Broadcast(ends[2]);
                p1 = TOps.AtLeast(TOps.Add(p1, e1), floor);
                q1 = TOps.AtLeast(TOps.Add(q1, e1), floor);
                TVector e2 = TOps.Broadcast(ends[3]);
                p2 = TOps.AtLeast(TOps.Add(p2, e2), floor);
                q2 = TOps.AtLeast(TOps.Add(q2, e2), floor);
                TVector e3 = TOps.Broadcast(ends[4]);
                p3 = TOps.AtLeast(TOps.Add(p3, e3), floor);
                q3 = TOps.AtLeast(TOps.Add(q3, e3), floor);
            }

            TOps.Store(p0, c);
            TOps.Store(q0, c + lanes);
            TOps.Store(p1, c + plane);
            TOps.Store(q1, c + plane + lanes);
            TOps.Store(p2, c + 2 * plane);
            TOps.Store(q2, c + 2 * plane + lanes);
            TOps.Store(p3, c + 3 * plane);
            TOps.Store(q3, c + 3 * plane + lanes);
            c += 2 * lanes;
        }
    }

    /// <summary>2 rows. The floor comes first of the ends, then each row's number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows2(int pairs, int depth, float* a, nint aStep, float* b, float* c, nint plane, float* ends, bool add)
    {
        int lanes = TOps.Lanes;
        for (; pairs > 0; pairs--)
        {
            float* x = a;
            TVector p0 = add ? TOps.Load(c) : TOps.Broadcast(0);
            TVector q0 = add ? TOps.Load(c + lanes) : TOps.Broadcast(0);
            TVector p1 = add ? TOps.Load(c + plane) : TOps.Broadcast(0);
            TVector q1 = add ? TOps.Load(c + plane + lanes) : TOps.Broadcast(0);
            for (int k = depth; k > 0; k--)
            {
                TOps.Prefetch(x + StepsAhead * aStep);
                TVector b0 = TOps.Load(b);
                TVector b1 = TOps.Load(b + lanes);
                TVector x0 = TOps.Broadcast(*x);
                p0 = TOps.MultiplyAdd(x0, b0, p0);
                q0 = TOps.MultiplyAdd(x0, b1, q0);
                TVector x1 = TOps.Broadcast(x[1]);
                p1 = TOps.MultiplyAdd(x1, b0, p1);
                q1 = TOps.MultiplyAdd(x1, b1, q1);
                x += aStep;
                b += 2 * lanes;
            }

            if (ends is not null)
            {
                TVector floor = TOps.Broadcast(*ends);
                TVector e0 = TOps.Broadcast(ends[1]);
                p0 = TOps.AtLeast(TOps.Add(p0, e0), floor);
                q0 = TOps.AtLeast(TOps.Add(q0, e0), floor);
                TVector e1 = TOps.Broadcast(ends[2]);
                p1 = TOps.AtLeast(TOps.Add(p1, e1), floor);
                q1 = TOps.AtLeast(TOps.Add(q1, e1), floor);
            }

            TOps.Store(p0, c);
            TOps.Store(q0, c + lanes);
            TOps.Store(p1, c + plane);
            TOps.Store(q1, c + plane + lanes);
            c += 2 * lanes;
        }
    }
}
