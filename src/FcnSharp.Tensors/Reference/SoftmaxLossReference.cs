using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Reference;

/// <summary>Softmax cross-entropy by its definition, in double precision.</summary>
internal static unsafe class SoftmaxLossReference
{
    public static void Forward(Shape shape, int ignoreIndex, LossReduction reduction, IReadOnlyList<float>? classWeights, float* logits, int* labels, float* loss)
    {
        long plane = (long)shape.H * shape.W;
        double sum = 0;
        double weights = 0;
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
            double weight = Weight(classWeights, shape, label);
            sum += (uint)label < (uint)shape.C ? weight * (logSum - logits[(pixel / plane * shape.C + label) * plane + pixel % plane]) : double.NaN;
            weights += weight;
            valid++;
        }

        loss[0] = (float)(reduction == LossReduction.Mean ? sum / Divisor(classWeights is null ? valid : weights) : sum);
        loss[1] = valid;
        if (classWeights is not null)
        {
            loss[2] = (float)weights;
        }
    }

    public static void Backward(Shape shape, int ignoreIndex, LossReduction reduction, float weight, IReadOnlyList<float>? classWeights, float* logits, int* labels, float* loss, float* gradLogits)
    {
        long plane = (long)shape.H * shape.W;
        double scale = reduction == LossReduction.Mean ? weight / Divisor(loss[classWeights is null ? 1 : 2]) : weight;
        var probabilities = new double[shape.C];
        for (long pixel = 0; pixel < shape.N * plane; pixel++)
        {
            int label = labels[pixel];
            Softmax(shape, logits, pixel, probabilities);
            for (int c = 0; c < shape.C; c++)
            {
                double gradient = label == ignoreIndex ? 0 : scale * Weight(classWeights, shape, label) * (probabilities[c] - (c == label ? 1 : 0));
                gradLogits[(pixel / plane * shape.C + c) * plane + pixel % plane] = (float)gradient;
            }
        }
    }

    /// <summary>1 without weights; 0 for a label out of range, whose loss is NaN.</summary>
    private static double Weight(IReadOnlyList<float>? classWeights, Shape shape, int label) =>
        classWeights is null ? 1 : (uint)label < (uint)shape.C ? classWeights[label] : 0;

    /// <summary>Where nothing counts, the sum is 0 and so is the mean.</summary>
    private static double Divisor(double weights) => weights > 0 ? weights : 1;

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
