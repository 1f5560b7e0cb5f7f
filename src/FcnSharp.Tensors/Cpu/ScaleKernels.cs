using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>output = factor * input. May write over its input.</summary>
internal sealed unsafe class ScaleKernel(WorkerPool workers, ScaleApply operation) : ParallelKernel(workers)
{
    private readonly long _count = operation.Output.Shape.ElementCount;
    private float* _input;
    private float* _output;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker)
    {
        float* input = _input + (long)item * Chunk;
        float* output = _output + (long)item * Chunk;
        int count = ChunkLength(_count, item);
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            (Vector.Load(input + i) * operation.Factor).Store(output + i);
        }

        for (; i < count; i++)
        {
            output[i] = input[i] * operation.Factor;
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
    }
}

/// <summary>output = c0 * term 0 + c1 * term 1 + ..., in this order for every element. May write over its first term.</summary>
internal sealed unsafe class WeightedSumKernel(WorkerPool workers, WeightedSumForward operation) : ParallelKernel(workers)
{
    private readonly long _count = operation.Output.Shape.ElementCount;
    private readonly float[] _coefficients = [.. operation.Coefficients];
    private readonly nint[] _terms = new nint[operation.Terms.Count];
    private float* _output;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker)
    {
        long first = (long)item * Chunk;
        int count = ChunkLength(_count, item);
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> sum = Vector.Load((float*)_terms[0] + first + i) * _coefficients[0];
            for (int t = 1; t < _terms.Length; t++)
            {
                sum += Vector.Load((float*)_terms[t] + first + i) * _coefficients[t];
            }

            sum.Store(_output + first + i);
        }

        for (; i < count; i++)
        {
            float sum = ((float*)_terms[0])[first + i] * _coefficients[0];
            for (int t = 1; t < _terms.Length; t++)
            {
                sum += ((float*)_terms[t])[first + i] * _coefficients[t];
            }

            _output[first + i] = sum;
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        for (int t = 0; t < _terms.Length; t++)
        {
            _terms[t] = (nint)frame.Float(operation.Terms[t]);
        }

        _output = frame.Float(operation.Output);
    }
}
