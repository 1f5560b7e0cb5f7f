using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>The index of the largest score of each pixel; the first of equals wins. One item a run of pixels of one image.</summary>
internal sealed unsafe class ArgMaxKernel(WorkerPool workers, ArgMaxForward operation) : ParallelKernel(workers)
{
    private readonly Shape _shape = operation.Scores.Shape;
    private readonly long _plane = (long)operation.Scores.Shape.H * operation.Scores.Shape.W;
    private float* _scores;
    private int* _classes;

    protected override int Items => checked(_shape.N * Chunks(_plane));

    public override void Run(int item, int worker)
    {
        int n = item / Chunks(_plane);
        long first = (long)(item % Chunks(_plane)) * Chunk;
        int count = (int)Math.Min(Chunk, _plane - first);
        float* scores = _scores + n * _shape.C * _plane + first;
        int* classes = _classes + n * _plane + first;
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

            index.Store(classes + i);
        }

        for (; i < count; i++)
        {
            int best = 0;
            for (int c = 1; c < _shape.C; c++)
            {
                best = scores[c * _plane + i] > scores[best * _plane + i] ? c : best;
            }

            classes[i] = best;
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _scores = frame.Float(operation.Scores);
        _classes = frame.Int(operation.Classes);
    }
}
