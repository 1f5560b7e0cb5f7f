using System.Runtime.CompilerServices;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>The largest value of each window; the first of equals, in row-major order, is remembered. One item a plane.</summary>
internal sealed unsafe class MaxPoolForwardKernel(WorkerPool workers, MaxPool2dForward operation) : ParallelKernel(workers)
{
    private readonly Shape _from = operation.Input.Shape;

    // The winner's index in its plane has 32 bits.
    private readonly int _fromPlane = checked(operation.Input.Shape.H * operation.Input.Shape.W);
    private readonly Shape _to = operation.Output.Shape;
    private float* _input;
    private float* _output;
    private int* _argMax;

    protected override int Items => checked(_to.N * _to.C);

    public override void Run(int item, int worker)
    {
        float* source = _input + (nint)item * _fromPlane;
        float* target = _output + (nint)item * _to.H * _to.W;
        int* winners = _argMax == null ? null : _argMax + (nint)item * _to.H * _to.W;
        int size = operation.Parameters.KernelSize;
        int stride = operation.Parameters.Stride;
        int padding = operation.Parameters.Padding;
        int width = _from.W;
        for (int y = 0; y < _to.H; y++)
        {
            int y0 = Math.Max(0, y * stride - padding);
            int y1 = Math.Min(_from.H, y * stride - padding + size);
            int firstX = 0;
            if (size == 2 && stride == 2 && padding == 0 && y1 == y0 + 2)
            {
                firstX = width / 2;
                PairRow(source, y0 * width, width, firstX, target, winners);
                target += firstX;
                winners = winners == null ? null : winners + firstX;
            }

            for (int x = firstX; x < _to.W; x++)
            {
                int x0 = Math.Max(0, x * stride - padding);
                int x1 = Math.Min(width, x * stride - padding + size);
                int best = y0 * width + x0;
                float value = source[best];
                for (int iy = y0; iy < y1; iy++)
                {
                    for (int ix = x0; ix < x1; ix++)
                    {
                        float candidate = source[iy * width + ix];
                        if (candidate > value)
                        {
                            value = candidate;
                            best = iy * width + ix;
                        }
                    }
                }

                *target++ = value;
                if (winners != null)
                {
                    *winners++ = best;
                }
            }
        }
    }

    /// <summary>The window of nearly every net, 2x2 with stride 2, where it lies inside: no bounds to look at, no inner loops.</summary>
    private static void PairRow(float* source, int first, int width, int count, float* target, int* winners)
    {
        for (int x = 0; x < count; x++)
        {
            int at = first + 2 * x;
            float value = source[at];
            int best = at;
            Challenge(source, at + 1, ref value, ref best);
            Challenge(source, at + width, ref value, ref best);
            Challenge(source, at + width + 1, ref value, ref best);
            target[x] = value;
            if (winners != null)
            {
                winners[x] = best;
            }
        }
    }

    /// <summary>Selects by arithmetic, without a branch: which of four pixels wins cannot be predicted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Challenge(float* source, int at, ref float value, ref int best)
    {
        int mask = -Unsafe.BitCast<bool, byte>(source[at] > value);
        best += (at - best) & mask;
        value = source[best];
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
        _argMax = operation.ArgMax is null ? null : frame.Int(operation.ArgMax);
    }
}

/// <summary>Adds each gradient to the winner of its window. One item a plane, so no two threads add to one element.</summary>
internal sealed unsafe class MaxPoolBackwardKernel(WorkerPool workers, MaxPool2dBackward operation) : ParallelKernel(workers)
{
    private readonly int _fromPlane = checked(operation.GradOutput.Shape.H * operation.GradOutput.Shape.W);
    private readonly int _toPlane = checked(operation.GradInput.Shape.H * operation.GradInput.Shape.W);
    private float* _gradOutput;
    private float* _gradInput;
    private int* _argMax;

    protected override int Items => checked(operation.GradInput.Shape.N * operation.GradInput.Shape.C);

    public override void Run(int item, int worker)
    {
        float* target = _gradInput + (nint)item * _toPlane;
        new Span<float>(target, _toPlane).Clear();
        float* source = _gradOutput + (nint)item * _fromPlane;
        int* winners = _argMax + (nint)item * _fromPlane;
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
