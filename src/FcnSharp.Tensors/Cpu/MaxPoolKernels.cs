using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>The largest value of each window; the first of equals, in row-major order, is remembered. One item a plane.</summary>
internal sealed unsafe class MaxPoolForwardKernel(WorkerPool workers, KernelSet kernels, MaxPool2dForward operation) : ParallelKernel(workers)
{
    private readonly WorkerPool _workers = workers;
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly PoolGeometry _g = PoolGeometry.Of(operation.Parameters, operation.Input.Shape, operation.Output.Shape);

    // The winner's index in its plane has 32 bits.
    private readonly int _fromPlane = checked(operation.Input.Shape.H * operation.Input.Shape.W);
    private readonly nint _toPlane = checked(operation.Output.Shape.H * operation.Output.Shape.W);
    private float* _input;
    private float* _output;
    private int* _argMax;
    private byte* _rows;

    public override long WorkspaceBytes => InVectors && operation.ArgMax is null && !_g.IsPairs ? _workers.Threads * RowsBytes : 0;

    protected override int Items => checked(operation.Output.Shape.N * operation.Output.Shape.C);

    private bool InVectors => _g.Stride <= 2;

    /// <summary>Floats of a row with its ends repeated; vectors read on behind it.</summary>
    private int RowLength => _g.Padding + _g.Width + _g.Overhang + 4 * _kernels.Lanes;

    private long RowsBytes => NativeBuffer.Align((long)_g.Size * RowLength * sizeof(float));

    public override void Run(int item, int worker)
    {
        float* source = _input + (nint)item * _fromPlane;
        float* target = _output + item * _toPlane;
        int* winners = _argMax == null ? null : _argMax + item * _toPlane;
        if (!InVectors)
        {
            for (int y = 0; y < _g.ToHeight; y++, target += _g.ToWidth, winners = winners == null ? null : winners + _g.ToWidth)
            {
                int top = y * _g.Stride - _g.Padding;
                MaxPoolWindow.Run(_g, source, Math.Max(0, top), Math.Min(_g.Height, top + _g.Size), 0, _g.ToWidth, target, winners);
            }
        }
        else if (winners != null)
        {
            _kernels.MaxPoolWinners(_g, source, target, winners);
        }
        else
        {
            _kernels.MaxPoolValues(_g, source, target, (float*)(_rows + worker * RowsBytes), RowLength);
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
        _argMax = operation.ArgMax is null ? null : frame.Int(operation.ArgMax);
        _rows = frame.Workspace;
    }
}

/// <summary>Adds each gradient to the winner of its window. One item a plane, so no two threads add to one element.</summary>
internal sealed unsafe class MaxPoolBackwardKernel(WorkerPool workers, KernelSet kernels, MaxPool2dBackward operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly PoolGeometry _g = PoolGeometry.Of(operation.Parameters, operation.GradInput.Shape, operation.GradOutput.Shape);
    private readonly int _fromPlane = checked(operation.GradOutput.Shape.H * operation.GradOutput.Shape.W);
    private readonly int _toPlane = checked(operation.GradInput.Shape.H * operation.GradInput.Shape.W);
    private float* _gradOutput;
    private float* _gradInput;
    private int* _argMax;

    protected override int Items => checked(operation.GradInput.Shape.N * operation.GradInput.Shape.C);

    public override void Run(int item, int worker)
    {
        float* target = _gradInput + (nint)item * _toPlane;
        float* source = _gradOutput + (nint)item * _fromPlane;
        int* winners = _argMax + (nint)item * _fromPlane;
        if (_g.IsPairs)
        {
            _kernels.MaxPoolPairsGradient(_g, source, winners, target);
            return;
        }

        new Span<float>(target, _toPlane).Clear();
        for (int i = 0; i < _fromPlane; i++)
        {
            target[winners[i]] += source[i];
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(operation.GradOutput);
        _gradInput = frame.Float(operation.GradInput);
        _argMax = frame.Int(operation.ArgMax);
    }
}
