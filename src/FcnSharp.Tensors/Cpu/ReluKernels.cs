using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>output = input where it is not below 0, else 0: NaN stays NaN, so that a broken activation is seen.</summary>
internal sealed unsafe class ReluForwardKernel(WorkerPool workers, ReluForward operation) : ParallelKernel(workers)
{
    private readonly long _count = operation.Input.Shape.ElementCount;
    private float* _input;
    private float* _output;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker) =>
        Apply(_input + (long)item * Chunk, _output + (long)item * Chunk, ChunkLength(_count, item));

    /// <summary>The same for a run of elements; it may be in place.</summary>
    public static void Apply(float* x, float* y, int count)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> value = Vector.Load(x + i);
            Vector.ConditionalSelect(Vector.LessThan(value, Vector<float>.Zero), Vector<float>.Zero, value).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = x[i] < 0 ? 0 : x[i];
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
    }
}

/// <summary>gradInput = gradOutput where the output is above 0, else 0.</summary>
internal sealed unsafe class ReluBackwardKernel(WorkerPool workers, ReluBackward operation) : ParallelKernel(workers)
{
    private readonly long _count = operation.Output.Shape.ElementCount;
    private float* _gradOutput;
    private float* _output;
    private float* _gradInput;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker)
    {
        long first = (long)item * Chunk;
        int count = ChunkLength(_count, item);
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<int> positive = Vector.GreaterThan(Vector.Load(_output + first + i), Vector<float>.Zero);
            Vector.ConditionalSelect(positive, Vector.Load(_gradOutput + first + i), Vector<float>.Zero).Store(_gradInput + first + i);
        }

        for (; i < count; i++)
        {
            _gradInput[first + i] = _output[first + i] > 0 ? _gradOutput[first + i] : 0;
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(operation.GradOutput);
        _output = frame.Float(operation.Output);
        _gradInput = frame.Float(operation.GradInput);
    }
}
