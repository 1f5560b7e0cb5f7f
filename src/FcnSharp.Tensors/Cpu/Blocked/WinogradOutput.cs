using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Points of a <see cref="WinogradScheme"/> back to tiles of the output, on vectors of channels: along the columns of points,
/// then along the rows. The matrices are written out, because half of their work is
/// shared between points of opposite sign.
/// </summary>
internal static unsafe class WinogradOutput<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>
    /// Transforms points of tiles back: adds the bias, clamps from below at <paramref name="floor"/>, and writes a strip
    /// [m][tiles * m] at <paramref name="stripRow"/> floats a row. Scratch holds t * m vectors.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output8To6(float* points, nint plane, int tiles, float* bias, float floor, float* strip, nint stripRow, float* scratch)
    {
        int lanes = TOps.Lanes;
        TVector offset = TOps.Load(bias);
        TVector limit = TOps.Broadcast(floor);
        for (int tile = 0; tile < tiles; tile++)
        {
            for (int column = 0; column < 8; column++)
            {
                Back8To6(points + column * plane + tile * lanes, 8 * plane, out TVector y0, out TVector y1, out TVector y2, out TVector y3, out TVector y4, out TVector y5);
                float* to = scratch + column * lanes;
                TOps.Store(y0, to);
                TOps.Store(y1, to + 8 * lanes);
                TOps.Store(y2, to + 16 * lanes);
                TOps.Store(y3, to + 24 * lanes);
                TOps.Store(y4, to + 32 * lanes);
                TOps.Store(y5, to + 40 * lanes);
            }

            for (int row = 0; row < 6; row++)
            {
                Back8To6(scratch + row * 8 * lanes, lanes, out TVector y0, out TVector y1, out TVector y2, out TVector y3, out TVector y4, out TVector y5);
                float* to = strip + row * stripRow + tile * 6 * lanes;
                TOps.Store(TOps.AtLeast(TOps.Add(y0, offset), limit), to);
                TOps.Store(TOps.AtLeast(TOps.Add(y1, offset), limit), to + lanes);
                TOps.Store(TOps.AtLeast(TOps.Add(y2, offset), limit), to + 2 * lanes);
                TOps.Store(TOps.AtLeast(TOps.Add(y3, offset), limit), to + 3 * lanes);
                TOps.Store(TOps.AtLeast(TOps.Add(y4, offset), limit), to + 4 * lanes);
                TOps.Store(TOps.AtLeast(TOps.Add(y5, offset), limit), to + 5 * lanes);
            }
        }
    }

    /// <summary>As <see cref="Output8To6"/>, for tiles of 2 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output8To2(float* points, nint plane, int tiles, float* bias, float floor, float* strip, nint stripRow, float* scratch)
    {
        int lanes = TOps.Lanes;
        TVector offset = TOps.Load(bias);
        TVector limit = TOps.Broadcast(floor);
        for (int tile = 0; tile < tiles; tile++)
        {
            for (int column = 0; column < 8; column++)
            {
                Back8To2(points + column * plane + tile * lanes, 8 * plane, out TVector y0, out TVector y1);
                TOps.Store(y0, scratch + column * lanes);
                TOps.Store(y1, scratch + (8 + column) * lanes);
            }

            for (int row = 0; row < 2; row++)
            {
                Back8To2(scratch + row * 8 * lanes, lanes, out TVector y0, out TVector y1);
                float* to = strip + row * stripRow + tile * 2 * lanes;
                TOps.Store(TOps.AtLeast(TOps.Add(y0, offset), limit), to);
                TOps.Store(TOps.AtLeast(TOps.Add(y1, offset), limit), to + lanes);
            }
        }
    }

    /// <summary>As <see cref="Output8To6"/>, for tiles of 4 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output8To4(float* points, nint plane, int tiles, float* bias, float floor, float* strip, nint stripRow, float* scratch)
    {
        int lanes = TOps.Lanes;
        TVector offset = TOps.Load(bias);
        TVector limit = TOps.Broadcast(floor);
        for (int tile = 0; tile < tiles; tile++)
        {
            for (int column = 0; column < 8; column++)
            {
                Back8To4(points + column * plane + tile * lanes, 8 * plane, out TVector y0, out TVector y1, out TVector y2, out TVector y3);
                float* to = scratch + column * lanes;
                TOps.Store(y0, to);
                TOps.Store(y1, to + 8 * lanes);
                TOps.Store(y2, to + 16 * lanes);
                TOps.Store(y3, to + 24 * lanes);
            }

            for (int row = 0; row < 4; row++)
            {
                Back8To4(scratch + row * 8 * lanes, lanes, out TVector y0, out TVector y1, out TVector y2, out TVector y3);
                float* to = strip + row * stripRow + tile * 4 * lanes;
                TOps.Store(TOps.AtLeast(TOps.Add(y0, offset), limit), to);
                TOps.Store(TOps.AtLeast(TOps.Add(y1, offset), limit), to + lanes);
                TOps.Store(TOps.AtLeast(TOps.Add(y2, offset), limit), to + 2 * lanes);
                TOps.Store(TOps.AtLeast(TOps.Add(y3, offset), limit), to + 3 * lanes);
            }
        }
    }

    /// <summary>As <see cref="Output8To6"/>, for tiles of 6 points and 4 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output6To4(float* points, nint plane, int tiles, float* bias, float floor, float* strip, nint stripRow, float* scratch)
    {
        int lanes = TOps.Lanes;
        TVector offset = TOps.Load(bias);
        TVector limit = TOps.Broadcast(floor);
        for (int tile = 0; tile < tiles; tile++)
        {
            for (int column = 0; column < 6; column++)
            {
                Back6To4(points + column * plane + tile * lanes, 6 * plane, out TVector y0, out TVector y1, out TVector y2, out TVector y3);
                float* to = scratch + column * lanes;
                TOps.Store(y0, to);
                TOps.Store(y1, to + 6 * lanes);
                TOps.Store(y2, to + 12 * lanes);
                TOps.Store(y3, to + 18 * lanes);
            }

            for (int row = 0; row < 4; row++)
            {
                Back6To4(scratch + row * 6 * lanes, lanes, out TVector y0, out TVector y1, out TVector y2, out TVector y3);
                float* to = strip + row * stripRow + tile * 4 * lanes;
                TOps.Store(TOps.AtLeast(TOps.Add(y0, offset), limit), to);
                TOps.Store(TOps.AtLeast(TOps.Add(y1, offset), limit), to + lanes);
                TOps.Store(TOps.AtLeast(TOps.Add(y2, offset), limit), to + 2 * lanes);
                TOps.Store(TOps.AtLeast(TOps.Add(y3, offset), limit), to + 3 * lanes);
            }
        }
    }

    /// <summary>As <see cref="Output8To6"/>, for tiles of 4 points and 2 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output4To2(float* points, nint plane, int tiles, float* bias, float floor, float* strip, nint stripRow, float* scratch)
    {
        int lanes = TOps.Lanes;
        TVector offset = TOps.Load(bias);
        TVector limit = TOps.Broadcast(floor);
        for (int tile = 0; tile < tiles; tile++)
        {
            for (int column = 0; column < 4; column++)
            {
                Back4To2(points + column * plane + tile * lanes, 4 * plane, out TVector y0, out TVector y1);
                TOps.Store(y0, scratch + column * lanes);
                TOps.Store(y1, scratch + (4 + column) * lanes);
            }

            for (int row = 0; row < 2; row++)
            {
                Back4To2(scratch + row * 4 * lanes, lanes, out TVector y0, out TVector y1);
                float* to = strip + row * stripRow + tile * 2 * lanes;
                TOps.Store(TOps.AtLeast(TOps.Add(y0, offset), limit), to);
                TOps.Store(TOps.AtLeast(TOps.Add(y1, offset), limit), to + lanes);
            }
        }
    }

    /// <summary>A^T from 8 points to 6 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back8To6(float* source, nint stride, out TVector y0, out TVector y1, out TVector y2, out TVector y3, out TVector y4, out TVector y5)
    {
        WinogradPairs<TOps, TVector>.Of8(source, stride, out TVector s1, out TVector d1, out TVector s2, out TVector d2, out TVector s3, out TVector d3);
        TVector two = TOps.Broadcast(2f);
        TVector four = TOps.Broadcast(4f);
        TVector eight = TOps.Broadcast(8f);
        TVector sixteen = TOps.Broadcast(16f);
        TVector thirtyTwo = TOps.Broadcast(32f);
        y0 = TOps.MultiplyAdd(thirtyTwo, s3, TOps.Add(TOps.Add(TOps.Load(source), s1), s2));
        y1 = TOps.MultiplyAdd(sixteen, d3, TOps.MultiplyAdd(two, d2, d1));
        y2 = TOps.MultiplyAdd(eight, s3, TOps.MultiplyAdd(four, s2, s1));
        y3 = TOps.MultiplyAdd(four, d3, TOps.MultiplyAdd(eight, d2, d1));
        y4 = TOps.MultiplyAdd(two, s3, TOps.MultiplyAdd(sixteen, s2, s1));
        y5 = TOps.Add(TOps.MultiplyAdd(thirtyTwo, d2, d1), TOps.Add(d3, TOps.Load(source + 7 * stride)));
    }

    /// <summary>A^T from 8 points to 4 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back8To4(float* source, nint stride, out TVector y0, out TVector y1, out TVector y2, out TVector y3)
    {
        WinogradPairs<TOps, TVector>.Of8(source, stride, out TVector s1, out TVector d1, out TVector s2, out TVector d2, out TVector s3, out TVector d3);
        TVector four = TOps.Broadcast(4f);
        TVector eight = TOps.Broadcast(8f);
        y0 = TOps.MultiplyAdd(TOps.Broadcast(32f), s3, TOps.Add(TOps.Add(TOps.Load(source), s1), s2));
        y1 = TOps.MultiplyAdd(TOps.Broadcast(16f), d3, TOps.MultiplyAdd(TOps.Broadcast(2f), d2, d1));
        y2 = TOps.MultiplyAdd(eight, s3, TOps.MultiplyAdd(four, s2, s1));
        y3 = TOps.Add(TOps.MultiplyAdd(four, d3, TOps.MultiplyAdd(eight, d2, d1)), TOps.Load(source + 7 * stride));
    }

    /// <summary>A^T from 8 points to 2 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back8To2(float* source, nint stride, out TVector y0, out TVector y1)
    {
        TVector m1 = TOps.Load(source + stride);
        TVector m2 = TOps.Load(source + 2 * stride);
        TVector m3 = TOps.Load(source + 3 * stride);
        TVector m4 = TOps.Load(source + 4 * stride);
        TVector m5 = TOps.Load(source + 5 * stride);
        TVector m6 = TOps.Load(source + 6 * stride);
        TVector sum = TOps.Add(TOps.Load(source), TOps.Add(TOps.Add(m1, m2), TOps.Add(m3, m4)));
        y0 = TOps.MultiplyAdd(TOps.Broadcast(32f), TOps.Add(m5, m6), sum);
        TVector difference = TOps.MultiplyAdd(TOps.Broadcast(2f), TOps.Subtract(m3, m4), TOps.Subtract(m1, m2));
        y1 = TOps.Add(TOps.MultiplyAdd(TOps.Broadcast(16f), TOps.Subtract(m5, m6), difference), TOps.Load(source + 7 * stride));
    }

    /// <summary>A^T from 6 points to 4 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back6To4(float* source, nint stride, out TVector y0, out TVector y1, out TVector y2, out TVector y3)
    {
        TVector m1 = TOps.Load(source + stride);
        TVector m2 = TOps.Load(source + 2 * stride);
        TVector m3 = TOps.Load(source + 3 * stride);
        TVector m4 = TOps.Load(source + 4 * stride);
        TVector s1 = TOps.Add(m1, m2);
        TVector d1 = TOps.Subtract(m1, m2);
        TVector s2 = TOps.Add(m3, m4);
        TVector d2 = TOps.Subtract(m3, m4);
        y0 = TOps.Add(TOps.Add(TOps.Load(source), s1), s2);
        y1 = TOps.MultiplyAdd(TOps.Broadcast(2f), d2, d1);
        y2 = TOps.MultiplyAdd(TOps.Broadcast(4f), s2, s1);
        y3 = TOps.Add(TOps.MultiplyAdd(TOps.Broadcast(8f), d2, d1), TOps.Load(source + 5 * stride));
    }

    /// <summary>A^T from 4 points to 2 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back4To2(float* source, nint stride, out TVector y0, out TVector y1)
    {
        TVector m1 = TOps.Load(source + stride);
        TVector m2 = TOps.Load(source + 2 * stride);
        y0 = TOps.Add(TOps.Load(source), TOps.Add(m1, m2));
        y1 = TOps.Add(TOps.Subtract(m1, m2), TOps.Load(source + 3 * stride));
    }
}
