using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Tiles of the input to the points of a <see cref="WinogradScheme"/>, on vectors of channels: along the columns of a strip of
/// tiles, then along the rows of each. The matrices are written out, because half of their work is
/// shared between points of opposite sign.
/// </summary>
internal static unsafe class WinogradInput<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>
    /// Transforms a strip of input tiles: strip [t][columns] at <paramref name="stripRow"/> floats a row, overwritten, to
    /// points [t * t] at <paramref name="plane"/> floats, in each of which the tiles are <paramref name="tileStride"/> floats apart.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input8(float* strip, nint stripRow, int columns, int tiles, int step, float* points, nint plane, nint tileStride)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < columns; column++)
        {
            Evaluate8(strip + column * lanes, stripRow, strip + column * lanes, stripRow);
        }

        for (int row = 0; row < 8; row++)
        {
            for (int tile = 0; tile < tiles; tile++)
            {
                Evaluate8(strip + row * stripRow + tile * step * lanes, lanes, points + row * 8 * plane + tile * tileStride, plane);
            }
        }
    }

    /// <summary>As <see cref="Input8"/>, for tiles of 6.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input6(float* strip, nint stripRow, int columns, int tiles, int step, float* points, nint plane, nint tileStride)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < columns; column++)
        {
            Evaluate6(strip + column * lanes, stripRow, strip + column * lanes, stripRow);
        }

        for (int row = 0; row < 6; row++)
        {
            for (int tile = 0; tile < tiles; tile++)
            {
                Evaluate6(strip + row * stripRow + tile * step * lanes, lanes, points + row * 6 * plane + tile * tileStride, plane);
            }
        }
    }

    /// <summary>As <see cref="Input8"/>, for tiles of 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input4(float* strip, nint stripRow, int columns, int tiles, int step, float* points, nint plane, nint tileStride)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < columns; column++)
        {
            Evaluate4(strip + column * lanes, stripRow, strip + column * lanes, stripRow);
        }

        for (int row = 0; row < 4; row++)
        {
            for (int tile = 0; tile < tiles; tile++)
            {
                Evaluate4(strip + row * stripRow + tile * step * lanes, lanes, points + row * 4 * plane + tile * tileStride, plane);
            }
        }
    }

    /// <summary>B^T of 8 points: at 0 and infinity, at 1 and -1, at 2 and -2, at 1/2 and -1/2; each pair shares its even and its odd half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Evaluate8(float* source, nint stride, float* target, nint targetStride)
    {
        TVector d0 = TOps.Load(source);
        TVector d1 = TOps.Load(source + stride);
        TVector d2 = TOps.Load(source + 2 * stride);
        TVector d3 = TOps.Load(source + 3 * stride);
        TVector d4 = TOps.Load(source + 4 * stride);
        TVector d5 = TOps.Load(source + 5 * stride);
        TVector d6 = TOps.Load(source + 6 * stride);
        TVector d7 = TOps.Load(source + 7 * stride);
        TVector c525 = TOps.Broadcast(5.25f);
        TOps.Store(TOps.MultiplyAdd(c525, TOps.Subtract(d4, d2), TOps.Subtract(d0, d6)), target);
        TOps.Store(TOps.MultiplyAdd(c525, TOps.Subtract(d3, d5), TOps.Subtract(d7, d1)), target + 7 * targetStride);

        TVector c425 = TOps.Broadcast(-4.25f);
        TVector even = TOps.MultiplyAdd(c425, d4, TOps.Add(d2, d6));
        TVector odd = TOps.MultiplyAdd(c425, d3, TOps.Add(d1, d5));
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);

        TVector c025 = TOps.Broadcast(0.25f);
        TVector c125 = TOps.Broadcast(-1.25f);
        TVector two = TOps.Broadcast(2f);
        even = TOps.MultiplyAdd(c025, d2, TOps.MultiplyAdd(c125, d4, d6));
        odd = TOps.MultiplyAdd(c025, d1, TOps.MultiplyAdd(c125, d3, d5));
        TOps.Store(TOps.MultiplyAdd(two, odd, even), target + 3 * targetStride);
        TOps.Store(TOps.MultiplyAdd(TOps.Broadcast(-2f), odd, even), target + 4 * targetStride);

        TVector four = TOps.Broadcast(4f);
        TVector five = TOps.Broadcast(-5f);
        even = TOps.MultiplyAdd(four, d2, TOps.MultiplyAdd(five, d4, d6));
        odd = TOps.MultiplyAdd(four, d1, TOps.MultiplyAdd(five, d3, d5));
        TOps.Store(TOps.MultiplyAdd(TOps.Broadcast(0.5f), odd, even), target + 5 * targetStride);
        TOps.Store(TOps.MultiplyAdd(TOps.Broadcast(-0.5f), odd, even), target + 6 * targetStride);
    }

    /// <summary>B^T of 6 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Evaluate6(float* source, nint stride, float* target, nint targetStride)
    {
        TVector d0 = TOps.Load(source);
        TVector d1 = TOps.Load(source + stride);
        TVector d2 = TOps.Load(source + 2 * stride);
        TVector d3 = TOps.Load(source + 3 * stride);
        TVector d4 = TOps.Load(source + 4 * stride);
        TVector d5 = TOps.Load(source + 5 * stride);
        TVector four = TOps.Broadcast(4f);
        TVector five = TOps.Broadcast(-5f);
        TOps.Store(TOps.MultiplyAdd(four, d0, TOps.MultiplyAdd(five, d2, d4)), target);
        TOps.Store(TOps.MultiplyAdd(four, d1, TOps.MultiplyAdd(five, d3, d5)), target + 5 * targetStride);

        TVector minusFour = TOps.Broadcast(-4f);
        TVector even = TOps.MultiplyAdd(minusFour, d2, d4);
        TVector odd = TOps.MultiplyAdd(minusFour, d1, d3);
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);

        even = TOps.Subtract(d4, d2);
        odd = TOps.Subtract(d3, d1);
        TOps.Store(TOps.MultiplyAdd(TOps.Broadcast(2f), odd, even), target + 3 * targetStride);
        TOps.Store(TOps.MultiplyAdd(TOps.Broadcast(-2f), odd, even), target + 4 * targetStride);
    }

    /// <summary>B^T of 4 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Evaluate4(float* source, nint stride, float* target, nint targetStride)
    {
        TVector d0 = TOps.Load(source);
        TVector d1 = TOps.Load(source + stride);
        TVector d2 = TOps.Load(source + 2 * stride);
        TVector d3 = TOps.Load(source + 3 * stride);
        TOps.Store(TOps.Subtract(d0, d2), target);
        TOps.Store(TOps.Add(d2, d1), target + targetStride);
        TOps.Store(TOps.Subtract(d2, d1), target + 2 * targetStride);
        TOps.Store(TOps.Subtract(d3, d1), target + 3 * targetStride);
    }
}
