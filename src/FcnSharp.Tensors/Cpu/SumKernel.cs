using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>output = term 0 + term 1 + ..., in this order for every element.</summary>
internal sealed unsafe class SumKernel(WorkerPool workers, SumForward operation) : ParallelKernel(workers)
{
    private readonly long _count = operation.Output.Shape.ElementCount;
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
            Vector<float> sum = Vector.Load((float*)_terms[0] + first + i);
            for (int t = 1; t < _terms.Length; t++)
            {
                sum += Vector.Load((float*)_terms[t] + first + i);
            }

            sum.Store(_output + first + i);
        }

        for (; i < count; i++)
        {
            float sum = ((float*)_terms[0])[first + i];
            for (int t = 1; t < _terms.Length; t++)
            {
                sum += ((float*)_terms[t])[first + i];
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
