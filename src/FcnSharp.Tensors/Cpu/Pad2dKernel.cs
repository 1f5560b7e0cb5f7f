using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Copies each plane into its frame. One item a plane.</summary>
internal sealed unsafe class Pad2dKernel(WorkerPool workers, Pad2dForward operation) : ParallelKernel(workers)
{
    private readonly Shape _from = operation.Input.Shape;
    private readonly Shape _to = operation.Output.Shape;
    private float* _input;
    private float* _output;

    protected override int Items => checked(_to.N * _to.C);

    public override void Run(int item, int worker)
    {
        float value = operation.Parameters.Value;
        int left = operation.Parameters.Left;
        for (int y = 0; y < _to.H; y++)
        {
            var row = new Span<float>(_output + ((nint)item * _to.H + y) * _to.W, _to.W);
            int sourceY = y - operation.Parameters.Top;
            if ((uint)sourceY < (uint)_from.H)
            {
                row[..left].Fill(value);
                new ReadOnlySpan<float>(_input + ((nint)item * _from.H + sourceY) * _from.W, _from.W).CopyTo(row[left..]);
                row[(left + _from.W)..].Fill(value);
            }
            else
            {
                row.Fill(value);
            }
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
    }
}
