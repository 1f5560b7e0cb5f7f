using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>output = term 0 + term 1 + ..., in this order for every element.</summary>
internal sealed unsafe class SumKernel(WorkerPool workers, KernelSet kernels, SumForward operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly long _count = operation.Output.Shape.ElementCount;
    private readonly nint[] _terms = new nint[operation.Terms.Count];
    private float* _output;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker)
    {
        long first = (long)item * Chunk;
        fixed (nint* terms = _terms)
        {
            _kernels.SumOfTerms(terms, _terms.Length, (nint)first, ChunkLength(_count, item), _output + first);
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
