using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>Points of <see cref="StrideBlockTiles"/> back to positions: F(3x3,2x2), on vectors of outputs.</summary>
internal static unsafe class StrideBlockTransforms<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>
    /// Transforms the 4 x 4 points of some tiles, <paramref name="plane"/> floats from point to point, to rows of positions, three of each tile, <paramref name="row"/> floats from row to row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output4To3(float* points, nint plane, int tiles, float* target, nint row)
    {
        int lanes = TOps.Lanes;
        for (; tiles > 0; tiles--, points += lanes, target += 3 * lanes)
        {
            float* column = points;
            Back(column, 4 * plane, out TVector a0, out TVector b0, out TVector c0);
            column += plane;
            Back(column, 4 * plane, out TVector a1, out TVector b1, out TVector c1);
            column += plane;
            Back(column, 4 * plane, out TVector a2, out TVector b2, out TVector c2);
            column += plane;
            Back(column, 4 * plane, out TVector a3, out TVector b3, out TVector c3);
            Store(a0, a1, a2, a3, target);
            Store(b0, b1, b2, b3, target + row);
            Store(c0, c1, c2, c3, target + 2 * row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back(float* points, nint stride, out TVector y0, out TVector y1, out TVector y2)
    {
        TVector m1 = TOps.Load(points + stride);
        TVector m2 = TOps.Load(points + 2 * stride);
        TVector sum = TOps.Add(m1, m2);
        y0 = TOps.Add(TOps.Load(points), sum);
        y1 = TOps.Subtract(m1, m2);
        y2 = TOps.Add(sum, TOps.Load(points + 3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector m0, TVector m1, TVector m2, TVector m3, float* target)
    {
        TVector sum = TOps.Add(m1, m2);
        TOps.Store(TOps.Add(m0, sum), target);
        TOps.Store(TOps.Subtract(m1, m2), target + TOps.Lanes);
        TOps.Store(TOps.Add(sum, m3), target + 2 * TOps.Lanes);
    }
}
