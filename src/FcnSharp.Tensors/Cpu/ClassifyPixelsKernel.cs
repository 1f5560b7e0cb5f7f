using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// The largest score's class, the first of equals, and its softmax probability. One item a run of pixels of one image, short
/// enough that the second look at the scores finds them in the cache.
/// </summary>
internal sealed unsafe class ClassifyPixelsKernel(WorkerPool workers, ClassifyPixelsForward operation) : ParallelKernel(workers)
{
    private readonly Shape _shape = operation.Scores.Shape;
    private readonly long _plane = (long)operation.Scores.Shape.H * operation.Scores.Shape.W;
    private float* _scores;
    private int* _classes;
    private float* _confidence;

    protected override int Items => checked((int)(_shape.N * RunsPerImage));

    private long RunsPerImage => (_plane + SoftmaxRun.Length - 1) / SoftmaxRun.Length;

    public override void Run(int item, int worker)
    {
        long n = item / RunsPerImage;
        long first = item % RunsPerImage * SoftmaxRun.Length;
        int count = (int)Math.Min(SoftmaxRun.Length, _plane - first);
        float* scores = _scores + n * _shape.C * _plane + first;
        int* classes = _classes + n * _plane + first;
        float* confidence = _confidence + n * _plane + first;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> best = Vector.Load(scores + i);
            Vector<int> index = Vector<int>.Zero;
            for (int c = 1; c < _shape.C; c++)
            {
                Vector<float> score = Vector.Load(scores + c * _plane + i);
                Vector<int> larger = Vector.GreaterThan(score, best);
                best = Vector.ConditionalSelect(larger, score, best);
                index = Vector.ConditionalSelect(larger, new Vector<int>(c), index);
            }

            // No exponent is above 0; the vector exp may round the winner's own term to a little more than 1.
            Vector<float> sum = Vector<float>.Zero;
            for (int c = 0; c < _shape.C; c++)
            {
                sum += Vector.Min(SoftmaxRun.Exp(Vector.Load(scores + c * _plane + i) - best), Vector<float>.One);
            }

            index.Store(classes + i);
            (Vector<float>.One / sum).Store(confidence + i);
        }

        for (; i < count; i++)
        {
            int best = 0;
            for (int c = 1; c < _shape.C; c++)
            {
                best = scores[c * _plane + i] > scores[best * _plane + i] ? c : best;
            }

            float sum = 0;
            for (int c = 0; c < _shape.C; c++)
            {
                sum += SoftmaxRun.Exp(scores[c * _plane + i] - scores[best * _plane + i]);
            }

            classes[i] = best;
            confidence[i] = 1 / sum;
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _scores = frame.Float(operation.Scores);
        _classes = frame.Int(operation.Classes);
        _confidence = frame.Float(operation.Confidence);
    }
}
