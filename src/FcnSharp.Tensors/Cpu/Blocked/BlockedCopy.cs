using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Moves runs of pixels between planes [C][H][W] and vectors of channels [pixel][lanes], in squares of one vector's lanes.
/// </summary>
internal static unsafe class BlockedCopy<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>Lanes squared of the widest vector.</summary>
    private const int LargestSquare = 256;

    /// <summary>Pixels between what is read and what is asked for: as many streams as channels are more than the processor foresees.</summary>
    private const int Ahead = 64;

    /// <summary>Planes between what is copied and what is asked for: the processor foresees a plane's next line, not the next plane.</summary>
    private const int PlanesAhead = 2;

    /// <summary>
    /// Reads <paramref name="pixels"/> pixels of up to one vector's channels; lanes without a channel become 0. Writes whole
    /// squares: up to a square's pixels more than asked for.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromPlanes(float* source, nint plane, int channels, int pixels, float* target)
    {
        int lanes = TOps.Lanes;
        if (channels == lanes)
        {
            for (int x = 0; x < pixels; x += lanes)
            {
                for (int c = 0; c < lanes; c++)
                {
                    TOps.Prefetch(source + c * plane + x + Ahead);
                }

                TOps.Transpose(source + x, plane, target + x * lanes, lanes);
            }

            return;
        }

        float* square = stackalloc float[LargestSquare];
        new Span<float>(square, LargestSquare).Clear();
        for (int x = 0; x < pixels; x += lanes)
        {
            for (int c = 0; c < channels; c++)
            {
                TOps.Store(TOps.Load(source + c * plane + x), square + c * lanes);
            }

            TOps.Transpose(square, lanes, target + x * lanes, lanes);
        }
    }

    /// <summary>
    /// Copies a run of pixels of some planes to [pair of vectors][channel][pixel]. Reads and writes whole pairs: what is past the last pixel is no number of this run.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PairsFromPlanes(float* source, nint plane, int channels, int pixels, float* target)
    {
        int pair = 2 * TOps.Lanes;
        nint next = (nint)channels * pair;
        for (int c = 0; c < channels; c++, source += plane, target += pair)
        {
            float* to = target;
            for (int x = 0; x < pixels; x += pair, to += next)
            {
                TOps.Prefetch(source + PlanesAhead * plane + x);
                TOps.Prefetch(source + PlanesAhead * plane + x + TOps.Lanes);
                TOps.Store(TOps.Load(source + x), to);
                TOps.Store(TOps.Load(source + x + TOps.Lanes), to + TOps.Lanes);
            }
        }
    }

    /// <summary>Writes <paramref name="pixels"/> pixels of the first channels, and nothing else. Reads whole squares.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToPlanes(float* source, int pixels, int channels, float* target, nint plane)
    {
        int lanes = TOps.Lanes;
        int x = 0;
        if (channels == lanes)
        {
            for (; x + lanes <= pixels; x += lanes)
            {
                TOps.Transpose(source + x * lanes, lanes, target + x, plane);
            }
        }

        if (x == pixels)
        {
            return;
        }

        float* square = stackalloc float[LargestSquare];
        for (; x < pixels; x += lanes)
        {
            int count = Math.Min(lanes, pixels - x);
            TOps.Transpose(source + x * lanes, lanes, square, lanes);
            for (int c = 0; c < channels; c++)
            {
                TVector row = TOps.Load(square + c * lanes);
                if (count == lanes)
                {
                    TOps.Store(row, target + c * plane + x);
                }
                else
                {
                    TOps.StoreFirst(row, target + c * plane + x, count);
                }
            }
        }
    }

    /// <summary>Adds the bias of each channel to all pixels and clamps from below at <paramref name="floor"/>, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Finish(float* pixels, int count, float* bias, float floor)
    {
        int lanes = TOps.Lanes;
        TVector offset = TOps.Load(bias);
        TVector limit = TOps.Broadcast(floor);
        for (int i = 0; i < count; i++)
        {
            TOps.Store(TOps.AtLeast(TOps.Add(TOps.Load(pixels + i * lanes), offset), limit), pixels + i * lanes);
        }
    }

    /// <summary>
    /// target[row][column] += source[column][row] for some columns of vectors and up to a vector's rows: gradients of weights go
    /// back to the weights' own order. Reads whole squares, and past the end of a row of the target.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddToRows(float* source, int columns, int rows, float* target, nint targetRow)
    {
        int lanes = TOps.Lanes;
        float* square = stackalloc float[LargestSquare];
        for (int column = 0; column < columns; column += lanes)
        {
            int count = Math.Min(lanes, columns - column);
            TOps.Transpose(source + column * lanes, lanes, square, lanes);
            for (int row = 0; row < rows; row++)
            {
                float* to = target + row * targetRow + column;
                TVector sum = TOps.Add(TOps.Load(to), TOps.Load(square + row * lanes));
                if (count == lanes)
                {
                    TOps.Store(sum, to);
                }
                else
                {
                    TOps.StoreFirst(sum, to, count);
                }
            }
        }
    }

    /// <summary>
    /// Replaces a strip [rows][columns] of vectors, <paramref name="stripRow"/> floats a row, by the largest of each 2 x 2, in its
    /// first rows and columns. A last odd row or column stands alone. The first of a square wins over a NaN behind it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PoolPairs(float* strip, nint stripRow, int rows, int columns)
    {
        int lanes = TOps.Lanes;
        for (int y = 0; y < rows; y += 2)
        {
            float* first = strip + y * stripRow;
            float* second = y + 1 < rows ? first + stripRow : first;
            float* target = strip + y / 2 * stripRow;
            for (int x = 0; x < columns; x += 2)
            {
                int right = x + 1 < columns ? lanes : 0;
                TVector best = TOps.Load(first + x * lanes);
                best = TOps.AtLeast(best, TOps.Load(first + x * lanes + right));
                best = TOps.AtLeast(best, TOps.Load(second + x * lanes));
                best = TOps.AtLeast(best, TOps.Load(second + x * lanes + right));
                TOps.Store(best, target + x / 2 * lanes);
            }
        }
    }

    /// <summary>Asks for the first floats of some rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PrefetchRows(float* source, nint stride, int rows, int floats)
    {
        const int lineFloats = 16;
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < floats; i += lineFloats)
            {
                TOps.Prefetch(source + row * stride + i);
            }
        }
    }
}
