using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// The innermost loops of convolution: a tile of C, some rows by three vectors, is held in registers while C += A * B runs
/// over the depth. A is row-major with row stride lda. Row k of B is what begins at b + offsets[k]: the same planes serve all
/// taps of a kernel, each at its own offset, and nothing is copied for them. C has row stride ldc.
/// Accumulators must be locals, one by one: arrays and structs of them are spilled by the JIT. Optimised at once, because a
/// short run would otherwise spend most of its time in the first, slow version.
/// </summary>
internal static unsafe class GemmKernels<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>8 rows by 3 vectors: 24 accumulators, for the 32 registers of AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8(int depth, float* a, nint lda, float* b, nint* offsets, float* c, nint ldc)
    {
        int lanes = TOps.Lanes;
        TVector c00 = TOps.Load(c);
        TVector c01 = TOps.Load(c + lanes);
        TVector c02 = TOps.Load(c + 2 * lanes);
        TVector c10 = TOps.Load(c + ldc);
        TVector c11 = TOps.Load(c + ldc + lanes);
        TVector c12 = TOps.Load(c + ldc + 2 * lanes);
        TVector c20 = TOps.Load(c + 2 * ldc);
        TVector c21 = TOps.Load(c + 2 * ldc + lanes);
        TVector c22 = TOps.Load(c + 2 * ldc + 2 * lanes);
        TVector c30 = TOps.Load(c + 3 * ldc);
        TVector c31 = TOps.Load(c + 3 * ldc + lanes);
        TVector c32 = TOps.Load(c + 3 * ldc + 2 * lanes);
        TVector c40 = TOps.Load(c + 4 * ldc);
        TVector c41 = TOps.Load(c + 4 * ldc + lanes);
        TVector c42 = TOps.Load(c + 4 * ldc + 2 * lanes);
        TVector c50 = TOps.Load(c + 5 * ldc);
        TVector c51 = TOps.Load(c + 5 * ldc + lanes);
        TVector c52 = TOps.Load(c + 5 * ldc + 2 * lanes);
        TVector c60 = TOps.Load(c + 6 * ldc);
        TVector c61 = TOps.Load(c + 6 * ldc + lanes);
        TVector c62 = TOps.Load(c + 6 * ldc + 2 * lanes);
        TVector c70 = TOps.Load(c + 7 * ldc);
        TVector c71 = TOps.Load(c + 7 * ldc + lanes);
        TVector c72 = TOps.Load(c + 7 * ldc + 2 * lanes);
        for (int k = 0; k < depth; k++)
        {
            float* row = b + offsets[k];
            TVector b0 = TOps.Load(row);
            TVector b1 = TOps.Load(row + lanes);
            TVector b2 = TOps.Load(row + 2 * lanes);
            TVector a0 = TOps.Broadcast(*a);
            c00 = TOps.MultiplyAdd(a0, b0, c00);
            c01 = TOps.MultiplyAdd(a0, b1, c01);
            c02 = TOps.MultiplyAdd(a0, b2, c02);
            TVector a1 = TOps.Broadcast(a[lda]);
            c10 = TOps.MultiplyAdd(a1, b0, c10);
            c11 = TOps.MultiplyAdd(a1, b1, c11);
            c12 = TOps.MultiplyAdd(a1, b2, c12);
            TVector a2 = TOps.Broadcast(a[2 * lda]);
            c20 = TOps.MultiplyAdd(a2, b0, c20);
            c21 = TOps.MultiplyAdd(a2, b1, c21);
            c22 = TOps.MultiplyAdd(a2, b2, c22);
            TVector a3 = TOps.Broadcast(a[3 * lda]);
            c30 = TOps.MultiplyAdd(a3, b0, c30);
            c31 = TOps.MultiplyAdd(a3, b1, c31);
            c32 = TOps.MultiplyAdd(a3, b2, c32);
            TVector a4 = TOps.Broadcast(a[4 * lda]);
            c40 = TOps.MultiplyAdd(a4, b0, c40);
            c41 = TOps.MultiplyAdd(a4, b1, c41);
            c42 = TOps.MultiplyAdd(a4, b2, c42);
            TVector a5 = TOps.Broadcast(a[5 * lda]);
            c50 = TOps.MultiplyAdd(a5, b0, c50);
            c51 = TOps.MultiplyAdd(a5, b1, c51);
            c52 = TOps.MultiplyAdd(a5, b2, c52);
            TVector a6 = TOps.Broadcast(a[6 * lda]);
            c60 = TOps.MultiplyAdd(a6, b0, c60);
            c61 = TOps.MultiplyAdd(a6, b1, c61);
            c62 = TOps.MultiplyAdd(a6, b2, c62);
            TVector a7 = TOps.Broadcast(a[7 * lda]);
            c70 = TOps.MultiplyAdd(a7, b0, c70);
            c71 = TOps.MultiplyAdd(a7, b1, c71);
            c72 = TOps.MultiplyAdd(a7, b2, c72);
            a++;
        }

        TOps.Store(c00, c);
        TOps.Store(c01, c + lanes);
        TOps.Store(c02, c + 2 * lanes);
        TOps.Store(c10, c + ldc);
        TOps.Store(c11, c + ldc + lanes);
        TOps.Store(c12, c + ldc + 2 * lanes);
        TOps.Store(c20, c + 2 * ldc);
        TOps.Store(c21, c + 2 * ldc + lanes);
        TOps.Store(c22, c + 2 * ldc + 2 * lanes);
        TOps.Store(c30, c + 3 * ldc);
        TOps.Store(c31, c + 3 * ldc + lanes);
        TOps.Store(c32, c + 3 * ldc + 2 * lanes);
        TOps.Store(c40, c + 4 * ldc);
        TOps.Store(c41, c + 4 * ldc + lanes);
        TOps.Store(c42, c + 4 * ldc + 2 * lanes);
        TOps.Store(c50, c + 5 * ldc);
        TOps.Store(c51, c + 5 * ldc + lanes);
        TOps.Store(c52, c + 5 * ldc + 2 * lanes);
        TOps.Store(c60, c + 6 * ldc);
        TOps.Store(c61, c + 6 * ldc + lanes);
        TOps.Store(c62, c + 6 * ldc + 2 * lanes);
        TOps.Store(c70, c + 7 * ldc);
        TOps.Store(c71, c + 7 * ldc + lanes);
        TOps.Store(c72, c + 7 * ldc + 2 * lanes);
    }

    /// <summary>4 rows by 3 vectors: 12 accumulators, for 16 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(int depth, float* a, nint lda, float* b, nint* offsets, float* c, nint ldc)
    {
        int lanes = TOps.Lanes;
        TVector c00 = TOps.Load(c);
        TVector c01 = TOps.Load(c + lanes);
        TVector c02 = TOps.Load(c + 2 * lanes);
        TVector c10 = TOps.Load(c + ldc);
        TVector c11 = TOps.Load(c + ldc + lanes);
        TVector c12 = TOps.Load(c + ldc + 2 * lanes);
        TVector c20 = TOps.Load(c + 2 * ldc);
        TVector c21 = TOps.Load(c + 2 * ldc + lanes);
        TVector c22 = TOps.Load(c + 2 * ldc + 2 * lanes);
        TVector c30 = TOps.Load(c + 3 * ldc);
        TVector c31 = TOps.Load(c + 3 * ldc + lanes);
        TVector c32 = TOps.Load(c + 3 * ldc + 2 * lanes);
        for (int k = 0; k < depth; k++)
        {
            float* row = b + offsets[k];
            TVector b0 = TOps.Load(row);
            TVector b1 = TOps.Load(row + lanes);
            TVector b2 = TOps.Load(row + 2 * lanes);
            TVector a0 = TOps.Broadcast(*a);
            c00 = TOps.MultiplyAdd(a0, b0, c00);
            c01 = TOps.MultiplyAdd(a0, b1, c01);
            c02 = TOps.MultiplyAdd(a0, b2, c02);
            TVector a1 = TOps.Broadcast(a[lda]);
            c10 = TOps.MultiplyAdd(a1, b0, c10);
            c11 = TOps.MultiplyAdd(a1, b1, c11);
            c12 = TOps.MultiplyAdd(a1, b2, c12);
            TVector a2 = TOps.Broadcast(a[2 * lda]);
            c20 = TOps.MultiplyAdd(a2, b0, c20);
            c21 = TOps.MultiplyAdd(a2, b1, c21);
            c22 = TOps.MultiplyAdd(a2, b2, c22);
            TVector a3 = TOps.Broadcast(a[3 * lda]);
            c30 = TOps.MultiplyAdd(a3, b0, c30);
            c31 = TOps.MultiplyAdd(a3, b1, c31);
            c32 = TOps.MultiplyAdd(a3, b2, c32);
            a++;
        }

        TOps.Store(c00, c);
        TOps.Store(c01, c + lanes);
        TOps.Store(c02, c + 2 * lanes);
        TOps.Store(c10, c + ldc);
        TOps.Store(c11, c + ldc + lanes);
        TOps.Store(c12, c + ldc + 2 * lanes);
        TOps.Store(c20, c + 2 * ldc);
        TOps.Store(c21, c + 2 * ldc + lanes);
        TOps.Store(c22, c + 2 * ldc + 2 * lanes);
        TOps.Store(c30, c + 3 * ldc);
        TOps.Store(c31, c + 3 * ldc + lanes);
        TOps.Store(c32, c + 3 * ldc + 2 * lanes);
    }

    /// <summary>2 rows, for what is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows2(int depth, float* a, nint lda, float* b, nint* offsets, float* c, nint ldc)
    {
        int lanes = TOps.Lanes;
        TVector c00 = TOps.Load(c);
        TVector c01 = TOps.Load(c + lanes);
        TVector c02 = TOps.Load(c + 2 * lanes);
        TVector c10 = TOps.Load(c + ldc);
        TVector c11 = TOps.Load(c + ldc + lanes);
        TVector c12 = TOps.Load(c + ldc + 2 * lanes);
        for (int k = 0; k < depth; k++)
        {
            float* row = b + offsets[k];
            TVector b0 = TOps.Load(row);
            TVector b1 = TOps.Load(row + lanes);
            TVector b2 = TOps.Load(row + 2 * lanes);
            TVector a0 = TOps.Broadcast(*a);
            c00 = TOps.MultiplyAdd(a0, b0, c00);
            c01 = TOps.MultiplyAdd(a0, b1, c01);
            c02 = TOps.MultiplyAdd(a0, b2, c02);
            TVector a1 = TOps.Broadcast(a[lda]);
            c10 = TOps.MultiplyAdd(a1, b0, c10);
            c11 = TOps.MultiplyAdd(a1, b1, c11);
            c12 = TOps.MultiplyAdd(a1, b2, c12);
            a++;
        }

        TOps.Store(c00, c);
        TOps.Store(c01, c + lanes);
        TOps.Store(c02, c + 2 * lanes);
        TOps.Store(c10, c + ldc);
        TOps.Store(c11, c + ldc + lanes);
        TOps.Store(c12, c + ldc + 2 * lanes);
    }

    /// <summary>1 row, for what is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows1(int depth, float* a, nint lda, float* b, nint* offsets, float* c, nint ldc)
    {
        int lanes = TOps.Lanes;
        TVector c00 = TOps.Load(c);
        TVector c01 = TOps.Load(c + lanes);
        TVector c02 = TOps.Load(c + 2 * lanes);
        for (int k = 0; k < depth; k++)
        {
            float* row = b + offsets[k];
            TVector b0 = TOps.Load(row);
            TVector b1 = TOps.Load(row + lanes);
            TVector b2 = TOps.Load(row + 2 * lanes);
            TVector a0 = TOps.Broadcast(*a);
            c00 = TOps.MultiplyAdd(a0, b0, c00);
            c01 = TOps.MultiplyAdd(a0, b1, c01);
            c02 = TOps.MultiplyAdd(a0, b2, c02);
            a++;
        }

        TOps.Store(c00, c);
        TOps.Store(c01, c + lanes);
        TOps.Store(c02, c + 2 * lanes);
    }
}
