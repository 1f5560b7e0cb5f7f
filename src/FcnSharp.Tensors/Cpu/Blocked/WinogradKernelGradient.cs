using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Points of a <see cref="WinogradScheme"/> back to the gradient of a kernel, on vectors of channels. The matrices are written out, because half of their work is
/// shared between points of opposite sign.
/// </summary>
internal static unsafe class WinogradKernelGradient<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
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

    /// <summary>As <see cref="Kernel8To3"/>, to a 5x5 kernel [25]. Scratch holds 40 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel8To5(float* points, nint plane, float* kernel, bool add, float* scratch)
    {
        int lanes = TOps.Lanes;
        for (int column = 0; column < 8; column++)
        {
            Back8To5(points + column * plane, 8 * plane, scratch + column * lanes, 8 * lanes, add: false);
        }

        for (int row = 0; row < 5; row++)
        {
            Back8To5(scratch + row * 8 * lanes, lanes, kernel + row * 5 * lanes, lanes, add);
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

    /// <summary>A^T from 8 points to 5 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back8To5(float* source, nint stride, float* target, nint targetStride, bool add)
    {
        WinogradPairs<TOps, TVector>.Of8(source, stride, out TVector s1, out TVector d1, out TVector s2, out TVector d2, out TVector s3, out TVector d3);
        TVector two = TOps.Broadcast(2f);
        TVector four = TOps.Broadcast(4f);
        TVector eight = TOps.Broadcast(8f);
        TVector sixteen = TOps.Broadcast(16f);
        Keep(target, TOps.MultiplyAdd(TOps.Broadcast(32f), s3, TOps.Add(TOps.Add(TOps.Load(source), s1), s2)), add);
        Keep(target + targetStride, TOps.MultiplyAdd(sixteen, d3, TOps.MultiplyAdd(two, d2, d1)), add);
        Keep(target + 2 * targetStride, TOps.MultiplyAdd(eight, s3, TOps.MultiplyAdd(four, s2, s1)), add);
        Keep(target + 3 * targetStride, TOps.MultiplyAdd(four, d3, TOps.MultiplyAdd(eight, d2, d1)), add);
        Keep(target + 4 * targetStride, TOps.Add(TOps.MultiplyAdd(two, s3, TOps.MultiplyAdd(sixteen, s2, s1)), TOps.Load(source + 7 * stride)), add);
    }

    /// <summary>A^T from 8 points to 7 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back8To7(float* source, nint stride, float* target, nint targetStride, bool add)
    {
        WinogradPairs<TOps, TVector>.Of8(source, stride, out TVector s1, out TVector d1, out TVector s2, out TVector d2, out TVector s3, out TVector d3);
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
}
