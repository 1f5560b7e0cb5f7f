namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>Copies vectors from rows of weights whose outputs lie side by side already, as in the data gradient of a 1x1 kernel: [input][output].</summary>
internal static unsafe class WeightWindows
{
    /// <summary>
    /// Copies a vector from each place of each row; what lies behind a row's end is 0. Those of a row go before the next row: rows may lie a power of two
    /// apart, and then share few places of a cache.
    /// </summary>
    /// <param name="kernels">The instruction set.</param>
    /// <param name="source">Where places begin in the first row.</param>
    /// <param name="length">Weights of a row from there on.</param>
    /// <param name="stride">Floats between rows.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="places">Places in a row, ascending.</param>
    /// <param name="target">The first place of the first row.</param>
    /// <param name="targetRow">Floats between the rows of a place.</param>
    /// <param name="targetPlace">Floats between places.</param>
    public static void Copy(BlockedKernels kernels, float* source, int length, nint stride, int rows, ReadOnlySpan<int> places, float* target, nint targetRow, nint targetPlace)
    {
        int lanes = kernels.Lanes;
        int whole = 0;
        while (whole < places.Length && places[whole] + lanes <= length)
        {
            whole++;
        }

        fixed (int* first = places)
        {
            kernels.CopyWindows(source, stride, rows, first, whole, target, targetRow, targetPlace);
        }

        for (int i = whole; i < places.Length; i++)
        {
            int count = Math.Max(0, length - places[i]);
            for (int row = 0; row < rows; row++)
            {
                var to = new Span<float>(target + i * targetPlace + row * targetRow, lanes);
                new ReadOnlySpan<float>(source + row * stride + places[i], count).CopyTo(to);
                to[count..].Clear();
            }
        }
    }
}
