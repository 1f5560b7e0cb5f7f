using System.Numerics;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>One AdamW step of one parameter, elementwise: see <see cref="IDevice.AdamWStep"/>.</summary>
internal sealed unsafe class AdamWStepJob : IParallelJob
{
    private const int Chunk = 16384;
    private float* _weight;
    private float* _gradient;
    private float* _first;
    private float* _second;
    private long _count;
    private AdamWCoefficients _coefficients;
    private float _correction1;
    private float _correction2;

    public void Run(WorkerPool workers, HostTensor weight, HostTensor gradient, HostTensor first, HostTensor second, AdamWCoefficients coefficients)
    {
        _weight = weight.Pointer;
        _gradient = gradient.Pointer;
        _first = first.Pointer;
        _second = second.Pointer;
        _count = weight.Shape.ElementCount;
        _coefficients = coefficients;
        _correction1 = coefficients.Correction1;
        _correction2 = coefficients.Correction2;
        workers.Run(this, checked((int)((_count + Chunk - 1) / Chunk)));
    }

    public void Run(int item, int worker)
    {
        long end = Math.Min(_count, (item + 1L) * Chunk);
        long i = (long)item * Chunk;
        AdamWCoefficients k = _coefficients;
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> gradient = k.GradientScale * Vector.Load(_gradient + i);
            Vector<float> first = k.Beta1 * Vector.Load(_first + i) + (1 - k.Beta1) * gradient;
            Vector<float> second = k.Beta2 * Vector.Load(_second + i) + (1 - k.Beta2) * gradient * gradient;
            Vector<float> weight = Vector.Load(_weight + i);
            Vector<float> direction = _correction1 * first / (Vector.SquareRoot(_correction2 * second) + new Vector<float>(k.Epsilon));
            first.Store(_first + i);
            second.Store(_second + i);
            (weight - k.LearningRate * (direction + k.WeightDecay * weight)).Store(_weight + i);
            Vector<float>.Zero.Store(_gradient + i);
        }

        for (; i < end; i++)
        {
            float gradient = k.GradientScale * _gradient[i];
            _first[i] = k.Beta1 * _first[i] + (1 - k.Beta1) * gradient;
            _second[i] = k.Beta2 * _second[i] + (1 - k.Beta2) * gradient * gradient;
            float direction = _correction1 * _first[i] / (MathF.Sqrt(_correction2 * _second[i]) + k.Epsilon);
            _weight[i] -= k.LearningRate * (direction + k.WeightDecay * _weight[i]);
            _gradient[i] = 0;
        }
    }
}
