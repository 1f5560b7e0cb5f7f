using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Reference;

/// <summary>Softmax, its gradient and the classification of pixels by their definitions, in double precision.</summary>
internal static unsafe class SoftmaxReference
{
    public static void Forward(KernelFrame frame, SoftmaxForward operation)
    {
        Shape shape = operation.Scores.Shape;
        long plane = (long)shape.H * shape.W;
        for (long pixel = 0; pixel < shape.N * plane; pixel++)
        {
            float* scores = Column(shape, frame.Float(operation.Scores), pixel);
            float* probabilities = Column(shape, frame.Float(operation.Probabilities), pixel);
            double largest = double.NegativeInfinity;
            for (int c = 0; c < shape.C; c++)
            {
                largest = Math.Max(largest, scores[c * plane]);
            }

            double sum = 0;
            for (int c = 0; c < shape.C; c++)
            {
                sum += Math.Exp(scores[c * plane] - largest);
            }

            for (int c = 0; c < shape.C; c++)
            {
                probabilities[c * plane] = (float)(Math.Exp(scores[c * plane] - largest) / sum);
            }
        }
    }

    public static void Backward(KernelFrame frame, SoftmaxBackward operation)
    {
        Shape shape = operation.Probabilities.Shape;
        long plane = (long)shape.H * shape.W;
        for (long pixel = 0; pixel < shape.N * plane; pixel++)
        {
            float* p = Column(shape, frame.Float(operation.Probabilities), pixel);
            float* gradient = Column(shape, frame.Float(operation.GradProbabilities), pixel);
            float* output = Column(shape, frame.Float(operation.GradScores), pixel);
            double dot = 0;
            for (int c = 0; c < shape.C; c++)
            {
                dot += (double)p[c * plane] * gradient[c * plane];
            }

            for (int c = 0; c < shape.C; c++)
            {
                output[c * plane] = (float)(p[c * plane] * (gradient[c * plane] - dot));
            }
        }
    }

    public static void Classify(KernelFrame frame, ClassifyPixelsForward operation)
    {
        Shape shape = operation.Scores.Shape;
        long plane = (long)shape.H * shape.W;
        int* classes = frame.Int(operation.Classes);
        float* confidence = frame.Float(operation.Confidence);
        ElementReference.ArgMax(shape, frame.Float(operation.Scores), classes);
        for (long pixel = 0; pixel < shape.N * plane; pixel++)
        {
            float* scores = Column(shape, frame.Float(operation.Scores), pixel);
            double sum = 0;
            for (int c = 0; c < shape.C; c++)
            {
                sum += Math.Exp((double)scores[c * plane] - scores[classes[pixel] * plane]);
            }

            confidence[pixel] = (float)(1 / sum);
        }
    }

    /// <summary>The first channel of a pixel; the others follow a plane apart.</summary>
    private static float* Column(Shape shape, float* data, long pixel)
    {
        long plane = (long)shape.H * shape.W;
        return data + pixel / plane * shape.C * plane + pixel % plane;
    }
}
