using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>output = factor * input. May write over its input.</summary>
internal sealed unsafe class ScaleKernel(WorkerPool workers, KernelSet kernels, ScaleApply operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly long _count = operation.Output.Shape.ElementCount;
    private float* _input;
    private float* _output;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker)
    {
        nint input = (nint)_input;
        float factor = operation.Factor;
        long first = (long)item * Chunk;
        _kernels.WeightedSum(&input, &factor, 1, (nint)first, ChunkLength(_count, item), _output + first);
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
    }
}

/// <summary>output = c0 * term 0 + c1 * term 1 + ..., in this order for every element. May write over its first term.</summary>
internal sealed unsafe class WeightedSumKernel(WorkerPool workers, KernelSet kernels, WeightedSumForward operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly long _count = operation.Output.Shape.ElementCount;
    private readonly float[] _coefficients = [.. operation.Coefficients];
    private readonly nint[] _terms = new nint[operation.Terms.Count];
    private float* _output;

    protected override int Items => Chunks(_count);

    public override void Run(int item, int worker)
    {
        long first = (long)item * Chunk;
        fixed (nint* terms = _terms)
        fixed (float* coefficients = _coefficients)
        {
            _kernels.WeightedSum(terms, coefficients, _terms.Length, (nint)first, ChunkLength(_count, item), _output + first);
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
