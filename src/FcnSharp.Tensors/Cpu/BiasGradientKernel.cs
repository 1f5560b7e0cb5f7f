using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>gradBias[c] += sum of gradOutput over batch and pixels, in double precision. One item a channel.</summary>
internal sealed unsafe class BiasGradientKernel(WorkerPool workers, ProgramValue gradOutput, ProgramValue gradBias) : ParallelKernel(workers)
{
    private readonly Shape _shape = gradOutput.Shape;
    private readonly long _plane = (long)gradOutput.Shape.H * gradOutput.Shape.W;
    private float* _gradOutput;
    private float* _gradBias;

    protected override int Items => _shape.C;

    public override void Run(int item, int worker)
    {
        double sum = 0;
        for (int n = 0; n < _shape.N; n++)
        {
            float* plane = _gradOutput + ((long)n * _shape.C + item) * _plane;
            double s0 = 0;
            double s1 = 0;
            double s2 = 0;
            double s3 = 0;
            long i = 0;
            for (; i + 4 <= _plane; i += 4)
            {
                s0 += plane[i];
                s1 += plane[i + 1];
                s2 += plane[i + 2];
                s3 += plane[i + 3];
            }

            for (; i < _plane; i++)
            {
                s0 += plane[i];
            }

            sum += s0 + s1 + (s2 + s3);
        }

        _gradBias[item] += (float)sum;
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(gradOutput);
        _gradBias = frame.Float(gradBias);
    }
}
