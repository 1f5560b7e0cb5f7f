using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Reference;

/// <summary>Concatenating, scaling, weighted sums and padding by their definitions.</summary>
internal static unsafe class MixingReference
{
    public static void Concat(KernelFrame frame, ConcatForward operation)
    {
        Shape to = operation.Output.Shape;
        long plane = (long)to.H * to.W;
        float* output = frame.Float(operation.Output);
        int first = 0;
        foreach (ProgramValue part in operation.Parts)
        {
            float* input = frame.Float(part);
            for (long n = 0; n < to.N; n++)
            {
                for (long i = 0; i < part.Shape.C * plane; i++)
                {
                    output[(n * to.C + first) * plane + i] = input[n * part.Shape.C * plane + i];
                }
            }

            first += part.Shape.C;
        }
    }

    public static void Slice(KernelFrame frame, SliceChannels operation)
    {
        Shape from = operation.Input.Shape;
        Shape to = operation.Output.Shape;
        long plane = (long)to.H * to.W;
        float* input = frame.Float(operation.Input);
        float* output = frame.Float(operation.Output);
        for (long n = 0; n < to.N; n++)
        {
            for (long i = 0; i < to.C * plane; i++)
            {
                output[n * to.C * plane + i] = input[(n * from.C + operation.First) * plane + i];
            }
        }
    }

    public static void Scale(KernelFrame frame, ScaleApply operation)
    {
        float* input = frame.Float(operation.Input);
        float* output = frame.Float(operation.Output);
        for (long i = 0; i < operation.Input.Shape.ElementCount; i++)
        {
            output[i] = (float)((double)operation.Factor * input[i]);
        }
    }

    public static void WeightedSum(KernelFrame frame, WeightedSumForward operation)
    {
        float* output = frame.Float(operation.Output);
        for (long i = 0; i < operation.Output.Shape.ElementCount; i++)
        {
            double sum = 0;
            for (int t = 0; t < operation.Terms.Count; t++)
            {
                sum += (double)operation.Coefficients[t] * frame.Float(operation.Terms[t])[i];
            }

            output[i] = (float)sum;
        }
    }

    public static void Pad(KernelFrame frame, Pad2dForward operation)
    {
        Shape from = operation.Input.Shape;
        Shape to = operation.Output.Shape;
        float* input = frame.Float(operation.Input);
        float* output = frame.Float(operation.Output);
        for (long plane = 0; plane < (long)to.N * to.C; plane++)
        {
            for (int y = 0; y < to.H; y++)
            {
                for (int x = 0; x < to.W; x++)
                {
                    int iy = y - operation.Parameters.Top;
                    int ix = x - operation.Parameters.Left;
                    bool inside = iy >= 0 && iy < from.H && ix >= 0 && ix < from.W;
                    output[(plane * to.H + y) * to.W + x] = inside ? input[(plane * from.H + iy) * from.W + ix] : operation.Parameters.Value;
                }
            }
        }
    }
}
