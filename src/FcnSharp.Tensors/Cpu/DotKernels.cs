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

        c[0] += TOps.Sum(c00);
        c[1] += TOps.Sum(c01);
        c[2] += TOps.Sum(c02);
        c[3] += TOps.Sum(c03);
        c[4] += TOps.Sum(c04);
        c[5] += TOps.Sum(c05);
        c[ldc] += TOps.Sum(c10);
        c[ldc + 1] += TOps.Sum(c11);
        c[ldc + 2] += TOps.Sum(c12);
        c[ldc + 3] += TOps.Sum(c13);
        c[ldc + 4] += TOps.Sum(c14);
        c[ldc + 5] += TOps.Sum(c15);
        c[2 * ldc] += TOps.Sum(c20);
        c[2 * ldc + 1] += TOps.Sum(c21);
        c[2 * ldc + 2] += TOps.Sum(c22);
        c[2 * ldc + 3] += TOps.Sum(c23);
        c[2 * ldc + 4] += TOps.Sum(c24);
        c[2 * ldc + 5] += TOps.Sum(c25);
        c[3 * ldc] += TOps.Sum(c30);
        c[3 * ldc + 1] += TOps.Sum(c31);
        c[3 * ldc + 2] += TOps.Sum(c32);
        c[3 * ldc + 3] += TOps.Sum(c33);
        c[3 * ldc + 4] += TOps.Sum(c34);
        c[3 * ldc + 5] += TOps.Sum(c35);
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

        c[0] += TOps.Sum(c00);
        c[1] += TOps.Sum(c01);
        c[ldc] += TOps.Sum(c10);
        c[ldc + 1] += TOps.Sum(c11);
        c[2 * ldc] += TOps.Sum(c20);
        c[2 * ldc + 1] += TOps.Sum(c21);
        c[3 * ldc] += TOps.Sum(c30);
        c[3 * ldc + 1] += TOps.Sum(c31);
    }
}
