namespace FcnSharp.Tensors.Reference;

/// <summary>Batch normalisation by its definition, in double precision.</summary>
internal static unsafe class BatchNormReference
{
    public static void Statistics(Shape shape, double epsilon, double momentum, float* input, float* mean, float* variance, float* statistics, float* nextMean, float* nextVariance)
    {
        long count = shape.ElementCount / shape.C;
        for (int c = 0; c < shape.C; c++)
        {
            double sum = 0;
            foreach (long i in Elements(shape, c))
            {
                sum += input[i];
            }

            double average = sum / count;
            double squares = 0;
            foreach (long i in Elements(shape, c))
            {
                squares += (input[i] - average) * (input[i] - average);
            }

            statistics[c] = (float)average;
            statistics[shape.C + c] = (float)(1 / Math.Sqrt((squares / count) + epsilon));
            nextMean[c] = (float)(((1 - momentum) * mean[c]) + (momentum * average));
            nextVariance[c] = (float)(((1 - momentum) * variance[c]) + (momentum * squares / (count - 1)));
        }
    }

    public static void RunningStatistics(int channels, double epsilon, float* mean, float* variance, float* statistics)
    {
        for (int c = 0; c < channels; c++)
        {
            statistics[c] = mean[c];
            statistics[channels + c] = (float)(1 / Math.Sqrt(variance[c] + epsilon));
        }
    }

    public static void Normalize(Shape shape, float* input, float* statistics, float* weight, float* bias, float* output)
    {
        for (int c = 0; c < shape.C; c++)
        {
            foreach (long i in Elements(shape, c))
            {
                output[i] = (float)((Normalized(shape, statistics, c, input[i]) * weight[c]) + bias[c]);
            }
        }
    }

    public static void GradientSums(Shape shape, float* input, float* gradOutput, float* statistics, float* sums)
    {
        for (int c = 0; c < shape.C; c++)
        {
            double gradient = 0;
            double product = 0;
            foreach (long i in Elements(shape, c))
            {
                gradient += gradOutput[i];
                product += gradOutput[i] * Normalized(shape, statistics, c, input[i]);
            }

            sums[c] = (float)gradient;
            sums[shape.C + c] = (float)product;
        }
    }

    public static void AddWeightGradient(int channels, float* sums, float* gradWeight, float* gradBias)
    {
        for (int c = 0; c < channels; c++)
        {
            if (gradWeight != null)
            {
                gradWeight[c] += sums[channels + c];
            }

            if (gradBias != null)
            {
                gradBias[c] += sums[c];
            }
        }
    }

    public static void BackwardInput(Shape shape, float* gradOutput, float* input, float* statistics, float* weight, float* sums, float* gradInput)
    {
        double count = shape.ElementCount / shape.C;
        for (int c = 0; c < shape.C; c++)
        {
            foreach (long i in Elements(shape, c))
            {
                double common = sums == null ? 0 : (sums[c] + (Normalized(shape, statistics, c, input[i]) * sums[shape.C + c])) / count;
                gradInput[i] = (float)((double)weight[c] * statistics[shape.C + c] * (gradOutput[i] - common));
            }
        }
    }

    private static double Normalized(Shape shape, float* statistics, int c, float value) =>
        ((double)value - statistics[c]) * statistics[shape.C + c];

    /// <summary>The positions of a channel's elements.</summary>
    private static IEnumerable<long> Elements(Shape shape, int c)
    {
        long plane = (long)shape.H * shape.W;
        for (int n = 0; n < shape.N; n++)
        {
            for (long i = 0; i < plane; i++)
            {
                yield return ((((long)n * shape.C) + c) * plane) + i;
            }
        }
    }
}
