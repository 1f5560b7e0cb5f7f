using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// The largest score's class, the first of equals, and its softmax probability. One item a run of pixels of one image.
/// </summary>
internal sealed unsafe class ClassifyPixelsKernel(WorkerPool workers, KernelSet kernels, ClassifyPixelsForward operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly Shape _shape = operation.Scores.Shape;
    private readonly long _plane = (long)operation.Scores.Shape.H * operation.Scores.Shape.W;
    private float* _scores;
    private int* _classes;
    private float* _confidence;

    protected override int Items => checked((int)(_shape.N * RunsPerImage));

    private long RunsPerImage => PixelRun.CountOf(_plane);

    public override void Run(int item, int worker)
    {
        long n = item / RunsPerImage;
        long first = item % RunsPerImage * PixelRun.Length;
        int count = (int)Math.Min(PixelRun.Length, _plane - first);
        _kernels.Classify(_scores + n * _shape.C * _plane + first, (nint)_plane, _shape.C, count, _classes + n * _plane + first, _confidence + n * _plane + first);
    }

    protected override void Bind(KernelFrame frame)
    {
        _scores = frame.Float(operation.Scores);
        _classes = frame.Int(operation.Classes);
        _confidence = frame.Float(operation.Confidence);
    }
}
