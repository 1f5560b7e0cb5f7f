using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Averages of windows that lie side by side, and shares of a gradient for each pixel of a window.</summary>
internal static unsafe class AverageRuns<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>The averages of windows a pixel apart. Loads may run a vector past the end of a row.</summary>
    /// <param name="source">The first pixel of the first window.</param>
    /// <param name="width">Floats from a row to the next.</param>
    /// <param name="rows">Rows of a window.</param>
    /// <param name="columns">Columns of a window.</param>
    /// <param name="count">Number of windows.</param>
    /// <param name="divisor">What sums are divided by.</param>
    /// <param name="target">The averages.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Windows(float* source, nint width, int rows, int columns, int count, float divisor, float* target)
    {
        TVector divisors = TOps.Broadcast(divisor);
        for (int x = 0; x < count; x += TOps.Lanes)
        {
            TVector sum = TOps.Broadcast(0);
            for (int y = 0; y < rows; y++)
            {
                float* row = source + y * width + x;
                for (int i = 0; i < columns; i++)
                {
                    sum = TOps.Add(sum, TOps.Load(row + i));
                }
            }

            TOps.StoreUpTo(TOps.Divide(sum, divisors), target + x, count - x);
        }
    }

    /// <summary>Adds a number to each pixel of a window.</summary>
    /// <param name="target">The window's first pixel.</param>
    /// <param name="width">Floats from a row to the next.</param>
    /// <param name="rows">Rows of the window.</param>
    /// <param name="columns">Columns of the window.</param>
    /// <param name="share">What is added.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddToWindow(float* target, nint width, int rows, int columns, float share)
    {
        TVector shares = TOps.Broadcast(share);
        for (; rows > 0; rows--, target += width)
        {
            int i = 0;
            for (; i <= columns - TOps.Lanes; i += TOps.Lanes)
            {
                TOps.Store(TOps.Add(TOps.Load(target + i), shares), target + i);
            }

            for (; i < columns; i++)
            {
                target[i] += share;
            }
        }
    }
}
