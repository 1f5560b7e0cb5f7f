using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Reference;

/// <summary>Bilinear resizing by its definition, in double precision.</summary>
internal static unsafe class ResizeReference
{
    public static void Forward(bool alignCorners, Shape from, Shape to, float* input, float* output)
    {
        for (long plane = 0; plane < (long)to.N * to.C; plane++)
        {
            for (int y = 0; y < to.H; y++)
            {
                for (int x = 0; x < to.W; x++)
                {
                    double sum = 0;
                    foreach ((long at, double weight) in Taps(alignCorners, from, to, y, x))
                    {
                        sum += weight * input[(plane * from.H * from.W) + at];
                    }

                    output[(((plane * to.H) + y) * to.W) + x] = (float)sum;
                }
            }
        }
    }

    public static void Backward(bool alignCorners, Shape from, Shape to, float* gradOutput, float* gradInput)
    {
        var sums = new double[(long)from.H * from.W];
        for (long plane = 0; plane < (long)to.N * to.C; plane++)
        {
            Array.Clear(sums);
            for (int y = 0; y < to.H; y++)
            {
                for (int x = 0; x < to.W; x++)
                {
                    foreach ((long at, double weight) in Taps(alignCorners, from, to, y, x))
                    {
                        sums[at] += weight * gradOutput[(((plane * to.H) + y) * to.W) + x];
                    }
                }
            }

            for (long i = 0; i < sums.Length; i++)
            {
                gradInput[(plane * sums.Length) + i] = (float)sums[i];
            }
        }
    }

    /// <summary>Position in the input's plane and weight of the four pixels of an output pixel.</summary>
    private static (long At, double Weight)[] Taps(bool alignCorners, Shape from, Shape to, int y, int x)
    {
        (int y0, double fy) = BilinearResize2dParameters.Source(y, from.H, to.H, alignCorners);
        (int x0, double fx) = BilinearResize2dParameters.Source(x, from.W, to.W, alignCorners);
        long y1 = Math.Min(y0 + 1, from.H - 1);
        long x1 = Math.Min(x0 + 1, from.W - 1);
        return
        [
            (((long)y0 * from.W) + x0, (1 - fy) * (1 - fx)),
            (((long)y0 * from.W) + x1, (1 - fy) * fx),
            ((y1 * from.W) + x0, fy * (1 - fx)),
            ((y1 * from.W) + x1, fy * fx),
        ];
    }
}
