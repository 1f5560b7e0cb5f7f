using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Reference;

/// <summary>Local response normalisation by its definition, in double.</summary>
internal static unsafe class NormalizationReference
{
    public static void LocalResponse(LocalResponseNormParameters p, Shape shape, float* input, float* output, float* scale)
    {
        for (long i = 0; i < shape.ElementCount; i++)
        {
            double s = Scale(p, shape, input, i);
            output[i] = (float)(input[i] / Math.Pow(s, p.Beta));
            if (scale != null)
            {
                scale[i] = (float)s;
            }
        }
    }

    /// <summary>From the input alone: what the forward pass kept is rounded, and not looked at.</summary>
    public static void LocalResponseBackward(LocalResponseNormParameters p, Shape shape, float* gradOutput, float* input, float* gradInput)
    {
        long plane = (long)shape.H * shape.W;
        for (long i = 0; i < shape.ElementCount; i++)
        {
            double sum = 0;
            int channel = (int)(i / plane % shape.C);
            for (int other = 0; other < shape.C; other++)
            {
                if (Math.Abs(other - channel) <= p.Size / 2)
                {
                    long j = i + (other - channel) * plane;
                    sum += gradOutput[j] * (double)input[j] * Math.Pow(Scale(p, shape, input, j), -p.Beta - 1.0);
                }
            }

            gradInput[i] = (float)(gradOutput[i] * Math.Pow(Scale(p, shape, input, i), -p.Beta) - 2.0 * p.Alpha * p.Beta / p.Size * input[i] * sum);
        }
    }

    private static double Scale(LocalResponseNormParameters p, Shape shape, float* input, long i)
    {
        long plane = (long)shape.H * shape.W;
        int channel = (int)(i / plane % shape.C);
        double squares = 0;
        for (int other = 0; other < shape.C; other++)
        {
            if (Math.Abs(other - channel) <= p.Size / 2)
            {
                double value = input[i + (other - channel) * plane];
                squares += value * value;
            }
        }

        return p.K + (double)p.Alpha / p.Size * squares;
    }
}
