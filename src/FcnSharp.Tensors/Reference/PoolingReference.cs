using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Reference;

/// <summary>Average-pooling and max-unpooling by their definitions, sums in double.</summary>
internal static unsafe class PoolingReference
{
    public static void AvgPool(AvgPool2dParameters p, Shape inputShape, Shape outputShape, float* input, float* output)
    {
        for (long plane = 0; plane < (long)inputShape.N * inputShape.C; plane++)
        {
            float* source = input + plane * inputShape.H * inputShape.W;
            for (int y = 0; y < outputShape.H; y++)
            {
                for (int x = 0; x < outputShape.W; x++)
                {
                    double sum = 0;
                    foreach (int pixel in Pixels(p, inputShape, y, x))
                    {
                        sum += source[pixel];
                    }

                    output[(plane * outputShape.H + y) * outputShape.W + x] = (float)(sum / Divisor(p, inputShape, y, x));
                }
            }
        }
    }

    public static void AvgPoolBackward(AvgPool2dParameters p, Shape inputShape, Shape outputShape, float* gradOutput, float* gradInput)
    {
        var sums = new double[inputShape.H * inputShape.W];
        for (long plane = 0; plane < (long)inputShape.N * inputShape.C; plane++)
        {
            Array.Clear(sums);
            for (int y = 0; y < outputShape.H; y++)
            {
                for (int x = 0; x < outputShape.W; x++)
                {
                    double share = gradOutput[(plane * outputShape.H + y) * outputShape.W + x] / Divisor(p, inputShape, y, x);
                    foreach (int pixel in Pixels(p, inputShape, y, x))
                    {
                        sums[pixel] += share;
                    }
                }
            }

            for (int i = 0; i < sums.Length; i++)
            {
                gradInput[plane * sums.Length + i] = (float)sums[i];
            }
        }
    }

    public static void MaxUnpool(Shape inputShape, Shape outputShape, float* input, int* argMax, float* output)
    {
        new Span<float>(output, checked((int)outputShape.ElementCount)).Clear();
        int inputPlane = inputShape.H * inputShape.W;
        int outputPlane = outputShape.H * outputShape.W;
        for (long plane = 0; plane < (long)inputShape.N * inputShape.C; plane++)
        {
            bool broken = false;
            for (int i = 0; i < inputPlane; i++)
            {
                int index = argMax[plane * inputPlane + i];
                if (index < 0 || index >= outputPlane)
                {
                    broken = true;
                }
                else
                {
                    output[plane * outputPlane + index] = input[plane * inputPlane + i];
                }
            }

            if (broken)
            {
                output[plane * outputPlane] = float.NaN;
            }
        }
    }

    public static void MaxUnpoolBackward(Shape inputShape, Shape outputShape, float* gradOutput, int* argMax, float* gradInput)
    {
        int inputPlane = inputShape.H * inputShape.W;
        int outputPlane = outputShape.H * outputShape.W;
        for (long plane = 0; plane < (long)inputShape.N * inputShape.C; plane++)
        {
            var taken = new HashSet<int>();
            for (int i = inputPlane - 1; i >= 0; i--)
            {
                int index = argMax[plane * inputPlane + i];
                bool inside = index >= 0 && index < outputPlane;
                gradInput[plane * inputPlane + i] = !inside ? float.NaN : taken.Add(index) ? gradOutput[plane * outputPlane + index] : 0;
            }
        }
    }

    /// <summary>The pixels of an output's window that lie inside of the input: their indices in the plane.</summary>
    private static IEnumerable<int> Pixels(AvgPool2dParameters p, Shape input, int y, int x)
    {
        for (int ky = 0; ky < p.KernelSize; ky++)
        {
            for (int kx = 0; kx < p.KernelSize; kx++)
            {
                int iy = y * p.Stride - p.Padding + ky;
                int ix = x * p.Stride - p.Padding + kx;
                if (iy >= 0 && iy < input.H && ix >= 0 && ix < input.W)
                {
                    yield return iy * input.W + ix;
                }
            }
        }
    }

    private static double Divisor(AvgPool2dParameters p, Shape input, int y, int x)
    {
        if (p.Divisor == AvgPoolDivisor.ValidPixels)
        {
            return Pixels(p, input, y, x).Count();
        }

        int startY = y * p.Stride - p.Padding;
        int startX = x * p.Stride - p.Padding;
        return (double)(Math.Min(startY + p.KernelSize, input.H + p.Padding) - startY) * (Math.Min(startX + p.KernelSize, input.W + p.Padding) - startX);
    }
}
