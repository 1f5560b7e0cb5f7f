using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Reference;

/// <summary>Softmax cross-entropy by its definition, in double precision.</summary>
internal static unsafe class SoftmaxLossReference
{
    public static void Forward(Shape shape, int ignoreIndex, LossReduction reduction, float* logits, int* labels, float* loss)
    {
        long plane = (long)shape.H * shape.W;
        double sum = 0;
        long valid = 0;
        var probabilities = new double[shape.C];
        for (long pixel = 0; pixel < shape.N * plane; pixel++)
        {
            int label = labels[pixel];
            if (label == ignoreIndex)
            {
                continue;
            }

            // log(sum of exp) - logit and not -log(probability): the probability of a hopeless class underflows to 0.
            double logSum = Softmax(shape, logits, pixel, probabilities);
            sum += (uint)label < (uint)shape.C ? logSum - logits[(pixel / plane * shape.C + label) * plane + pixel % plane] : double.NaN;
            valid++;
        }

        loss[0] = (float)(reduction == LossReduction.Mean ? sum / Math.Max(valid, 1) : sum);
        loss[1] = valid;
    }

    public static void Backward(Shape shape, int ignoreIndex, LossReduction reduction, float weight, float* logits, int* labels, float* loss, float* gradLogits)
    {
        long plane = (long)shape.H * shape.W;
        double scale = reduction == LossReduction.Mean ? weight / Math.Max(loss[1], 1.0) : weight;
        var probabilities = new double[shape.C];
        for (long pixel = 0; pixel < shape.N * plane; pixel++)
        {
            int label = labels[pixel];
            Softmax(shape, logits, pixel, probabilities);
            for (int c = 0; c < shape.C; c++)
            {
                double gradient = label == ignoreIndex ? 0 : scale * (probabilities[c] - (c == label ? 1 : 0));
                gradLogits[(pixel / plane * shape.C + c) * plane + pixel % plane] = (float)gradient;
            }
        }
    }

    /// <summary>The probabilities of a pixel's classes; returns the logarithm of the sum of exp(logit).</summary>
    private static double Softmax(Shape shape, float* logits, long pixel, double[] probabilities)
    {
        long plane = (long)shape.H * shape.W;
        float* column = logits + pixel / plane * shape.C * plane + pixel % plane;
        double largest = double.NegativeInfinity;
        for (int c = 0; c < shape.C; c++)
        {
            largest = Math.Max(largest, column[c * plane]);
        }

        double sum = 0;
        for (int c = 0; c < shape.C; c++)
        {
            probabilities[c] = Math.Exp(column[c * plane] - largest);
            sum += probabilities[c];
        }

        for (int c = 0; c < shape.C; c++)
        {
            probabilities[c] /= sum;
        }

        return Math.Log(sum) + largest;
    }
}
