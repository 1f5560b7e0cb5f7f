using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>gradBias[c] += sum of gradOutput over batch and pixels, in double precision. One item a channel.</summary>
internal sealed unsafe class BiasGradientKernel(WorkerPool workers, PlaneKernels kernels, ProgramValue gradOutput, ProgramValue gradBias) : ParallelKernel(workers)
{
    private readonly Shape _shape = gradOutput.Shape;
    private readonly long _plane = (long)gradOutput.Shape.H * gradOutput.Shape.W;
    private readonly delegate*<float*, long, double> _sum = kernels.Sum;
    private float* _gradOutput;
    private float* _gradBias;

    protected override int Items => _shape.C;

    public override void Run(int item, int worker)
    {
        double sum = 0;
        for (int n = 0; n < _shape.N; n++)
        {
            sum += _sum(_gradOutput + ((long)n * _shape.C + item) * _plane, _plane);
        }

        _gradBias[item] += (float)sum;
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(gradOutput);
        _gradBias = frame.Float(gradBias);
    }
}
