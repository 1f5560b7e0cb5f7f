using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Copies the window out of each plane.</summary>
internal sealed unsafe class CropForwardKernel(WorkerPool workers, CropForward operation) : ParallelKernel(workers)
{
    private readonly Shape _from = operation.Input.Shape;
    private readonly Shape _to = operation.Output.Shape;
    private float* _input;
    private float* _output;

    protected override int Items => checked(_to.N * _to.C);

    public override void Run(int item, int worker)
    {
        for (int y = 0; y < _to.H; y++)
        {
            float* source = _input + ((nint)item * _from.H + y + operation.OffsetY) * _from.W + operation.OffsetX;
            float* target = _output + ((nint)item * _to.H + y) * _to.W;
            new ReadOnlySpan<float>(source, _to.W).CopyTo(new Span<float>(target, _to.W));
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
    }
}

/// <summary>Copies each plane into its window, with zeros around it.</summary>
internal sealed unsafe class CropBackwardKernel(WorkerPool workers, CropBackward operation) : ParallelKernel(workers)
{
    private readonly Shape _from = operation.GradOutput.Shape;
    private readonly Shape _to = operation.GradInput.Shape;
    private float* _gradOutput;
    private float* _gradInput;

    protected override int Items => checked(_to.N * _to.C);

    public override void Run(int item, int worker)
    {
        for (int y = 0; y < _to.H; y++)
        {
            var row = new Span<float>(_gradInput + ((nint)item * _to.H + y) * _to.W, _to.W);
            row.Clear();
            int sourceY = y - operation.OffsetY;
            if ((uint)sourceY < (uint)_from.H)
            {
                new ReadOnlySpan<float>(_gradOutput + ((nint)item * _from.H + sourceY) * _from.W, _from.W).CopyTo(row[operation.OffsetX..]);
            }
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(operation.GradOutput);
        _gradInput = frame.Float(operation.GradInput);
    }
}
