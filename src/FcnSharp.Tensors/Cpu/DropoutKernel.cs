using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Zeroes or scales each element by the mask that its position draws.</summary>
internal sealed unsafe class DropoutKernel(WorkerPool workers, DropoutApply operation) : ParallelKernel(workers)
{
    private readonly long _count = operation.Input.Shape.ElementCount;
    private readonly uint _threshold = DropoutMask.Threshold(operation.Ratio);
    private readonly float _scale = DropoutMask.Scale(operation.Ratio);
    private ulong _key;
    private float* _input;
    private float* _output;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker)
    {
        long first = (long)item * Chunk;
        int count = ChunkLength(_count, item);
        for (int i = 0; i < count; i += 2)
        {
            // Chunks are even, so a draw's two halves always belong to one item.
            ulong bits = CounterRandom.BitsAt(_key, (ulong)(first + i) >> 1);
            _output[first + i] = (uint)bits >= _threshold ? _input[first + i] * _scale : 0;
            if (i + 1 < count)
            {
                _output[first + i + 1] = (uint)(bits >> 32) >= _threshold ? _input[first + i + 1] * _scale : 0;
            }
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _key = DropoutMask.Key(frame.Seed, frame.Step, operation.Stream);
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
    }
}
