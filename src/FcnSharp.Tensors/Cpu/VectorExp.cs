using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>The exponential function on vectors, ours so that results do not depend on the runtime's version.</summary>
internal static class VectorExp<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>1.5 * 2^23: added to a small number it leaves the nearest whole one in the lowest bits.</summary>
    private const float Rounder = 12582912;

    /// <summary>
    /// exp of each lane within 2 ulp; exactly 1 for 0; NaN for NaN. Arguments below -80 count as -80, whose result of 1e-35
    /// vanishes beside 1 without being a denormal number, which is slow. Not for arguments above 88.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x)
    {
        // x = n ln 2 + r, with ln 2 in two parts: the first is short, so that n times it is exact.
        x = TOps.AtLeast(x, TOps.Broadcast(-80));
        TVector rounded = TOps.MultiplyAdd(x, TOps.Broadcast(1.44269504f), TOps.Broadcast(Rounder));
        TVector n = TOps.Subtract(rounded, TOps.Broadcast(Rounder));
        TVector r = TOps.MultiplyAdd(n, TOps.Broadcast(-0.693359375f), x);
        r = TOps.MultiplyAdd(n, TOps.Broadcast(2.12194440e-4f), r);

        // The polynomial of least largest relative error for |r| <= ln 2 / 2 among those that begin with 1 + r.
        TVector p = TOps.MultiplyAdd(TOps.Broadcast(0.00138145394f), r, TOps.Broadcast(0.00836874545f));
        p = TOps.MultiplyAdd(p, r, TOps.Broadcast(0.041668389f));
        p = TOps.MultiplyAdd(p, r, TOps.Broadcast(0.166665211f));
        p = TOps.MultiplyAdd(p, r, TOps.Broadcast(0.49999994f));
        p = TOps.MultiplyAdd(p, r, TOps.Broadcast(1));
        p = TOps.MultiplyAdd(p, r, TOps.Broadcast(1));

        // Times 2^n as a product: adding n to the exponent would make a number of a NaN.
        return TOps.Multiply(p, TOps.AddBits(TOps.ShiftToExponent(rounded), TOps.Broadcast(1)));
    }

    /// <summary>exp of <paramref name="count"/> numbers; reads whole vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Run(float* x, float* y, int count)
    {
        for (int i = 0; i < count; i += TOps.Lanes)
        {
            TOps.StoreUpTo(Of(TOps.Load(x + i)), y + i, count - i);
        }
    }
}
