using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Zeroes or scales each element by the mask that its position draws.</summary>
internal sealed unsafe class DropoutKernel(WorkerPool workers, KernelSet kernels, DropoutApply operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly long _count = operation.Input.Shape.ElementCount;
    private readonly uint _threshold = DropoutMask.Threshold(operation.Ratio);
    private readonly float _scale = DropoutMask.Scale(operation.Ratio);
    private ulong _key;
    private float* _input;
    private float* _output;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker)
    {
        // Chunks are even, so a draw's two halves always belong to one item.
        long first = (long)item * Chunk;
        _kernels.Dropout(_input + first, _output + first, ChunkLength(_count, item), _key, (ulong)first / 2, _threshold, _scale);
    }

    protected override void Bind(KernelFrame frame)
    {
        _key = DropoutMask.Key(frame.Seed, frame.Step, operation.Stream);
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
    }
}
