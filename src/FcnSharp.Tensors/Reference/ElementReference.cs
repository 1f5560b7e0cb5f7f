using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Reference;

/// <summary>Pooling, activations, cropping and summing by their definitions.</summary>
internal static unsafe class ElementReference
{
    public static void MaxPool(MaxPool2dParameters p, Shape inputShape, Shape outputShape, float* input, float* output, int* argMax)
    {
        for (long plane = 0; plane < (long)inputShape.N * inputShape.C; plane++)
        {
            float* source = input + plane * inputShape.H * inputShape.W;
            for (int y = 0; y < outputShape.H; y++)
            {
                for (int x = 0; x < outputShape.W; x++)
                {
                    int best = -1;
                    for (int ky = 0; ky < p.KernelSize; ky++)
                    {
                        for (int kx = 0; kx < p.KernelSize; kx++)
                        {
                            int iy = y * p.Stride - p.Padding + ky;
                            int ix = x * p.Stride - p.Padding + kx;
                            bool inside = iy >= 0 && iy < inputShape.H && ix >= 0 && ix < inputShape.W;
                            if (inside && (best < 0 || source[iy * inputShape.W + ix] > source[best]))
                            {
                                best = iy * inputShape.W + ix;
                            }
                        }
                    }

                    long o = (plane * outputShape.H + y) * outputShape.W + x;
                    output[o] = source[best];
                    if (argMax != null)
                    {
                        argMax[o] = best;
                    }
                }
            }
        }
    }

    public static void MaxPoolBackward(Shape inputShape, Shape outputShape, float* gradOutput, int* argMax, float* gradInput)
    {
        new Span<float>(gradInput, checked((int)inputShape.ElementCount)).Clear();
        long outputPlane = (long)outputShape.H * outputShape.W;
        for (long o = 0; o < outputShape.ElementCount; o++)
        {
            gradInput[o / outputPlane * inputShape.H * inputShape.W + argMax[o]] += gradOutput[o];
        }
    }

    public static void Relu(long count, float* input, float* output)
    {
        for (long i = 0; i < count; i++)
        {
            // Written so that NaN stays NaN: a broken activation must be seen, not become 0.
            output[i] = input[i] < 0 ? 0 : input[i];
        }
    }

    public static void ReluBackward(long count, float* gradOutput, float* output, float* gradInput)
    {
        for (long i = 0; i < count; i++)
        {
            gradInput[i] = output[i] > 0 ? gradOutput[i] : 0;
        }
    }

    public static void Dropout(DropoutApply operation, ulong seed, ulong step, float* input, float* output)
    {
        for (long i = 0; i < operation.Input.Shape.ElementCount; i++)
        {
            output[i] = DropoutMask.Keeps(DropoutMask.Key(seed, step, operation.Stream), i, operation.Ratio)
                ? input[i] * DropoutMask.Scale(operation.Ratio)
                : 0;
        }
    }

    public static void Crop(Shape inputShape, Shape outputShape, int offsetY, int offsetX, float* input, float* output)
    {
        for (long plane = 0; plane < (long)outputShape.N * outputShape.C; plane++)
        {
            for (int y = 0; y < outputShape.H; y++)
            {
                for (int x = 0; x < outputShape.W; x++)
                {
                    output[(plane * outputShape.H + y) * outputShape.W + x] =
                        input[(plane * inputShape.H + y + offsetY) * inputShape.W + x + offsetX];
                }
            }
        }
    }

    public static void CropBackward(Shape inputShape, Shape outputShape, int offsetY, int offsetX, float* gradOutput, float* gradInput)
    {
        new Span<float>(gradInput, checked((int)inputShape.ElementCount)).Clear();
        for (long plane = 0; plane < (long)outputShape.N * outputShape.C; plane++)
        {
            for (int y = 0; y < outputShape.H; y++)
            {
                for (int x = 0; x < outputShape.W; x++)
                {
                    gradInput[(plane * inputShape.H + y + offsetY) * inputShape.W + x + offsetX] =
                        gradOutput[(plane * outputShape.H + y) * outputShape.W + x];
                }
            }
        }
    }

    public static void ArgMax(Shape scoresShape, float* scores, int* classes)
    {
        long plane = (long)scoresShape.H * scoresShape.W;
        for (long pixel = 0; pixel < scoresShape.N * plane; pixel++)
        {
            float* column = scores + pixel / plane * scoresShape.C * plane + pixel % plane;
            int best = 0;
            for (int c = 1; c < scoresShape.C; c++)
            {
                if (column[c * plane] > column[best * plane])
                {
                    best = c;
                }
            }

            classes[pixel] = best;
        }
    }
}
