using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Zeros with each value at its index. One item a plane, so that the last value of an index stays.</summary>
internal sealed unsafe class MaxUnpoolForwardKernel(WorkerPool workers, MaxUnpool2dForward operation) : ParallelKernel(workers)
{
    private readonly int _fromPlane = checked(operation.Input.Shape.H * operation.Input.Shape.W);
    private readonly int _toPlane = checked(operation.Output.Shape.H * operation.Output.Shape.W);
    private float* _input;
    private float* _output;
    private int* _argMax;

    protected override int Items => checked(operation.Output.Shape.N * operation.Output.Shape.C);

    public override void Run(int item, int worker)
    {
        float* target = _output + (nint)item * _toPlane;
        new Span<float>(target, _toPlane).Clear();
        float* source = _input + (nint)item * _fromPlane;
        int* winners = _argMax + (nint)item * _fromPlane;
        bool broken = false;
        for (int i = 0; i < _fromPlane; i++)
        {
            // Indices are data, and data must not be able to write outside of the plane.
            if ((uint)winners[i] < (uint)_toPlane)
            {
                target[winners[i]] = source[i];
            }
            else
            {
                broken = true;
            }
        }

        if (broken)
        {
            *target = float.NaN;
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
        _argMax = frame.Int(operation.ArgMax);
    }
}

/// <summary>The gradient at each index, for the value that stayed there. One item a plane.</summary>
internal sealed unsafe class MaxUnpoolBackwardKernel(WorkerPool workers, MaxUnpool2dBackward operation) : ParallelKernel(workers)
{
    private readonly MaxPool2dParameters _p = operation.Parameters;
    private readonly Shape _pooled = operation.GradInput.Shape;
    private readonly int _width = operation.GradOutput.Shape.W;
    private readonly int _fromPlane = checked(operation.GradOutput.Shape.H * operation.GradOutput.Shape.W);
    private readonly int _toPlane = checked(operation.GradInput.Shape.H * operation.GradInput.Shape.W);
    private float* _gradOutput;
    private float* _gradInput;
    private int* _argMax;

    protected override int Items => checked(_pooled.N * _pooled.C);

    public override void Run(int item, int worker)
    {
        float* source = _gradOutput + (nint)item * _fromPlane;
        float* target = _gradInput + (nint)item * _toPlane;
        int* winners = _argMax + (nint)item * _toPlane;
        bool overlapping = _p.Stride < _p.KernelSize;
        for (int i = 0; i < _toPlane; i++)
        {
            int index = winners[i];
            target[i] = (uint)index >= (uint)_fromPlane ? float.NaN : overlapping && IsOverwritten(winners, i, index) ? 0 : source[index];
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(operation.GradOutput);
        _gradInput = frame.Float(operation.GradInput);
        _argMax = frame.Int(operation.ArgMax);
    }

    /// <summary>Whether a later window has the same winner: only the few that hold this pixel can, so no marks are needed.</summary>
    private bool IsOverwritten(int* winners, int i, int index)
    {
        int lastY = Math.Min(_pooled.H - 1, (index / _width + _p.Padding) / _p.Stride);
        int lastX = Math.Min(_pooled.W - 1, (index % _width + _p.Padding) / _p.Stride);
        int firstX = Math.Max(0, (index % _width + _p.Padding - _p.KernelSize + _p.Stride) / _p.Stride);
        for (int y = i / _pooled.W; y <= lastY; y++)
        {
            for (int x = firstX; x <= lastX; x++)
            {
                int other = y * _pooled.W + x;
                if (other > i && winners[other] == index)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
