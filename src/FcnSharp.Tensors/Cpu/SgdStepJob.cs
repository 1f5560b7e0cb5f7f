using System.Numerics;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>One SGD step of one parameter, elementwise: see <see cref="IDevice.SgdStep"/>.</summary>
internal sealed unsafe class SgdStepJob : IParallelJob
{
    private const int Chunk = 16384;
    private float* _weight;
    private float* _gradient;
    private float* _velocity;
    private long _count;
    private SgdCoefficients _coefficients;

    public void Run(WorkerPool workers, HostTensor weight, HostTensor gradient, HostTensor velocity, SgdCoefficients coefficients)
    {
        _weight = weight.Pointer;
        _gradient = gradient.Pointer;
        _velocity = velocity.Pointer;
        _count = weight.Shape.ElementCount;
        _coefficients = coefficients;
        workers.Run(this, checked((int)((_count + Chunk - 1) / Chunk)));
    }

    public void Run(int item, int worker)
    {
        long end = Math.Min(_count, (item + 1L) * Chunk);
        long i = (long)item * Chunk;
        SgdCoefficients k = _coefficients;
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> weight = Vector.Load(_weight + i);
            Vector<float> velocity = k.Momentum * Vector.Load(_velocity + i)
                + k.LearningRate * (k.GradientScale * Vector.Load(_gradient + i) + k.WeightDecay * weight);
            velocity.Store(_velocity + i);
            (weight - velocity).Store(_weight + i);
            Vector<float>.Zero.Store(_gradient + i);
        }

        for (; i < end; i++)
        {
            _velocity[i] = k.Momentum * _velocity[i] + k.LearningRate * (k.GradientScale * _gradient[i] + k.WeightDecay * _weight[i]);
            _weight[i] -= _velocity[i];
            _gradient[i] = 0;
        }
    }
}
