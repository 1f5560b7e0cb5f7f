using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Sums over pixels: sums (+)= planes * b, of some channels that are read from planes as they lie, by two vectors of other channels that lie side by
/// side pixel by pixel. Each plane is a stream of its own, of which a line serves many pixels. The compiler does not know the distance of
/// planes; three share a pointer, as an address has room for one distance and its double. The two vectors of a channel's sums lie in two panels.
/// Written out like <see cref="TileKernels{TOps, TVector, TRows}"/>, for the same reason.
/// </summary>
internal static unsafe class PlaneSums<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>14 channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows14(int pixels, float* planes, nint plane, float* b, float* sums, nint panel, bool add)
    {
        int lanes = TOps.Lanes;
        nint twice = 2 * plane;
        float* x0 = planes;
        float* x3 = planes + 3 * plane;
        float* x6 = planes + 6 * plane;
        float* x9 = planes + 9 * plane;
        float* x12 = planes + 12 * plane;
        TVector p0 = add ? TOps.Load(sums) : TOps.Broadcast(0);
        TVector q0 = add ? TOps.Load(sums + panel) : TOps.Broadcast(0);
        TVector p1 = add ? TOps.Load(sums + lanes) : TOps.Broadcast(0);
        TVector q1 = add ? TOps.Load(sums + panel + lanes) : TOps.Broadcast(0);
        TVector p2 = add ? TOps.Load(sums + 2 * lanes) : TOps.Broadcast(0);
        TVector q2 = add ? TOps.Load(sums + panel + 2 * lanes) : TOps.Broadcast(0);
        TVector p3 = add ? TOps.Load(sums + 3 * lanes) : TOps.Broadcast(0);
        TVector q3 = add ? TOps.Load(sums + panel + 3 * lanes) : TOps.Broadcast(0);
        TVector p4 = add ? TOps.Load(sums + 4 * lanes) : TOps.Broadcast(0);
        TVector q4 = add ? TOps.Load(sums + panel + 4 * lanes) : TOps.Broadcast(0);
        TVector p5 = add ? TOps.Load(sums + 5 * lanes) : TOps.Broadcast(0);
        TVector q5 = add ? TOps.Load(sums + panel + 5 * lanes) : TOps.Broadcast(0);
        TVector p6 = add ? TOps.Load(sums + 6 * lanes) : TOps.Broadcast(0);
        TVector q6 = add ? TOps.Load(sums + panel + 6 * lanes) : TOps.Broadcast(0);
        TVector p7 = add ? TOps.Load(sums + 7 * lanes) : TOps.Broadcast(0);
        TVector q7 = add ? TOps.Load(sums + panel + 7 * lanes) : TOps.Broadcast(0);
        TVector p8 = add ? TOps.Load(sums + 8 * lanes) : TOps.Broadcast(0);
        TVector q8 = add ? TOps.Load(sums + panel + 8 * lanes) : TOps.Broadcast(0);
        TVector p9 = add ? TOps.Load(sums + 9 * lanes) : TOps.Broadcast(0);
        TVector q9 = add ? TOps.Load(sums + panel + 9 * lanes) : TOps.Broadcast(0);
        TVector p10 = add ? TOps.Load(sums + 10 * lanes) : TOps.Broadcast(0);
        TVector q10 = add ? TOps.Load(sums + panel + 10 * lanes) : TOps.Broadcast(0);
        TVector p11 = add ? TOps.Load(sums + 11 * lanes) : TOps.Broadcast(0);
        TVector q11 = add ? TOps.Load(sums + panel + 11 * lanes) : TOps.Broadcast(0);
        TVector p12 = add ? TOps.Load(sums + 12 * lanes) : TOps.Broadcast(0);
        TVector q12 = add ? TOps.Load(sums + panel + 12 * lanes) : TOps.Broadcast(0);
        TVector p13 = add ? TOps.Load(sums + 13 * lanes) : TOps.Broadcast(0);
        TVector q13 = add ? TOps.Load(sums + panel + 13 * lanes) : TOps.Broadcast(0);
        for (; pixels > 0; pixels--)
        {
            TVector b0 = TOps.Load(b);
            TVector b1 = TOps.Load(b + lanes);
            TVector v0 = TOps.Broadcast(*x0);
            p0 = TOps.MultiplyAdd(v0, b0, p0);
            q0 = TOps.MultiplyAdd(v0, b1, q0);
            TVector v1 = TOps.Broadcast(x0[plane]);
            p1 = TOps.MultiplyAdd(v1, b0, p1);
            q1 = TOps.MultiplyAdd(v1, b1, q1);
            TVector v2 = TOps.Broadcast(x0[twice]);
            p2 = TOps.MultiplyAdd(v2, b0, p2);
            q2 = TOps.MultiplyAdd(v2, b1, q2);
            TVector v3 = TOps.Broadcast(*x3);
            p3 = TOps.MultiplyAdd(v3, b0, p3);
            q3 = TOps.MultiplyAdd(v3, b1, q3);
            TVector v4 = TOps.Broadcast(x3[plane]);
            p4 = TOps.MultiplyAdd(v4, b0, p4);
            q4 = TOps.MultiplyAdd(v4, b1, q4);
            TVector v5 = TOps.Broadcast(x3[twice]);
            p5 = TOps.MultiplyAdd(v5, b0, p5);
            q5 = TOps.MultiplyAdd(v5, b1, q5);
            TVector v6 = TOps.Broadcast(*x6);
            p6 = TOps.MultiplyAdd(v6, b0, p6);
            q6 = TOps.MultiplyAdd(v6, b1, q6);
            TVector v7 = TOps.Broadcast(x6[plane]);
            p7 = TOps.MultiplyAdd(v7, b0, p7);
            q7 = TOps.MultiplyAdd(v7, b1, q7);
            TVector v8 = TOps.Broadcast(x6[twice]);
            p8 = TOps.MultiplyAdd(v8, b0, p8);
            q8 = TOps.MultiplyAdd(v8, b1, q8);
            TVector v9 = TOps.Broadcast(*x9);
            p9 = TOps.MultiplyAdd(v9, b0, p9);
            q9 = TOps.MultiplyAdd(v9, b1, q9);
            TVector v10 = TOps.Broadcast(x9[plane]);
            p10 = TOps.MultiplyAdd(v10, b0, p10);
            q10 = TOps.MultiplyAdd(v10, b1, q10);
            TVector v11 = TOps.Broadcast(x9[twice]);
            p11 = TOps.MultiplyAdd(v11, b0, p11);
            q11 = TOps.MultiplyAdd(v11, b1, q11);
            TVector v12 = TOps.Broadcast(*x12);
            p12 = TOps.MultiplyAdd(v12, b0, p12);
            q12 = TOps.MultiplyAdd(v12, b1, q12);
            TVector v13 = TOps.Broadcast(x12[plane]);
            p13 = TOps.MultiplyAdd(v13, b0, p13);
            q13 = TOps.MultiplyAdd(v13, b1, q13);
            x0++;
            x3++;
            x6++;
            x9++;
            x12++;
            b += 2 * lanes;
        }

        TOps.Store(p0, sums);
        TOps.Store(q0, sums + panel);
        TOps.Store(p1, sums + lanes);
        TOps.Store(q1, sums + panel + lanes);
        TOps.Store(p2, sums + 2 * lanes);
        TOps.Store(q2, sums + panel + 2 * lanes);
        TOps.Store(p3, sums + 3 * lanes);
        TOps.Store(q3, sums + panel + 3 * lanes);
        TOps.Store(p4, sums + 4 * lanes);
        TOps.Store(q4, sums + panel + 4 * lanes);
        TOps.Store(p5, sums + 5 * lanes);
        TOps.Store(q5, sums + panel + 5 * lanes);
        TOps.Store(p6, sums + 6 * lanes);
        TOps.Store(q6, sums + panel + 6 * lanes);
        TOps.Store(p7, sums + 7 * lanes);
        TOps.Store(q7, sums + panel + 7 * lanes);
        TOps.Store(p8, sums + 8 * lanes);
        TOps.Store(q8, sums + panel + 8 * lanes);
        TOps.Store(p9, sums + 9 * lanes);
        TOps.Store(q9, sums + panel + 9 * lanes);
        TOps.Store(p10, sums + 10 * lanes);
        TOps.Store(q10, sums + panel + 10 * lanes);
        TOps.Store(p11, sums + 11 * lanes);
        TOps.Store(q11, sums + panel + 11 * lanes);
        TOps.Store(p12, sums + 12 * lanes);
        TOps.Store(q12, sums + panel + 12 * lanes);
        TOps.Store(p13, sums + 13 * lanes);
        TOps.Store(q13, sums + panel + 13 * lanes);
    }

    /// <summary>6 channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6(int pixels, float* planes, nint plane, float* b, float* sums, nint panel, bool add)
    {
        int lanes = TOps.Lanes;
        nint twice = 2 * plane;
        float* x0 = planes;
        float* x3 = planes + 3 * plane;
        TVector p0 = add ? TOps.Load(sums) : TOps.Broadcast(0);
        TVector q0 = add ? TOps.Load(sums + panel) : TOps.Broadcast(0);
        TVector p1 = add ? TOps.Load(sums + lanes) : TOps.Broadcast(0);
        TVector q1 = add ? TOps.Load(sums + panel + lanes) : TOps.Broadcast(0);
        TVector p2 = add ? TOps.Load(sums + 2 * lanes) : TOps.Broadcast(0);
        TVector q2 = add ? TOps.Load(sums + panel + 2 * lanes) : TOps.Broadcast(0);
        TVector p3 = add ? TOps.Load(sums + 3 * lanes) : TOps.Broadcast(0);
        TVector q3 = add ? TOps.Load(sums + panel + 3 * lanes) : TOps.Broadcast(0);
        TVector p4 = add ? TOps.Load(sums + 4 * lanes) : TOps.Broadcast(0);
        TVector q4 = add ? TOps.Load(sums + panel + 4 * lanes) : TOps.Broadcast(0);
        TVector p5 = add ? TOps.Load(sums + 5 * lanes) : TOps.Broadcast(0);
        TVector q5 = add ? TOps.Load(sums + panel + 5 * lanes) : TOps.Broadcast(0);
        for (; pixels > 0; pixels--)
        {
            TVector b0 = TOps.Load(b);
            TVector b1 = TOps.Load(b + lanes);
            TVector v0 = TOps.Broadcast(*x0);
            p0 = TOps.MultiplyAdd(v0, b0, p0);
            q0 = TOps.MultiplyAdd(v0, b1, q0);
            TVector v1 = TOps.Broadcast(x0[plane]);
            p1 = TOps.MultiplyAdd(v1, b0, p1);
            q1 = TOps.MultiplyAdd(v1, b1, q1);
            TVector v2 = TOps.Broadcast(x0[twice]);
            p2 = TOps.MultiplyAdd(v2, b0, p2);
            q2 = TOps.MultiplyAdd(v2, b1, q2);
            TVector v3 = TOps.Broadcast(*x3);
            p3 = TOps.MultiplyAdd(v3, b0, p3);
            q3 = TOps.MultiplyAdd(v3, b1, q3);
            TVector v4 = TOps.Broadcast(x3[plane]);
            p4 = TOps.MultiplyAdd(v4, b0, p4);
            q4 = TOps.MultiplyAdd(v4, b1, q4);
            TVector v5 = TOps.Broadcast(x3[twice]);
            p5 = TOps.MultiplyAdd(v5, b0, p5);
            q5 = TOps.MultiplyAdd(v5, b1, q5);
            x0++;
            x3++;
            b += 2 * lanes;
        }

        TOps.Store(p0, sums);
        TOps.Store(q0, sums + panel);
        TOps.Store(p1, sums + lanes);
        TOps.Store(q1, sums + panel + lanes);
        TOps.Store(p2, sums + 2 * lanes);
        TOps.Store(q2, sums + panel + 2 * lanes);
        TOps.Store(p3, sums + 3 * lanes);
        TOps.Store(q3, sums + panel + 3 * lanes);
        TOps.Store(p4, sums + 4 * lanes);
        TOps.Store(q4, sums + panel + 4 * lanes);
        TOps.Store(p5, sums + 5 * lanes);
        TOps.Store(q5, sums + panel + 5 * lanes);
    }
}
