using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Softmax over the channels. One item a run of pixels of one image; may write over the scores.</summary>
internal sealed unsafe class SoftmaxForwardKernel(WorkerPool workers, KernelSet kernels, SoftmaxForward operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly Shape _shape = operation.Scores.Shape;
    private readonly long _plane = (long)operation.Scores.Shape.H * operation.Scores.Shape.W;
    private float* _scores;
    private float* _probabilities;

    protected override int Items => checked((int)(_shape.N * RunsPerImage));

    private long RunsPerImage => PixelRun.CountOf(_plane);

    public override void Run(int item, int worker)
    {
        long first = item % RunsPerImage * PixelRun.Length;
        int count = (int)Math.Min(PixelRun.Length, _plane - first);
        long offset = item / RunsPerImage * _shape.C * _plane + first;
        _kernels.Softmax(_scores + offset, (nint)_plane, _shape.C, count, _probabilities + offset);
    }

    protected override void Bind(KernelFrame frame)
    {
        _scores = frame.Float(operation.Scores);
        _probabilities = frame.Float(operation.Probabilities);
    }
}

/// <summary>The gradient of a softmax. One item a run of pixels of one image; may write over the gradient of the probabilities.</summary>
internal sealed unsafe class SoftmaxBackwardKernel(WorkerPool workers, KernelSet kernels, SoftmaxBackward operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly Shape _shape = operation.Probabilities.Shape;
    private readonly long _plane = (long)operation.Probabilities.Shape.H * operation.Probabilities.Shape.W;
    private float* _gradProbabilities;
    private float* _probabilities;
    private float* _gradScores;

    protected override int Items => checked((int)(_shape.N * RunsPerImage));

    private long RunsPerImage => PixelRun.CountOf(_plane);

    public override void Run(int item, int worker)
    {
        long first = item % RunsPerImage * PixelRun.Length;
        int count = (int)Math.Min(PixelRun.Length, _plane - first);
        long offset = item / RunsPerImage * _shape.C * _plane + first;
        _kernels.SoftmaxGradient(_probabilities + offset, _gradProbabilities + offset, (nint)_plane, _shape.C, count, _gradScores + offset);
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradProbabilities = frame.Float(operation.GradProbabilities);
        _probabilities = frame.Float(operation.Probabilities);
        _gradScores = frame.Float(operation.GradScores);
    }
}
