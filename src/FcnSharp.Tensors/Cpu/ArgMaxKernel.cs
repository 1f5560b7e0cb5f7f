using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>The index of the largest score of each pixel; the first of equals wins. One item a run of pixels of one image.</summary>
internal sealed unsafe class ArgMaxKernel(WorkerPool workers, KernelSet kernels, ArgMaxForward operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
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
        _kernels.ArgMax(scores, (nint)_plane, _shape.C, count, classes);
    }

    protected override void Bind(KernelFrame frame)
    {
        _scores = frame.Float(operation.Scores);
        _classes = frame.Int(operation.Classes);
    }
}
