using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Softmax over the channels of a run of pixels of one image. Pixels lie side by side, so a vector holds neighbours, and the
/// sums over the classes need no shuffling.
/// </summary>
internal static unsafe class SoftmaxRun
{
    /// <summary>Pixels of one item of work; fixed, because the loss is summed run by run.</summary>
    public const int Length = 2048;

    /// <summary>exp of less than this counts as exp of this: 1e-35 beside a largest term of 1, and never a denormal number, which is slow.</summary>
    private const float SmallestExponent = -80;

    /// <summary>Per pixel the largest score and the sum of exp(score - largest).</summary>
    public static void Reduce(float* scores, long plane, int classes, int count, float* largest, float* sum)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> max = Vector.Load(scores + i);
            for (int c = 1; c < classes; c++)
            {
                max = Vector.Max(max, Vector.Load(scores + c * plane + i));
            }

            Vector<float> total = Vector<float>.Zero;
            for (int c = 0; c < classes; c++)
            {
                total += Exp(Vector.Load(scores + c * plane + i) - max);
            }

            max.Store(largest + i);
            total.Store(sum + i);
        }

        for (; i < count; i++)
        {
            float max = scores[i];
            for (int c = 1; c < classes; c++)
            {
                max = Math.Max(max, scores[c * plane + i]);
            }

            float total = 0;
            for (int c = 0; c < classes; c++)
            {
                total += Exp(scores[c * plane + i] - max);
            }

            largest[i] = max;
            sum[i] = total;
        }
    }

    public static Vector<float> Exp(Vector<float> exponent) => Vector.Exp(Vector.Max(exponent, new Vector<float>(SmallestExponent)));

    public static float Exp(float exponent) => MathF.Exp(Math.Max(exponent, SmallestExponent));
}

/// <summary>The loss: partial sums per run of pixels, in double precision, added in order.</summary>
internal sealed unsafe class SoftmaxLossForwardKernel(WorkerPool workers, SoftmaxCrossEntropyForward operation) : ParallelKernel(workers)
{
    private readonly WorkerPool _workers = workers;
    private readonly Shape _shape = operation.Logits.Shape;
    private readonly long _plane = (long)operation.Logits.Shape.H * operation.Logits.Shape.W;
    private readonly float[]? _classWeights = operation.ClassWeights is null ? null : [.. operation.ClassWeights];
    private float* _logits;
    private int* _labels;
    private double* _sums;
    private long* _valid;
    private double* _weights;
    private byte* _scratch;

    public override long WorkspaceBytes => Partials * PartialBytes + _workers.Threads * RunBytes;

    protected override int Items => checked((int)(_shape.N * RunsPerImage));

    private static long RunBytes => 2L * SoftmaxRun.Length * sizeof(float);

    private long RunsPerImage => (_plane + SoftmaxRun.Length - 1) / SoftmaxRun.Length;

    /// <summary>Losses, pixels, and weights where there are some.</summary>
    private int Partials => _classWeights is null ? 2 : 3;

    private long PartialBytes => NativeBuffer.Align(Items * (long)sizeof(double));

    public override void Run(int item, int worker)
    {
        long n = item / RunsPerImage;
        long first = item % RunsPerImage * SoftmaxRun.Length;
        int count = (int)Math.Min(SoftmaxRun.Length, _plane - first);
        float* logits = _logits + n * _shape.C * _plane + first;
        int* labels = _labels + n * _plane + first;
        float* largest = (float*)(_scratch + worker * RunBytes);
        float* sum = largest + SoftmaxRun.Length;
        SoftmaxRun.Reduce(logits, _plane, _shape.C, count, largest, sum);

        if (_classWeights is not null)
        {
            SumWeighted(item, logits, labels, largest, sum, count);
            return;
        }

        double loss = 0;
        long valid = 0;
        for (int i = 0; i < count; i++)
        {
            int label = labels[i];
            if (label != operation.IgnoreIndex)
            {
                valid++;
                loss += (uint)label < (uint)_shape.C
                    ? Math.Log(sum[i]) + largest[i] - logits[label * _plane + i]
                    : double.NaN;
            }
        }

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
internal sealed unsafe class SoftmaxLossBackwardKernel(WorkerPool workers, SoftmaxCrossEntropyBackward operation) : ParallelKernel(workers)
{
    /// <summary>Probabilities below it become 0: scaled by 1 / pixels they would be denormal numbers.</summary>
    private const float Negligible = 1e-20f;

    private readonly WorkerPool _workers = workers;
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

    private static long RunBytes => 2L * SoftmaxRun.Length * sizeof(float);

    private long RunsPerImage => (_plane + SoftmaxRun.Length - 1) / SoftmaxRun.Length;

    public override void Run(int item, int worker)
    {
        long n = item / RunsPerImage;
        long first = item % RunsPerImage * SoftmaxRun.Length;
        int count = (int)Math.Min(SoftmaxRun.Length, _plane - first);
        long offset = n * _shape.C * _plane + first;
        int* labels = _labels + n * _plane + first;
        float* largest = (float*)(_scratch + worker * RunBytes);
        float* factor = largest + SoftmaxRun.Length;
        SoftmaxRun.Reduce(_logits + offset, _plane, _shape.C, count, largest, factor);
        for (int i = 0; i < count; i++)
        {
            factor[i] = labels[i] == operation.IgnoreIndex ? 0 : Scale(labels[i]) / factor[i];
        }

        for (int c = 0; c < _shape.C; c++)
        {
            Scale(_logits + offset + c * _plane, largest, factor, count, _gradLogits + offset + c * _plane);
        }

        for (int i = 0; i < count; i++)
        {
            if (labels[i] != operation.IgnoreIndex && (uint)labels[i] < (uint)_shape.C)
            {
                _gradLogits[offset + labels[i] * _plane + i] -= Scale(labels[i]);
            }
        }
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

    /// <summary>output = exp(logits - largest) * factor.</summary>
    private static void Scale(float* logits, float* largest, float* factor, int count, float* output)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> e = SoftmaxRun.Exp(Vector.Load(logits + i) - Vector.Load(largest + i));
            e = Vector.ConditionalSelect(Vector.LessThan(e, new Vector<float>(Negligible)), Vector<float>.Zero, e);
            (e * Vector.Load(factor + i)).Store(output + i);
        }

        for (; i < count; i++)
        {
            float e = SoftmaxRun.Exp(logits[i] - largest[i]);
            output[i] = e < Negligible ? 0 : e * factor[i];
        }
    }
}
