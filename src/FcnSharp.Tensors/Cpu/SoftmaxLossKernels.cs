using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>The loss: partial sums per run of pixels, in double precision, added in order.</summary>
internal sealed unsafe class SoftmaxLossForwardKernel(WorkerPool workers, KernelSet kernels, SoftmaxCrossEntropyForward operation) : ParallelKernel(workers)
{
    private readonly WorkerPool _workers = workers;
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly Shape _shape = operation.Logits.Shape;
    private readonly long _plane = (long)operation.Logits.Shape.H * operation.Logits.Shape.W;
    private readonly float[]? _classWeights = operation.ClassWeights is null ? null : [.. operation.ClassWeights];

    /// <summary>Sums of pixels whose logarithms are one of their product; each is at most the number of classes, so no product passes 2^1000.</summary>
    private readonly int _factors = 1000 / BitOperations.Log2((uint)operation.Logits.Shape.C + 1) / 2;
    private float* _logits;
    private int* _labels;
    private double* _sums;
    private long* _valid;
    private double* _weights;
    private byte* _scratch;

    public override long WorkspaceBytes => Partials * PartialBytes + _workers.Threads * RunBytes;

    protected override int Items => checked((int)(_shape.N * RunsPerImage));

    private static long RunBytes => 2L * PixelRun.Length * sizeof(float);

    private long RunsPerImage => PixelRun.CountOf(_plane);

    /// <summary>Losses, pixels, and weights where there are some.</summary>
    private int Partials => _classWeights is null ? 2 : 3;

    private long PartialBytes => NativeBuffer.Align(Items * (long)sizeof(double));

    public override void Run(int item, int worker)
    {
        long n = item / RunsPerImage;
        long first = item % RunsPerImage * PixelRun.Length;
        int count = (int)Math.Min(PixelRun.Length, _plane - first);
        float* logits = _logits + n * _shape.C * _plane + first;
        int* labels = _labels + n * _plane + first;
        float* largest = (float*)(_scratch + worker * RunBytes);
        float* sum = largest + PixelRun.Length;
        _kernels.ReduceScores(logits, (nint)_plane, _shape.C, count, largest, sum);

        if (_classWeights is not null)
        {
            SumWeighted(item, logits, labels, largest, sum, count);
            return;
        }

        double loss = 0;
        double product = 1;
        int factors = 0;
        long valid = 0;
        for (int i = 0; i < count; i++)
        {
            int label = labels[i];
            if (label == operation.IgnoreIndex)
            {
                continue;
            }

            valid++;
            if ((uint)label >= (uint)_shape.C)
            {
                loss = double.NaN;
                continue;
            }

            loss += (double)largest[i] - logits[label * _plane + i];
            product *= sum[i];
            if (++factors == _factors)
            {
                loss += Math.Log(product);
                (product, factors) = (1, 0);
            }
        }

        loss += Math.Log(product);
        _sums[item] = loss;
        _valid[item] = valid;
    }

    protected override void Bind(KernelFrame frame)
    {
        _logits = frame.Float(operation.Logits);
        _labels = frame.Int(operation.Labels);
        _sums = (double*)frame.Workspace;
        _valid = (long*)(frame.Workspace + PartialBytes);
        _weights = (double*)(frame.Workspace + 2 * PartialBytes);
        _scratch = frame.Workspace + Partials * PartialBytes;
    }

    protected override void Finish(KernelFrame frame)
    {
        double loss = 0;
        long valid = 0;
        for (int i = 0; i < Items; i++)
        {
            loss += _sums[i];
            valid += _valid[i];
        }

        double divisor = Math.Max(valid, 1);
        float* result = frame.Float(operation.Loss);
        if (_classWeights is not null)
        {
            double weights = 0;
            for (int i = 0; i < Items; i++)
            {
                weights += _weights[i];
            }

            result[2] = (float)weights;
            divisor = weights > 0 ? weights : 1;
        }

        result[0] = (float)(operation.Reduction == LossReduction.Mean ? loss / divisor : loss);
        result[1] = valid;
    }

    /// <summary>The partial sums of a run, each pixel times the weight of its label.</summary>
    private void SumWeighted(int item, float* logits, int* labels, float* largest, float* sum, int count)
    {
        double loss = 0;
        double weights = 0;
        long valid = 0;
        for (int i = 0; i < count; i++)
        {
            int label = labels[i];
            if (label == operation.IgnoreIndex)
            {
                continue;
            }

            valid++;
            if ((uint)label < (uint)_shape.C)
            {
                double weight = _classWeights![label];
                loss += weight * (Math.Log(sum[i]) + largest[i] - logits[label * _plane + i]);
                weights += weight;
            }
            else
            {
                loss = double.NaN;
            }
        }

        _sums[item] = loss;
        _valid[item] = valid;
        _weights[item] = weights;
    }
}

/// <summary>The gradient: scale * (softmax - one-hot). May write over the logits.</summary>
internal sealed unsafe class SoftmaxLossBackwardKernel(WorkerPool workers, KernelSet kernels, SoftmaxCrossEntropyBackward operation) : ParallelKernel(workers)
{
    private readonly WorkerPool _workers = workers;
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly Shape _shape = operation.Logits.Shape;
    private readonly long _plane = (long)operation.Logits.Shape.H * operation.Logits.Shape.W;
    private readonly float[]? _classWeights = operation.ClassWeights is null ? null : [.. operation.ClassWeights];
    private float* _logits;
    private int* _labels;
    private float* _gradLogits;
    private byte* _scratch;
    private float _scale;

    public override long WorkspaceBytes => _workers.Threads * RunBytes;

    protected override int Items => checked((int)(_shape.N * RunsPerImage));

    private static long RunBytes => PixelRun.Length * (long)sizeof(float);

    private long RunsPerImage => PixelRun.CountOf(_plane);

    public override void Run(int item, int worker)
    {
        long n = item / RunsPerImage;
        long first = item % RunsPerImage * PixelRun.Length;
        int count = (int)Math.Min(PixelRun.Length, _plane - first);
        long offset = n * _shape.C * _plane + first;
        int* labels = _labels + n * _plane + first;
        float* factors = (float*)(_scratch + worker * RunBytes);
        for (int i = 0; i < count; i++)
        {
            factors[i] = labels[i] == operation.IgnoreIndex ? 0 : Scale(labels[i]);
        }

        _kernels.LossGradient(_logits + offset, (nint)_plane, _shape.C, count, labels, factors, _gradLogits + offset);
    }

    protected override void Bind(KernelFrame frame)
    {
        _logits = frame.Float(operation.Logits);
        _labels = frame.Int(operation.Labels);
        _gradLogits = frame.Float(operation.GradLogits);
        _scratch = frame.Workspace;
        float weights = _classWeights is null ? 0 : frame.Float(operation.Loss)[2];
        float valid = _classWeights is null ? Math.Max(frame.Float(operation.Loss)[1], 1) : weights > 0 ? weights : 1;
        _scale = operation.Reduction == LossReduction.Mean ? operation.Weight / valid : operation.Weight;
    }

    /// <summary>The factor of a pixel that counts; 0 for a label out of range when there are weights: it has none, and its loss is NaN.</summary>
    private float Scale(int label) =>
        _classWeights is null ? _scale : (uint)label < (uint)_shape.C ? _scale * _classWeights[label] : 0;
}
