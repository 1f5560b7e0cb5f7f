using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>What the transforms back share, to outputs and to kernels: the points of opposite sign, together and against each other.</summary>
internal static unsafe class WinogradPairs<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>Of 8 points the sums and differences of those at 1 and -1, at 2 and -2, and at 1/2 and -1/2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Of8(float* source, nint stride, out TVector s1, out TVector d1, out TVector s2, out TVector d2, out TVector s3, out TVector d3)
    {
        TVector m1 = TOps.Load(source + stride);
        TVector m2 = TOps.Load(source + 2 * stride);
        TVector m3 = TOps.Load(source + 3 * stride);
        TVector m4 = TOps.Load(source + 4 * stride);
        TVector m5 = TOps.Load(source + 5 * stride);
        TVector m6 = TOps.Load(source + 6 * stride);
        s1 = TOps.Add(m1, m2);
        d1 = TOps.Subtract(m1, m2);
        s2 = TOps.Add(m3, m4);
        d2 = TOps.Subtract(m3, m4);
        s3 = TOps.Add(m5, m6);
        d3 = TOps.Subtract(m5, m6);
    }
}
