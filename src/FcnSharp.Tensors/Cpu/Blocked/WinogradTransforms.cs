using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// The transforms of <see cref="WinogradScheme"/> on vectors of channels: along the columns of a strip of tiles, then along
/// the rows of each. The matrices are written out, because half of their work is shared between points of opposite sign.
/// </summary>
internal static unsafe class WinogradTransforms<TOps, TVector>
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

    /// <summary>
    /// Transforms a strip of gradient tiles, 6 x 6 each, to 8 x 8 points: the gradient is the kernel of the weight gradient.
    /// The strip has room for 8 rows.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient6To8(float* strip, nint stripRow, int tiles, float* points, nint plane, nint tileStride)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < tiles * 6; column++)
        {
            Spread6To8(strip + column * lanes, stripRow, strip + column * lanes, stripRow);
        }

        for (int row = 0; row < 8; row++)
        {
            for (int tile = 0; tile < tiles; tile++)
            {
                Spread6To8(strip + row * stripRow + tile * 6 * lanes, lanes, points + row * 8 * plane + tile * tileStride, plane);
            }
        }
    }

    /// <summary>As <see cref="Gradient6To8"/>, for tiles of 4 x 4 and 6 x 6 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient4To6(float* strip, nint stripRow, int tiles, float* points, nint plane, nint tileStride)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < tiles * 4; column++)
        {
            Spread4To6(strip + column * lanes, stripRow, strip + column * lanes, stripRow);
        }

        for (int row = 0; row < 6; row++)
        {
            for (int tile = 0; tile < tiles; tile++)
            {
                Spread4To6(strip + row * stripRow + tile * 4 * lanes, lanes, points + row * 6 * plane + tile * tileStride, plane);
            }
        }
    }

    /// <summary>As <see cref="Gradient6To8"/>, for tiles of 2 x 2: the gradient of a 7x7 kernel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient2To8(float* strip, nint stripRow, int tiles, float* points, nint plane, nint tileStride)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < tiles * 2; column++)
        {
            Spread2To8(strip + column * lanes, stripRow, strip + column * lanes, stripRow);
        }

        for (int row = 0; row < 8; row++)
        {
            for (int tile = 0; tile < tiles; tile++)
            {
                Spread2To8(strip + row * stripRow + tile * 2 * lanes, lanes, points + row * 8 * plane + tile * tileStride, plane);
            }
        }
    }

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

    /// <summary>Transforms a 3x3 kernel [9] to 8 x 8 points, <paramref name="plane"/> floats apart. Scratch holds 24 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel3To8(float* kernel, float* points, nint plane, float* scratch)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < 3; column++)
        {
            Spread3To8(kernel + column * lanes, 3 * lanes, scratch + column * lanes, 3 * lanes);
        }

        for (int row = 0; row < 8; row++)
        {
            Spread3To8(scratch + row * 3 * lanes, lanes, points + row * 8 * plane, plane);
        }
    }

    /// <summary>Transforms a 3x3 kernel [9] to 6 x 6 points. Scratch holds 18 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel3To6(float* kernel, float* points, nint plane, float* scratch)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < 3; column++)
        {
            Spread3To6(kernel + column * lanes, 3 * lanes, scratch + column * lanes, 3 * lanes);
        }

        for (int row = 0; row < 6; row++)
        {
            Spread3To6(scratch + row * 3 * lanes, lanes, points + row * 6 * plane, plane);
        }
    }

    /// <summary>Transforms a 7x7 kernel [49] to 8 x 8 points. Scratch holds 56 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel7To8(float* kernel, float* points, nint plane, float* scratch)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < 7; column++)
        {
            Spread7To8(kernel + column * lanes, 7 * lanes, scratch + column * lanes, 7 * lanes);
        }

        for (int row = 0; row < 8; row++)
        {
            Spread7To8(scratch + row * 7 * lanes, lanes, points + row * 8 * plane, plane);
        }
    }

    /// <summary>As <see cref="Kernel8To3"/>, to a 7x7 kernel [49]. Scratch holds 56 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel8To7(float* points, nint plane, float* kernel, bool add, float* scratch)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < 8; column++)
        {
            Back8To7(points + column * plane, 8 * plane, scratch + column * lanes, 8 * lanes, add: false);
        }

        for (int row = 0; row < 7; row++)
        {
            Back8To7(scratch + row * 8 * lanes, lanes, kernel + row * 7 * lanes, lanes, add);
        }
    }

    /// <summary>Transforms 8 x 8 points of sums back to a 3x3 kernel, added to or stored in [9]. Scratch holds 24 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel8To3(float* points, nint plane, float* kernel, bool add, float* scratch)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < 8; column++)
        {
            Back8To3(points + column * plane, 8 * plane, out TVector y0, out TVector y1, out TVector y2);
            TOps.Store(y0, scratch + column * lanes);
            TOps.Store(y1, scratch + (8 + column) * lanes);
            TOps.Store(y2, scratch + (16 + column) * lanes);
        }

        for (int row = 0; row < 3; row++)
        {
            Back8To3(scratch + row * 8 * lanes, lanes, out TVector y0, out TVector y1, out TVector y2);
            StoreRow(kernel + row * 3 * lanes, y0, y1, y2, add);
        }
    }

    /// <summary>As <see cref="Kernel8To3"/>, of 6 x 6 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel6To3(float* points, nint plane, float* kernel, bool add, float* scratch)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < 6; column++)
        {
            Back6To3(points + column * plane, 6 * plane, out TVector y0, out TVector y1, out TVector y2);
            TOps.Store(y0, scratch + column * lanes);
            TOps.Store(y1, scratch + (6 + column) * lanes);
            TOps.Store(y2, scratch + (12 + column) * lanes);
        }

        for (int row = 0; row < 3; row++)
        {
            Back6To3(scratch + row * 6 * lanes, lanes, out TVector y0, out TVector y1, out TVector y2);
            StoreRow(kernel + row * 3 * lanes, y0, y1, y2, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(float* target, TVector value, bool add) => TOps.Store(add ? TOps.Add(TOps.Load(target), value) : value, target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(float* target, TVector y0, TVector y1, TVector y2, bool add)
    {
        int lanes = TOps.Lanes;
        if (add)
        {
            y0 = TOps.Add(TOps.Load(target), y0);
            y1 = TOps.Add(TOps.Load(target + lanes), y1);
            y2 = TOps.Add(TOps.Load(target + 2 * lanes), y2);
        }

        TOps.Store(y0, target);
        TOps.Store(y1, target + lanes);
        TOps.Store(y2, target + 2 * lanes);
    }

    /// <summary>G from 2 coefficients to 8 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread2To8(float* source, nint stride, float* target, nint targetStride)
    {
        TVector g0 = TOps.Load(source);
        TVector g1 = TOps.Load(source + stride);
        TOps.Store(g0, target);
        TOps.Store(g1, target + 7 * targetStride);
        TVector even = TOps.Multiply(TOps.Broadcast(-2 / 9f), g0);
        TVector odd = TOps.Multiply(TOps.Broadcast(-2 / 9f), g1);
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);
        even = TOps.Multiply(TOps.Broadcast(1 / 90f), g0);
        odd = TOps.Multiply(TOps.Broadcast(2 / 90f), g1);
        TOps.Store(TOps.Add(even, odd), target + 3 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 4 * targetStride);
        even = TOps.Multiply(TOps.Broadcast(1 / 45f), g0);
        odd = TOps.Multiply(TOps.Broadcast(1 / 90f), g1);
        TOps.Store(TOps.Add(even, odd), target + 5 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 6 * targetStride);
    }

    /// <summary>G from 7 coefficients to 8 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread7To8(float* source, nint stride, float* target, nint targetStride)
    {
        TVector g0 = TOps.Load(source);
        TVector g1 = TOps.Load(source + stride);
        TVector g2 = TOps.Load(source + 2 * stride);
        TVector g3 = TOps.Load(source + 3 * stride);
        TVector g4 = TOps.Load(source + 4 * stride);
        TVector g5 = TOps.Load(source + 5 * stride);
        TVector g6 = TOps.Load(source + 6 * stride);
        TOps.Store(g0, target);
        TOps.Store(g6, target + 7 * targetStride);

        TVector scale = TOps.Broadcast(-2 / 9f);
        TVector even = TOps.Multiply(scale, TOps.Add(TOps.Add(g0, g2), TOps.Add(g4, g6)));
        TVector odd = TOps.Multiply(scale, TOps.Add(TOps.Add(g1, g3), g5));
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);

        even = TOps.MultiplyAdd(TOps.Broadcast(64 / 90f), g6, TOps.MultiplyAdd(TOps.Broadcast(16 / 90f), g4, TOps.MultiplyAdd(TOps.Broadcast(4 / 90f), g2, TOps.Multiply(TOps.Broadcast(1 / 90f), g0))));
        odd = TOps.MultiplyAdd(TOps.Broadcast(32 / 90f), g5, TOps.MultiplyAdd(TOps.Broadcast(8 / 90f), g3, TOps.Multiply(TOps.Broadcast(2 / 90f), g1)));
        TOps.Store(TOps.Add(even, odd), target + 3 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 4 * targetStride);

        even = TOps.MultiplyAdd(TOps.Broadcast(1 / 2880f), g6, TOps.MultiplyAdd(TOps.Broadcast(1 / 720f), g4, TOps.MultiplyAdd(TOps.Broadcast(1 / 180f), g2, TOps.Multiply(TOps.Broadcast(1 / 45f), g0))));
        odd = TOps.MultiplyAdd(TOps.Broadcast(1 / 1440f), g5, TOps.MultiplyAdd(TOps.Broadcast(1 / 360f), g3, TOps.Multiply(TOps.Broadcast(1 / 90f), g1)));
        TOps.Store(TOps.Add(even, odd), target + 5 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 6 * targetStride);
    }

    /// <summary>A^T from 8 points to 7 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back8To7(float* source, nint stride, float* target, nint targetStride, bool add)
    {
        TVector m1 = TOps.Load(source + stride);
        TVector m2 = TOps.Load(source + 2 * stride);
        TVector m3 = TOps.Load(source + 3 * stride);
        TVector m4 = TOps.Load(source + 4 * stride);
        TVector m5 = TOps.Load(source + 5 * stride);
        TVector m6 = TOps.Load(source + 6 * stride);
        TVector s1 = TOps.Add(m1, m2);
        TVector d1 = TOps.Subtract(m1, m2);
        TVector s2 = TOps.Add(m3, m4);
        TVector d2 = TOps.Subtract(m3, m4);
        TVector s3 = TOps.Add(m5, m6);
        TVector d3 = TOps.Subtract(m5, m6);
        TVector two = TOps.Broadcast(2f);
        TVector four = TOps.Broadcast(4f);
        TVector eight = TOps.Broadcast(8f);
        TVector sixteen = TOps.Broadcast(16f);
        TVector thirtyTwo = TOps.Broadcast(32f);
        Keep(target, TOps.MultiplyAdd(thirtyTwo, s3, TOps.Add(TOps.Add(TOps.Load(source), s1), s2)), add);
        Keep(target + targetStride, TOps.MultiplyAdd(sixteen, d3, TOps.MultiplyAdd(two, d2, d1)), add);
        Keep(target + 2 * targetStride, TOps.MultiplyAdd(eight, s3, TOps.MultiplyAdd(four, s2, s1)), add);
        Keep(target + 3 * targetStride, TOps.MultiplyAdd(four, d3, TOps.MultiplyAdd(eight, d2, d1)), add);
        Keep(target + 4 * targetStride, TOps.MultiplyAdd(two, s3, TOps.MultiplyAdd(sixteen, s2, s1)), add);
        Keep(target + 5 * targetStride, TOps.Add(TOps.MultiplyAdd(thirtyTwo, d2, d1), d3), add);
        TVector last = TOps.MultiplyAdd(TOps.Broadcast(64f), s2, TOps.MultiplyAdd(TOps.Broadcast(0.5f), s3, s1));
        Keep(target + 6 * targetStride, TOps.Add(last, TOps.Load(source + 7 * stride)), add);
    }

    /// <summary>G from 3 coefficients to 8 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread3To8(float* source, nint stride, float* target, nint targetStride)
    {
        TVector g0 = TOps.Load(source);
        TVector g1 = TOps.Load(source + stride);
        TVector g2 = TOps.Load(source + 2 * stride);
        TOps.Store(g0, target);
        TOps.Store(g2, target + 7 * targetStride);

        TVector scale = TOps.Broadcast(-2 / 9f);
        TVector even = TOps.Multiply(scale, TOps.Add(g0, g2));
        TVector odd = TOps.Multiply(scale, g1);
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);

        even = TOps.MultiplyAdd(TOps.Broadcast(4 / 90f), g2, TOps.Multiply(TOps.Broadcast(1 / 90f), g0));
        odd = TOps.Multiply(TOps.Broadcast(2 / 90f), g1);
        TOps.Store(TOps.Add(even, odd), target + 3 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 4 * targetStride);

        even = TOps.MultiplyAdd(TOps.Broadcast(1 / 180f), g2, TOps.Multiply(TOps.Broadcast(1 / 45f), g0));
        odd = TOps.Multiply(TOps.Broadcast(1 / 90f), g1);
        TOps.Store(TOps.Add(even, odd), target + 5 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 6 * targetStride);
    }

    /// <summary>G from 3 coefficients to 6 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread3To6(float* source, nint stride, float* target, nint targetStride)
    {
        TVector g0 = TOps.Load(source);
        TVector g1 = TOps.Load(source + stride);
        TVector g2 = TOps.Load(source + 2 * stride);
        TOps.Store(TOps.Multiply(TOps.Broadcast(0.25f), g0), target);
        TOps.Store(g2, target + 5 * targetStride);

        TVector scale = TOps.Broadcast(-1 / 6f);
        TVector even = TOps.Multiply(scale, TOps.Add(g0, g2));
        TVector odd = TOps.Multiply(scale, g1);
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);

        even = TOps.MultiplyAdd(TOps.Broadcast(4 / 24f), g2, TOps.Multiply(TOps.Broadcast(1 / 24f), g0));
        odd = TOps.Multiply(TOps.Broadcast(2 / 24f), g1);
        TOps.Store(TOps.Add(even, odd), target + 3 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 4 * targetStride);
    }

    /// <summary>A^T from 8 points to 3 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back8To3(float* source, nint stride, out TVector y0, out TVector y1, out TVector y2)
    {
        TVector m1 = TOps.Load(source + stride);
        TVector m2 = TOps.Load(source + 2 * stride);
        TVector m3 = TOps.Load(source + 3 * stride);
        TVector m4 = TOps.Load(source + 4 * stride);
        TVector m5 = TOps.Load(source + 5 * stride);
        TVector m6 = TOps.Load(source + 6 * stride);
        TVector s1 = TOps.Add(m1, m2);
        TVector s2 = TOps.Add(m3, m4);
        TVector s3 = TOps.Add(m5, m6);
        y0 = TOps.MultiplyAdd(TOps.Broadcast(32f), s3, TOps.Add(TOps.Add(TOps.Load(source), s1), s2));
        y1 = TOps.MultiplyAdd(TOps.Broadcast(16f), TOps.Subtract(m5, m6), TOps.MultiplyAdd(TOps.Broadcast(2f), TOps.Subtract(m3, m4), TOps.Subtract(m1, m2)));
        y2 = TOps.Add(TOps.MultiplyAdd(TOps.Broadcast(8f), s3, TOps.MultiplyAdd(TOps.Broadcast(4f), s2, s1)), TOps.Load(source + 7 * stride));
    }

    /// <summary>A^T from 6 points to 3 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back6To3(float* source, nint stride, out TVector y0, out TVector y1, out TVector y2)
    {
        TVector m1 = TOps.Load(source + stride);
        TVector m2 = TOps.Load(source + 2 * stride);
        TVector m3 = TOps.Load(source + 3 * stride);
        TVector m4 = TOps.Load(source + 4 * stride);
        TVector s1 = TOps.Add(m1, m2);
        TVector s2 = TOps.Add(m3, m4);
        y0 = TOps.Add(TOps.Add(TOps.Load(source), s1), s2);
        y1 = TOps.MultiplyAdd(TOps.Broadcast(2f), TOps.Subtract(m3, m4), TOps.Subtract(m1, m2));
        y2 = TOps.Add(TOps.MultiplyAdd(TOps.Broadcast(4f), s2, s1), TOps.Load(source + 5 * stride));
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

    /// <summary>G from 6 coefficients to 8 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread6To8(float* source, nint stride, float* target, nint targetStride)
    {
        TVector g0 = TOps.Load(source);
        TVector g1 = TOps.Load(source + stride);
        TVector g2 = TOps.Load(source + 2 * stride);
        TVector g3 = TOps.Load(source + 3 * stride);
        TVector g4 = TOps.Load(source + 4 * stride);
        TVector g5 = TOps.Load(source + 5 * stride);
        TOps.Store(g0, target);
        TOps.Store(g5, target + 7 * targetStride);

        TVector scale = TOps.Broadcast(-2 / 9f);
        TVector even = TOps.Multiply(scale, TOps.Add(TOps.Add(g0, g2), g4));
        TVector odd = TOps.Multiply(scale, TOps.Add(TOps.Add(g1, g3), g5));
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);

        // At 2 and -2: powers of 2 over 90.
        even = TOps.MultiplyAdd(TOps.Broadcast(16 / 90f), g4, TOps.MultiplyAdd(TOps.Broadcast(4 / 90f), g2, TOps.Multiply(TOps.Broadcast(1 / 90f), g0)));
        odd = TOps.MultiplyAdd(TOps.Broadcast(32 / 90f), g5, TOps.MultiplyAdd(TOps.Broadcast(8 / 90f), g3, TOps.Multiply(TOps.Broadcast(2 / 90f), g1)));
        TOps.Store(TOps.Add(even, odd), target + 3 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 4 * targetStride);

        // At 1/2 and -1/2: powers of 1/2 over 45.
        even = TOps.MultiplyAdd(TOps.Broadcast(1 / 720f), g4, TOps.MultiplyAdd(TOps.Broadcast(1 / 180f), g2, TOps.Multiply(TOps.Broadcast(1 / 45f), g0)));
        odd = TOps.MultiplyAdd(TOps.Broadcast(1 / 1440f), g5, TOps.MultiplyAdd(TOps.Broadcast(1 / 360f), g3, TOps.Multiply(TOps.Broadcast(1 / 90f), g1)));
        TOps.Store(TOps.Add(even, odd), target + 5 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 6 * targetStride);
    }

    /// <summary>G from 4 coefficients to 6 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread4To6(float* source, nint stride, float* target, nint targetStride)
    {
        TVector g0 = TOps.Load(source);
        TVector g1 = TOps.Load(source + stride);
        TVector g2 = TOps.Load(source + 2 * stride);
        TVector g3 = TOps.Load(source + 3 * stride);
        TOps.Store(TOps.Multiply(TOps.Broadcast(0.25f), g0), target);
        TOps.Store(g3, target + 5 * targetStride);

        TVector scale = TOps.Broadcast(-1 / 6f);
        TVector even = TOps.Multiply(scale, TOps.Add(g0, g2));
        TVector odd = TOps.Multiply(scale, TOps.Add(g1, g3));
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);

        even = TOps.MultiplyAdd(TOps.Broadcast(4 / 24f), g2, TOps.Multiply(TOps.Broadcast(1 / 24f), g0));
        odd = TOps.MultiplyAdd(TOps.Broadcast(8 / 24f), g3, TOps.Multiply(TOps.Broadcast(2 / 24f), g1));
        TOps.Store(TOps.Add(even, odd), target + 3 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 4 * targetStride);
    }

    /// <summary>A^T from 8 points to 6 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back8To6(float* source, nint stride, out TVector y0, out TVector y1, out TVector y2, out TVector y3, out TVector y4, out TVector y5)
    {
        TVector m1 = TOps.Load(source + stride);
        TVector m2 = TOps.Load(source + 2 * stride);
        TVector m3 = TOps.Load(source + 3 * stride);
        TVector m4 = TOps.Load(source + 4 * stride);
        TVector m5 = TOps.Load(source + 5 * stride);
        TVector m6 = TOps.Load(source + 6 * stride);
        TVector s1 = TOps.Add(m1, m2);
        TVector d1 = TOps.Subtract(m1, m2);
        TVector s2 = TOps.Add(m3, m4);
        TVector d2 = TOps.Subtract(m3, m4);
        TVector s3 = TOps.Add(m5, m6);
        TVector d3 = TOps.Subtract(m5, m6);
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
}
