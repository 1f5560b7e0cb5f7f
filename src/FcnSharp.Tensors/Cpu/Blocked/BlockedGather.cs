using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>Moves vectors of channels to where they are not side by side.</summary>
internal static unsafe class BlockedGather<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>Lanes squared of the widest vector.</summary>
    private const int LargestSquare = 256;

    private const int Ahead = 64;

    /// <summary>Rows between what is copied and what is asked for: rows of weights lie too far apart for the processor to foresee the next.</summary>
    private const int RowsAhead = 16;

    /// <summary>
    /// Reads every <paramref name="step"/>-th pixel of up to one vector's channels from planes; lanes without a channel become 0.
    /// Vectors go <paramref name="targetStride"/> floats apart; nothing else is written. Reads up to a vector past the last pixel.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(float* source, nint plane, int channels, int pixels, int step, float* target, nint targetStride)
    {
        int lanes = TOps.Lanes;
        int perSquare = (lanes - 1) / step + 1;
        float* square = stackalloc float[LargestSquare];
        float* turned = stackalloc float[LargestSquare];
        new Span<float>(square, LargestSquare).Clear();
        for (int pixel = 0; pixel < pixels; pixel += perSquare)
        {
            int count = Math.Min(perSquare, pixels - pixel);
            float* from = source + (nint)pixel * step;
            float* to = target + pixel * targetStride;
            if (channels == lanes)
            {
                for (int c = 0; c < lanes; c++)
                {
                    TOps.Prefetch(from + c * plane + Ahead);
                }

                if (count == lanes)
                {
                    TOps.Transpose(from, plane, to, targetStride);
                    continue;
                }

                TOps.Transpose(from, plane, turned, lanes);
            }
            else
            {
                for (int c = 0; c < channels; c++)
                {
                    TOps.Store(TOps.Load(from + c * plane), square + c * lanes);
                }

                TOps.Transpose(square, lanes, turned, lanes);
            }

            for (int i = 0; i < count; i++)
            {
                TOps.Store(TOps.Load(turned + i * step * lanes), to + i * targetStride);
            }
        }
    }

    /// <summary>Copies vectors at the same places of some rows, to rows of such vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyWindows(float* source, nint sourceRow, int rows, int* places, int windows, float* target, nint targetRow, nint targetWindow)
    {
        for (int row = 0; row < rows; row++, source += sourceRow, target += targetRow)
        {
            for (int window = 0; window < windows; window++)
            {
                float* from = source + places[window];
                TOps.Prefetch(from + RowsAhead * sourceRow);
                TOps.Store(TOps.Load(from), target + window * targetWindow);
            }
        }
    }

    /// <summary>Copies vectors from and to any distance.</summary>
    public static void CopyVectors(float* source, nint sourceStride, int count, float* target, nint targetStride)
    {
        for (int i = 0; i < count; i++)
        {
            TOps.Store(TOps.Load(source + i * sourceStride), target + i * targetStride);
        }
    }
}
