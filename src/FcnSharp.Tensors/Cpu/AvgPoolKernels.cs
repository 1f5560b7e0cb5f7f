using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>The average of each window. One item a plane; a window is summed in row-major order, by vectors of windows too.</summary>
internal sealed unsafe class AvgPoolForwardKernel(WorkerPool workers, AvgPool2dForward operation) : ParallelKernel(workers)
{
    private readonly AvgPool2dParameters _p = operation.Parameters;
    private readonly Shape _from = operation.Input.Shape;
    private readonly Shape _to = operation.Output.Shape;
    private readonly int _fromPlane = checked(operation.Input.Shape.H * operation.Input.Shape.W);
    private float* _input;
    private float* _output;

    protected override int Items => checked(_to.N * _to.C);

    public override void Run(int item, int worker)
    {
        float* source = _input + (nint)item * _fromPlane;
        float* target = _output + (nint)item * _to.H * _to.W;
        for (int y = 0; y < _to.H; y++, target += _to.W)
        {
            (int y0, int y1, int rows) = _p.Window(y, _from.H);
            int x = 0;
            while (x < _to.W)
            {
                (int x0, int x1, int columns) = _p.Window(x, _from.W);

                // At stride 1 the windows of neighbours are neighbours: a vector of them, if the last is whole as well.
                if (_p.Stride == 1 && x1 - x0 == _p.KernelSize && x1 + Vector<float>.Count - 1 <= _from.W && x + Vector<float>.Count <= _to.W)
                {
                    Vector<float> sums = Vector<float>.Zero;
                    for (int iy = y0; iy < y1; iy++)
                    {
                        for (int ix = x0; ix < x1; ix++)
                        {
                            sums += Vector.Load(source + iy * _from.W + ix);
                        }
                    }

                    (sums / new Vector<float>((float)rows * columns)).Store(target + x);
                    x += Vector<float>.Count;
                    continue;
                }

                float sum = 0;
                for (int iy = y0; iy < y1; iy++)
                {
                    for (int ix = x0; ix < x1; ix++)
                    {
                        sum += source[iy * _from.W + ix];
                    }
                }

                target[x++] = sum / ((float)rows * columns);
            }
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
    }
}

/// <summary>Adds each gradient's share to the pixels of its window. One item a plane, so no two threads add to one element.</summary>
internal sealed unsafe class AvgPoolBackwardKernel(WorkerPool workers, AvgPool2dBackward operation) : ParallelKernel(workers)
{
    private readonly AvgPool2dParameters _p = operation.Parameters;
    private readonly Shape _from = operation.GradOutput.Shape;
    private readonly Shape _to = operation.GradInput.Shape;
    private readonly int _toPlane = checked(operation.GradInput.Shape.H * operation.GradInput.Shape.W);
    private float* _gradOutput;
    private float* _gradInput;

    protected override int Items => checked(_to.N * _to.C);

    public override void Run(int item, int worker)
    {
        float* target = _gradInput + (nint)item * _toPlane;
        new Span<float>(target, _toPlane).Clear();
        float* source = _gradOutput + (nint)item * _from.H * _from.W;
        for (int y = 0; y < _from.H; y++)
        {
            (int y0, int y1, int rows) = _p.Window(y, _to.H);
            for (int x = 0; x < _from.W; x++)
            {
                (int x0, int x1, int columns) = _p.Window(x, _to.W);
                float share = *source++ / ((float)rows * columns);
                for (int iy = y0; iy < y1; iy++)
                {
                    AddTo(target + iy * _to.W + x0, x1 - x0, share);
                }
            }
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(operation.GradOutput);
        _gradInput = frame.Float(operation.GradInput);
    }

    private static void AddTo(float* row, int count, float share)
    {
        int i = 0;
        var shares = new Vector<float>(share);
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            (Vector.Load(row + i) + shares).Store(row + i);
        }

        for (; i < count; i++)
        {
            row[i] += share;
        }
    }
}
