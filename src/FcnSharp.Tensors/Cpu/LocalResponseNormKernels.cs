using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>What the two passes share: an item is a run of pixels of one image, with all its channels.</summary>
internal abstract unsafe class LocalResponseNormKernel(WorkerPool workers, KernelSet kernels, LocalResponseNormParameters parameters, Shape shape) : ParallelKernel(workers)
{
    /// <summary>Pixels of an item: a window of a few channels of them, in several tensors, stays in the nearest caches.</summary>
    protected const int Pixels = 512;

    private readonly long _plane = (long)shape.H * shape.W;

    protected PlaneKernels Kernels { get; } = kernels.Planes;

    protected LocalResponseNormParameters P { get; } = parameters;

    protected int Channels { get; } = shape.C;

    /// <summary>Elements from a channel to the next.</summary>
    protected nint Plane => (nint)_plane;

    protected override int Items { get; } = checked((int)(shape.N * (((long)shape.H * shape.W + Pixels - 1) / Pixels)));

    public override void Run(int item, int worker)
    {
        long runs = (_plane + Pixels - 1) / Pixels;
        long pixel = item % runs * Pixels;
        Run((nint)(item / runs * Channels * _plane + pixel), (int)Math.Min(Pixels, _plane - pixel), worker);
    }

    /// <summary>All channels of a run of pixels.</summary>
    /// <param name="first">The first pixel in the first channel.</param>
    /// <param name="count">Number of pixels.</param>
    /// <param name="worker">Who runs it.</param>
    protected abstract void Run(nint first, int count, int worker);
}

/// <summary>output = input / (k + alpha / size * sum of squares)^beta.</summary>
internal sealed unsafe class LocalResponseNormForwardKernel(WorkerPool workers, KernelSet kernels, LocalResponseNormForward operation)
    : LocalResponseNormKernel(workers, kernels, operation.Parameters, operation.Input.Shape)
{
    private readonly LocalResponseNormNumbers _numbers = new(operation.Parameters.K, (float)((double)operation.Parameters.Alpha / operation.Parameters.Size), operation.Parameters.Beta);
    private float* _input;
    private float* _output;
    private float* _scale;

    protected override void Run(nint first, int count, int worker)
    {
        for (int channel = 0; channel < Channels; channel++)
        {
            (int from, int to) = P.Window(channel, Channels);
            nint at = first + channel * Plane;
            Kernels.LocalResponseNorm(_input + at, _input + first + from * Plane, Plane, to - from, count, _numbers, _output + at, _scale == null ? null : _scale + at);
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
        _scale = operation.Scale is null ? null : frame.Float(operation.Scale);
    }
}

/// <summary>
/// gradInput = gradOutput / scale^beta - 2 alpha beta / size * input * sum of gradOutput * output / scale. The terms of a
/// window's channels are kept in a ring, so that each is computed once.
/// </summary>
internal sealed unsafe class LocalResponseNormBackwardKernel(WorkerPool workers, KernelSet kernels, LocalResponseNormBackward operation)
    : LocalResponseNormKernel(workers, kernels, operation.Parameters, operation.Input.Shape)
{
    private readonly WorkerPool _workers = workers;
    private readonly float _factor = (float)(2.0 * operation.Parameters.Alpha * operation.Parameters.Beta / operation.Parameters.Size);
    private readonly int _rows = Math.Min(operation.Parameters.Size, operation.Input.Shape.C);
    private float* _gradOutput;
    private float* _input;
    private float* _output;
    private float* _scale;
    private float* _gradInput;
    private float* _terms;

    public override long WorkspaceBytes => checked(RingBytes * _workers.Threads);

    private long RingBytes => NativeBuffer.Align((long)_rows * Pixels * sizeof(float));

    protected override void Run(nint first, int count, int worker)
    {
        float* ring = _terms + worker * (nint)(RingBytes / sizeof(float));
        int next = 0;
        for (int channel = 0; channel < Channels; channel++)
        {
            (int from, int to) = P.Window(channel, Channels);
            for (; next < to; next++)
            {
                nint there = first + next * Plane;
                Kernels.LocalResponseNormTerms(_gradOutput + there, _output + there, _scale + there, count, P.Beta, ring + (nint)(next % _rows) * Pixels, _gradInput + there);
            }

            nint at = first + channel * Plane;
            Kernels.SubtractTerms(_input + at, ring, Pixels, _rows, from % _rows, to - from, count, _factor, _gradInput + at);
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(operation.GradOutput);
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
        _scale = frame.Float(operation.Scale);
        _gradInput = frame.Float(operation.GradInput);
        _terms = (float*)frame.Workspace;
    }
}
