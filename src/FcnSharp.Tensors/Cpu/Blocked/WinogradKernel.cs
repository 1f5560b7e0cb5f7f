using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Kernels to the points of a <see cref="WinogradScheme"/>, on vectors of channels: weights, and tiles of the output's gradient,
/// which are the kernel of the weight gradient. The matrices are written out, because half of their work is
/// shared between points of opposite sign.
/// </summary>
internal static unsafe class WinogradKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
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

    /// <summary>Transforms a 3x3 kernel [9] to 4 x 4 points. Scratch holds 12 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel3To4(float* kernel, float* points, nint plane, float* scratch)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < 3; column++)
        {
            Spread3To4(kernel + column * lanes, 3 * lanes, scratch + column * lanes, 3 * lanes);
        }

        for (int row = 0; row < 4; row++)
        {
            Spread3To4(scratch + row * 3 * lanes, lanes, points + row * 4 * plane, plane);
        }
    }

    /// <summary>Transforms a 5x5 kernel [25] to 8 x 8 points. Scratch holds 40 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel5To8(float* kernel, float* points, nint plane, float* scratch)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < 5; column++)
        {
            Spread5To8(kernel + column * lanes, 5 * lanes, scratch + column * lanes, 5 * lanes);
        }

        for (int row = 0; row < 8; row++)
        {
            Spread5To8(scratch + row * 5 * lanes, lanes, points + row * 8 * plane, plane);
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

    /// <summary>As <see cref="Gradient6To8"/>, for tiles of 4 x 4: the gradient of a 5x5 kernel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient4To8(float* strip, nint stripRow, int tiles, float* points, nint plane, nint tileStride)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < tiles * 4; column++)
        {
            Spread4To8(strip + column * lanes, stripRow, strip + column * lanes, stripRow);
        }

        for (int row = 0; row < 8; row++)
        {
            for (int tile = 0; tile < tiles; tile++)
            {
                Spread4To8(strip + row * stripRow + tile * 4 * lanes, lanes, points + row * 8 * plane + tile * tileStride, plane);
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

    /// <summary>G from 3 coefficients to 4 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread3To4(float* source, nint stride, float* target, nint targetStride)
    {
        TVector g0 = TOps.Load(source);
        TVector g2 = TOps.Load(source + 2 * stride);
        TOps.Store(g0, target);
        TOps.Store(g2, target + 3 * targetStride);

        TVector half = TOps.Broadcast(0.5f);
        TVector even = TOps.Multiply(half, TOps.Add(g0, g2));
        TVector odd = TOps.Multiply(half, TOps.Load(source + stride));
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);
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

    /// <summary>G from 4 coefficients to 8 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread4To8(float* source, nint stride, float* target, nint targetStride)
    {
        TVector g0 = TOps.Load(source);
        TVector g1 = TOps.Load(source + stride);
        TVector g2 = TOps.Load(source + 2 * stride);
        TVector g3 = TOps.Load(source + 3 * stride);
        TOps.Store(g0, target);
        TOps.Store(g3, target + 7 * targetStride);

        TVector scale = TOps.Broadcast(-2 / 9f);
        TVector even = TOps.Multiply(scale, TOps.Add(g0, g2));
        TVector odd = TOps.Multiply(scale, TOps.Add(g1, g3));
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);

        even = TOps.MultiplyAdd(TOps.Broadcast(4 / 90f), g2, TOps.Multiply(TOps.Broadcast(1 / 90f), g0));
        odd = TOps.MultiplyAdd(TOps.Broadcast(8 / 90f), g3, TOps.Multiply(TOps.Broadcast(2 / 90f), g1));
        TOps.Store(TOps.Add(even, odd), target + 3 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 4 * targetStride);

        even = TOps.MultiplyAdd(TOps.Broadcast(1 / 180f), g2, TOps.Multiply(TOps.Broadcast(1 / 45f), g0));
        odd = TOps.MultiplyAdd(TOps.Broadcast(1 / 360f), g3, TOps.Multiply(TOps.Broadcast(1 / 90f), g1));
        TOps.Store(TOps.Add(even, odd), target + 5 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 6 * targetStride);
    }

    /// <summary>G from 5 coefficients to 8 points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread5To8(float* source, nint stride, float* target, nint targetStride)
    {
        TVector g0 = TOps.Load(source);
        TVector g1 = TOps.Load(source + stride);
        TVector g2 = TOps.Load(source + 2 * stride);
        TVector g3 = TOps.Load(source + 3 * stride);
        TVector g4 = TOps.Load(source + 4 * stride);
        TOps.Store(g0, target);
        TOps.Store(g4, target + 7 * targetStride);

        TVector scale = TOps.Broadcast(-2 / 9f);
        TVector even = TOps.Multiply(scale, TOps.Add(TOps.Add(g0, g2), g4));
        TVector odd = TOps.Multiply(scale, TOps.Add(g1, g3));
        TOps.Store(TOps.Add(even, odd), target + targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 2 * targetStride);

        even = TOps.MultiplyAdd(TOps.Broadcast(16 / 90f), g4, TOps.MultiplyAdd(TOps.Broadcast(4 / 90f), g2, TOps.Multiply(TOps.Broadcast(1 / 90f), g0)));
        odd = TOps.MultiplyAdd(TOps.Broadcast(8 / 90f), g3, TOps.Multiply(TOps.Broadcast(2 / 90f), g1));
        TOps.Store(TOps.Add(even, odd), target + 3 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 4 * targetStride);

        even = TOps.MultiplyAdd(TOps.Broadcast(1 / 720f), g4, TOps.MultiplyAdd(TOps.Broadcast(1 / 180f), g2, TOps.Multiply(TOps.Broadcast(1 / 45f), g0)));
        odd = TOps.MultiplyAdd(TOps.Broadcast(1 / 360f), g3, TOps.Multiply(TOps.Broadcast(1 / 90f), g1));
        TOps.Store(TOps.Add(even, odd), target + 5 * targetStride);
        TOps.Store(TOps.Subtract(even, odd), target + 6 * targetStride);
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
}
