using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// The innermost loops of the weight gradient: every product of some rows of A (row stride lda) with some runs of B (at
/// b + offsets[j]) along the pixels, C[i, j] += dot(A[i], B[j]). Both operands lie as the planes do, so nothing is transposed;
/// the sums over the lanes at the end are spread over many pixels.
/// </summary>
internal static unsafe class DotKernels<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>4 by 6 products: 24 accumulators, for the 32 registers of AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile4x6(int vectors, float* a, nint lda, float* b, nint* offsets, float* c, nint ldc)
    {
        int lanes = TOps.Lanes;
        TVector c00 = default;
        TVector c01 = default;
        TVector c02 = default;
        TVector c03 = default;
        TVector c04 = default;
        TVector c05 = default;
        TVector c10 = default;
        TVector c11 = default;
        TVector c12 = default;
        TVector c13 = default;
        TVector c14 = default;
        TVector c15 = default;
        TVector c20 = default;
        TVector c21 = default;
        TVector c22 = default;
        TVector c23 = default;
        TVector c24 = default;
        TVector c25 = default;
        TVector c30 = default;
        TVector c31 = default;
        TVector c32 = default;
        TVector c33 = default;
        TVector c34 = default;
        TVector c35 = default;
        float* p0 = b + offsets[0];
        float* p1 = b + offsets[1];
        float* p2 = b + offsets[2];
        float* p3 = b + offsets[3];
        float* p4 = b + offsets[4];
        float* p5 = b + offsets[5];
        for (int k = 0; k < vectors; k++)
        {
            TVector a0 = TOps.Load(a);
            TVector a1 = TOps.Load(a + lda);
            TVector a2 = TOps.Load(a + 2 * lda);
            TVector a3 = TOps.Load(a + 3 * lda);
            TVector b0 = TOps.Load(p0);
            p0 += lanes;
            c00 = TOps.MultiplyAdd(a0, b0, c00);
            c10 = TOps.MultiplyAdd(a1, b0, c10);
            c20 = TOps.MultiplyAdd(a2, b0, c20);
            c30 = TOps.MultiplyAdd(a3, b0, c30);
            TVector b1 = TOps.Load(p1);
            p1 += lanes;
            c01 = TOps.MultiplyAdd(a0, b1, c01);
            c11 = TOps.MultiplyAdd(a1, b1, c11);
            c21 = TOps.MultiplyAdd(a2, b1, c21);
            c31 = TOps.MultiplyAdd(a3, b1, c31);
            TVector b2 = TOps.Load(p2);
            p2 += lanes;
            c02 = TOps.MultiplyAdd(a0, b2, c02);
            c12 = TOps.MultiplyAdd(a1, b2, c12);
            c22 = TOps.MultiplyAdd(a2, b2, c22);
            c32 = TOps.MultiplyAdd(a3, b2, c32);
            TVector b3 = TOps.Load(p3);
            p3 += lanes;
            c03 = TOps.MultiplyAdd(a0, b3, c03);
            c13 = TOps.MultiplyAdd(a1, b3, c13);
            c23 = TOps.MultiplyAdd(a2, b3, c23);
            c33 = TOps.MultiplyAdd(a3, b3, c33);
            TVector b4 = TOps.Load(p4);
            p4 += lanes;
            c04 = TOps.MultiplyAdd(a0, b4, c04);
            c14 = TOps.MultiplyAdd(a1, b4, c14);
            c24 = TOps.MultiplyAdd(a2, b4, c24);
            c34 = TOps.MultiplyAdd(a3, b4, c34);
            TVector b5 = TOps.Load(p5);
            p5 += lanes;
            c05 = TOps.MultiplyAdd(a0, b5, c05);
            c15 = TOps.MultiplyAdd(a1, b5, c15);
            c25 = TOps.MultiplyAdd(a2, b5, c25);
            c35 = TOps.MultiplyAdd(a3, b5, c35);
            a += lanes;
        }

        float* sums = stackalloc float[32];
        TOps.Store(Pair(Pair(Four(c00, c01, c02, c03), Four(c04, c05, c10, c11)), Pair(Four(c12, c13, c14, c15), Four(c20, c21, c22, c23))), sums);
        TVector rest = Pair(Four(c24, c25, c30, c31), Four(c32, c33, c34, c35));
        TOps.Store(Pair(rest, rest), sums + lanes);
        for (int row = 0; row < 4; row++)
        {
            for (int column = 0; column < 6; column++)
            {
                c[row * ldc + column] += sums[row * 6 + column];
            }
        }
    }

    /// <summary>4 by 2 products: 8 accumulators beside 6 operands, for 16 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile4x2(int vectors, float* a, nint lda, float* b, nint* offsets, float* c, nint ldc)
    {
        int lanes = TOps.Lanes;
        TVector c00 = default;
        TVector c01 = default;
        TVector c10 = default;
        TVector c11 = default;
        TVector c20 = default;
        TVector c21 = default;
        TVector c30 = default;
        TVector c31 = default;
        float* p0 = b + offsets[0];
        float* p1 = b + offsets[1];
        for (int k = 0; k < vectors; k++)
        {
            TVector a0 = TOps.Load(a);
            TVector a1 = TOps.Load(a + lda);
            TVector a2 = TOps.Load(a + 2 * lda);
            TVector a3 = TOps.Load(a + 3 * lda);
            TVector b0 = TOps.Load(p0);
            p0 += lanes;
            c00 = TOps.MultiplyAdd(a0, b0, c00);
            c10 = TOps.MultiplyAdd(a1, b0, c10);
            c20 = TOps.MultiplyAdd(a2, b0, c20);
            c30 = TOps.MultiplyAdd(a3, b0, c30);
            TVector b1 = TOps.Load(p1);
            p1 += lanes;
            c01 = TOps.MultiplyAdd(a0, b1, c01);
            c11 = TOps.MultiplyAdd(a1, b1, c11);
            c21 = TOps.MultiplyAdd(a2, b1, c21);
            c31 = TOps.MultiplyAdd(a3, b1, c31);
            a += lanes;
        }

        float* sums = stackalloc float[8];
        TVector lower = Four(c00, c01, c10, c11);
        TVector upper = Four(c20, c21, c30, c31);
        if (lanes == 8)
        {
            TOps.Store(Pair(lower, upper), sums);
        }
        else
        {
            TOps.Store(lower, sums);
            TOps.Store(upper, sums + 4);
        }

        for (int row = 0; row < 4; row++)
        {
            c[row * ldc] += sums[row * 2];
            c[row * ldc + 1] += sums[row * 2 + 1];
        }
    }

    /// <summary>Sums of neighbouring lanes, those of the first in the lower half: repeated, each lane ends as the sum of one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Pair(TVector first, TVector second) => TOps.Add(TOps.Even(first, second), TOps.Odd(first, second));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Four(TVector a, TVector b, TVector c, TVector d) => Pair(Pair(a, b), Pair(c, d));
}
