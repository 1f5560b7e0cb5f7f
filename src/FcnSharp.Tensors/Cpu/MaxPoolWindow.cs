namespace FcnSharp.Tensors.Cpu;

/// <summary>Max-pooling a window at a time: for windows that reach out of a row, and for strides without vectors.</summary>
internal static unsafe class MaxPoolWindow
{
    /// <summary>Outputs begin to end of a row, whose windows have the rows y0 to y1 of the plane.</summary>
    /// <param name="g">The windows.</param>
    /// <param name="source">The plane.</param>
    /// <param name="y0">First row.</param>
    /// <param name="y1">Row behind the last.</param>
    /// <param name="begin">First output.</param>
    /// <param name="end">Output behind the last.</param>
    /// <param name="target">The row of results.</param>
    /// <param name="winners">The row of indices; null if nobody wants them.</param>
    public static void Run(PoolGeometry g, float* source, int y0, int y1, int begin, int end, float* target, int* winners)
    {
        for (int x = begin; x < end; x++)
        {
            int x0 = Math.Max(0, x * g.Stride - g.Padding);
            int x1 = Math.Min(g.Width, x * g.Stride - g.Padding + g.Size);
            int best = y0 * g.Width + x0;
            float value = source[best];
            for (int iy = y0; iy < y1; iy++)
            {
                for (int ix = x0; ix < x1; ix++)
                {
                    float candidate = source[iy * g.Width + ix];
                    if (candidate > value)
                    {
                        value = candidate;
                        best = iy * g.Width + ix;
                    }
                }
            }

            target[x] = value;
            if (winners != null)
            {
                winners[x] = best;
            }
        }
    }
}
