using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Softmax over the channels. One item a run of pixels of one image; may write over the scores.</summary>
internal sealed unsafe class SoftmaxForwardKernel(WorkerPool workers, SoftmaxForward operation) : ParallelKernel(workers)
{
    /// <summary>Terms below it become 0, so that no later product is a denormal number.</summary>
    private const float Negligible = 1e-20f;

    private readonly WorkerPool _workers = workers;
    private readonly Shape _shape = operation.Scores.Shape;
    private readonly long _plane = (long)operation.Scores.Shape.H * operation.Scores.Shape.W;
    private float* _scores;
    private float* _probabilities;
    private byte* _scratch;

    public override long WorkspaceBytes => _workers.Threads * RunBytes;

    protected override int Items => checked((int)(_shape.N * RunsPerImage));

    private static long RunBytes => 2L * SoftmaxRun.Length * sizeof(float);

    private long RunsPerImage => (_plane + SoftmaxRun.Length - 1) / SoftmaxRun.Length;

    public override void Run(int item, int worker)
    {
        long n = item / RunsPerImage;
        long first = item % RunsPerImage * SoftmaxRun.Length;
        int count = (int)Math.Min(SoftmaxRun.Length, _plane - first);
        long offset = n * _shape.C * _plane + first;
        float* largest = (float*)(_scratch + worker * RunBytes);
        float* sum = largest + SoftmaxRun.Length;
        SoftmaxRun.Reduce(_scores + offset, _plane, _shape.C, count, largest, sum);
        for (int c = 0; c < _shape.C; c++)
        {
            Divide(_scores + offset + c * _plane, largest, sum, count, _probabilities + offset + c * _plane);
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _scores = frame.Float(operation.Scores);
        _probabilities = frame.Float(operation.Probabilities);
        _scratch = frame.Workspace;
    }

    /// <summary>output = exp(scores - largest) / sum.</summary>
    private static void Divide(float* scores, float* largest, float* sum, int count, float* output)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> e = SoftmaxRun.Exp(Vector.Load(scores + i) - Vector.Load(largest + i));
            e = Vector.ConditionalSelect(Vector.LessThan(e, new Vector<float>(Negligible)), Vector<float>.Zero, e);
            (e / Vector.Load(sum + i)).Store(output + i);
        }

        for (; i < count; i++)
        {
            float e = SoftmaxRun.Exp(scores[i] - largest[i]);
            output[i] = (e < Negligible ? 0 : e) / sum[i];
        }
    }
}

/// <summary>The gradient of a softmax. One item a run of pixels of one image; may write over the gradient of the probabilities.</summary>
internal sealed unsafe class SoftmaxBackwardKernel(WorkerPool workers, SoftmaxBackward operation) : ParallelKernel(workers)
{
    /// <summary>The smallest float that is not denormal; what is below becomes 0.</summary>
    private const float SmallestNormal = 1.17549435e-38f;

    private readonly Shape _shape = operation.Probabilities.Shape;
    private readonly long _plane = (long)operation.Probabilities.Shape.H * operation.Probabilities.Shape.W;
    private float* _gradProbabilities;
    private float* _probabilities;
    private float* _gradScores;

    protected override int Items => checked((int)(_shape.N * RunsPerImage));

    private long RunsPerImage => (_plane + SoftmaxRun.Length - 1) / SoftmaxRun.Length;

    public override void Run(int item, int worker)
    {
        long first = item % RunsPerImage * SoftmaxRun.Length;
        int count = (int)Math.Min(SoftmaxRun.Length, _plane - first);
        long offset = item / RunsPerImage * _shape.C * _plane + first;
        float* p = _probabilities + offset;
        float* gradient = _gradProbabilities + offset;
        float* output = _gradScores + offset;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            // The pixel's sum is complete before the first of its gradients is written over.
            Vector<float> dot = Vector<float>.Zero;
            for (int c = 0; c < _shape.C; c++)
            {
                dot += Vector.Load(p + c * _plane + i) * Vector.Load(gradient + c * _plane + i);
            }

            for (int c = 0; c < _shape.C; c++)
            {
                Vector<float> g = Vector.Load(p + c * _plane + i) * (Vector.Load(gradient + c * _plane + i) - dot);
                Vector<int> tiny = Vector.LessThan(Vector.Abs(g), new Vector<float>(SmallestNormal));
                Vector.ConditionalSelect(tiny, Vector<float>.Zero, g).Store(output + c * _plane + i);
            }
        }

        for (; i < count; i++)
        {
            float dot = 0;
            for (int c = 0; c < _shape.C; c++)
            {
                dot += p[c * _plane + i] * gradient[c * _plane + i];
            }

            for (int c = 0; c < _shape.C; c++)
            {
                float g = p[c * _plane + i] * (gradient[c * _plane + i] - dot);
                output[c * _plane + i] = Math.Abs(g) < SmallestNormal ? 0 : g;
            }
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradProbabilities = frame.Float(operation.GradProbabilities);
        _probabilities = frame.Float(operation.Probabilities);
        _gradScores = frame.Float(operation.GradScores);
    }
}
