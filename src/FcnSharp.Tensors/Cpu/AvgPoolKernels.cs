using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// The average of each window. One item a plane; a window is summed in row-major order, by vectors of windows too. Windows that
/// are whole planes are summed by vectors of pixels, in double precision, and an item is a number of them.
/// </summary>
internal sealed unsafe class AvgPoolForwardKernel(WorkerPool workers, KernelSet kernels, AvgPool2dForward operation) : ParallelKernel(workers)
{
    /// <summary>Planes of an item where each has one average.</summary>
    private const int PlanesAtOnce = 32;

    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly AvgPool2dParameters _p = operation.Parameters;
    private readonly bool _wholePlanes = AvgPoolWindows.AreWholePlane(operation.Parameters, operation.Input.Shape, operation.Output.Shape);
    private readonly Shape _from = operation.Input.Shape;
    private readonly Shape _to = operation.Output.Shape;
    private readonly int _fromPlane = checked(operation.Input.Shape.H * operation.Input.Shape.W);
    private float* _input;
    private float* _output;

    protected override int Items => _wholePlanes ? (Planes + PlanesAtOnce - 1) / PlanesAtOnce : Planes;

    private int Planes => checked(_to.N * _to.C);

    public override void Run(int item, int worker)
    {
        if (_wholePlanes)
        {
            double divisor = (double)_p.Window(0, _from.H).Counted * _p.Window(0, _from.W).Counted;
            int first = item * PlanesAtOnce;
            int count = Math.Min(PlanesAtOnce, Planes - first);
            _kernels.Averages(_input + (nint)first * _fromPlane, _fromPlane, count, 1 / divisor, _output + first);
            return;
        }

        float* source = _input + (nint)item * _fromPlane;
        float* target = _output + (nint)item * _to.H * _to.W;

        // At stride 1 the windows of neighbours are neighbours: those that lie inside of the row go by vectors.
        int begin = _p.Stride == 1 ? Math.Min(_p.Padding, _to.W) : _to.W;
        int end = Math.Max(begin, Math.Min(_to.W, _from.W + _p.Padding - _p.KernelSize + 1));
        for (int y = 0; y < _to.H; y++, target += _to.W)
        {
            (int y0, int y1, int rows) = _p.Window(y, _from.H);
            float* row = source + y0 * _from.W;
            Averages(row, y1 - y0, rows, 0, begin, target);
            if (begin < end)
            {
                _kernels.AverageWindows(row + begin - _p.Padding, _from.W, y1 - y0, _p.KernelSize, end - begin, (float)rows * _p.KernelSize, target + begin);
            }

            Averages(row, y1 - y0, rows, end, _to.W, target);
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
    }

    /// <summary>A window at a time.</summary>
    private void Averages(float* source, int rows, int counted, int begin, int end, float* target)
    {
        for (int x = begin; x < end; x++)
        {
            (int x0, int x1, int columns) = _p.Window(x, _from.W);
            float sum = 0;
            for (int y = 0; y < rows; y++)
            {
                for (int i = x0; i < x1; i++)
                {
                    sum += source[y * _from.W + i];
                }
            }

            target[x] = sum / ((float)counted * columns);
        }
    }
}

/// <summary>Adds each gradient's share to the pixels of its window. One item a plane, so no two threads add to one element.</summary>
internal sealed unsafe class AvgPoolBackwardKernel(WorkerPool workers, KernelSet kernels, AvgPool2dBackward operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
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
        float* source = _gradOutput + (nint)item * _from.H * _from.W;
        if (AvgPoolWindows.AreWholePlane(_p, _to, _from))
        {
            new Span<float>(target, _toPlane).Fill(*source / ((float)_p.Window(0, _to.H).Counted * _p.Window(0, _to.W).Counted));
            return;
        }

        new Span<float>(target, _toPlane).Clear();
        for (int y = 0; y < _from.H; y++)
        {
            (int y0, int y1, int rows) = _p.Window(y, _to.H);
            for (int x = 0; x < _from.W; x++)
            {
                (int x0, int x1, int columns) = _p.Window(x, _to.W);
                float share = *source++ / ((float)rows * columns);
                _kernels.AddToWindow(target + (nint)y0 * _to.W + x0, _to.W, y1 - y0, x1 - x0, share);
            }
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(operation.GradOutput);
        _gradInput = frame.Float(operation.GradInput);
    }
}

internal static class AvgPoolWindows
{
    /// <summary>Whether there is one window, and no pixel outside of it.</summary>
    public static bool AreWholePlane(AvgPool2dParameters p, Shape image, Shape pooled) =>
        pooled.H == 1 && pooled.W == 1 && p.KernelSize - p.Padding >= Math.Max(image.H, image.W);
}
