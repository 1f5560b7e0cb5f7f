using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Copies the parts' planes behind one another. One item a plane of the output.</summary>
internal sealed unsafe class ConcatKernel(WorkerPool workers, ConcatForward operation) : ParallelKernel(workers)
{
    private readonly Shape _to = operation.Output.Shape;
    private readonly long _plane = (long)operation.Output.Shape.H * operation.Output.Shape.W;
    private readonly int[] _channels = [.. operation.Parts.Select(p => p.Shape.C)];
    private readonly nint[] _parts = new nint[operation.Parts.Count];
    private float* _output;

    protected override int Items => checked(_to.N * _to.C);

    public override void Run(int item, int worker)
    {
        long n = item / _to.C;
        int channel = item % _to.C;
        int part = 0;
        while (channel >= _channels[part])
        {
            channel -= _channels[part++];
        }

        float* source = (float*)_parts[part] + (n * _channels[part] + channel) * _plane;
        long bytes = _plane * sizeof(float);
        Buffer.MemoryCopy(source, _output + item * _plane, bytes, bytes);
    }

    protected override void Bind(KernelFrame frame)
    {
        for (int i = 0; i < _parts.Length; i++)
        {
            _parts[i] = (nint)frame.Float(operation.Parts[i]);
        }

        _output = frame.Float(operation.Output);
    }
}

/// <summary>Copies a run of channels out of each image. One item a plane of the output.</summary>
internal sealed unsafe class SliceChannelsKernel(WorkerPool workers, SliceChannels operation) : ParallelKernel(workers)
{
    private readonly int _from = operation.Input.Shape.C;
    private readonly Shape _to = operation.Output.Shape;
    private readonly long _plane = (long)operation.Output.Shape.H * operation.Output.Shape.W;
    private float* _input;
    private float* _output;

    protected override int Items => checked(_to.N * _to.C);

    public override void Run(int item, int worker)
    {
        long n = item / _to.C;
        float* source = _input + (n * _from + operation.First + item % _to.C) * _plane;
        long bytes = _plane * sizeof(float);
        Buffer.MemoryCopy(source, _output + item * _plane, bytes, bytes);
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
    }
}
