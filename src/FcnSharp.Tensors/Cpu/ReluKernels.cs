using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>output = input where it is not below 0, else 0: NaN stays NaN, so that a broken activation is seen.</summary>
internal sealed unsafe class ReluForwardKernel(WorkerPool workers, KernelSet kernels, ReluForward operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly long _count = operation.Input.Shape.ElementCount;
    private float* _input;
    private float* _output;
    private bool _around;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker) =>
        _kernels.Relu(_input + (long)item * Chunk, _output + (long)item * Chunk, ChunkLength(_count, item), _around);

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
        _around = _input != _output && GoesAroundCaches(_output, _count);
    }
}

/// <summary>gradInput = gradOutput where the output is above 0, else 0.</summary>
internal sealed unsafe class ReluBackwardKernel(WorkerPool workers, KernelSet kernels, ReluBackward operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly long _count = operation.Output.Shape.ElementCount;
    private float* _gradOutput;
    private float* _output;
    private float* _gradInput;
    private bool _around;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker)
    {
        long first = (long)item * Chunk;
        _kernels.ReluGradient(_gradOutput + first, _output + first, _gradInput + first, ChunkLength(_count, item), _around);
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(operation.GradOutput);
        _output = frame.Float(operation.Output);
        _gradInput = frame.Float(operation.GradInput);
        _around = _gradInput != _gradOutput && GoesAroundCaches(_gradInput, _count);
    }
}
