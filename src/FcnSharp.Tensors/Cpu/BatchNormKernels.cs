using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Mean, then variance around it, in double precision: no cancellation where the mean is far from 0. One item a channel.</summary>
internal sealed unsafe class BatchNormStatisticsKernel(WorkerPool workers, BatchNorm2dStatistics operation) : ParallelKernel(workers)
{
    private readonly Shape _shape = operation.Input.Shape;
    private readonly long _plane = (long)operation.Input.Shape.H * operation.Input.Shape.W;
    private float* _input;
    private float* _mean;
    private float* _variance;
    private float* _statistics;
    private float* _nextMean;
    private float* _nextVariance;

    protected override int Items => _shape.C;

    public override void Run(int item, int worker)
    {
        double count = (double)_plane * _shape.N;
        double sum = 0;
        for (int n = 0; n < _shape.N; n++)
        {
            sum += Sum(Plane(n, item), _plane);
        }

        double mean = sum / count;
        double squares = 0;
        for (int n = 0; n < _shape.N; n++)
        {
            squares += Squares(Plane(n, item), _plane, mean);
        }

        double momentum = operation.Parameters.Momentum;
        _statistics[item] = (float)mean;
        _statistics[_shape.C + item] = (float)(1 / Math.Sqrt((squares / count) + operation.Parameters.Epsilon));
        _nextMean[item] = (float)(((1 - momentum) * _mean[item]) + (momentum * mean));
        _nextVariance[item] = (float)(((1 - momentum) * _variance[item]) + (momentum * squares / (count - 1)));
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _mean = frame.Float(operation.RunningMean);
        _variance = frame.Float(operation.RunningVariance);
        _statistics = frame.Float(operation.Statistics);
        _nextMean = frame.Float(operation.NextMean);
        _nextVariance = frame.Float(operation.NextVariance);
    }

    private static double Sum(float* values, long count)
    {
        (double s0, double s1, double s2, double s3) = (0, 0, 0, 0);
        long i = 0;
        for (; i + 4 <= count; i += 4)
        {
            s0 += values[i];
            s1 += values[i + 1];
            s2 += values[i + 2];
            s3 += values[i + 3];
        }

        for (; i < count; i++)
        {
            s0 += values[i];
        }

        return s0 + s1 + (s2 + s3);
    }

    private static double Squares(float* values, long count, double mean)
    {
        (double s0, double s1, double s2, double s3) = (0, 0, 0, 0);
        long i = 0;
        for (; i + 4 <= count; i += 4)
        {
            (double d0, double d1, double d2, double d3) = (values[i] - mean, values[i + 1] - mean, values[i + 2] - mean, values[i + 3] - mean);
            s0 += d0 * d0;
            s1 += d1 * d1;
            s2 += d2 * d2;
            s3 += d3 * d3;
        }

        for (; i < count; i++)
        {
            s0 += (values[i] - mean) * (values[i] - mean);
        }

        return s0 + s1 + (s2 + s3);
    }

    private float* Plane(int n, int channel) => _input + ((((long)n * _shape.C) + channel) * _plane);
}

/// <summary>The running estimates as statistics: a few numbers, on the calling thread.</summary>
internal sealed unsafe class BatchNormRunningStatisticsKernel(BatchNorm2dRunningStatistics operation) : IKernel
{
    public long WorkspaceBytes => 0;

    public void Execute(KernelFrame frame)
    {
        int channels = operation.RunningMean.Shape[0];
        float* mean = frame.Float(operation.RunningMean);
        float* variance = frame.Float(operation.RunningVariance);
        float* statistics = frame.Float(operation.Statistics);
        for (int c = 0; c < channels; c++)
        {
            statistics[c] = mean[c];
            statistics[channels + c] = (float)(1 / Math.Sqrt((double)variance[c] + operation.Parameters.Epsilon));
        }
    }
}

/// <summary>output = (input - mean) * (inverseDeviation * weight) + bias. One item a plane.</summary>
internal sealed unsafe class BatchNormNormalizeKernel(WorkerPool workers, BatchNorm2dNormalize operation) : ParallelKernel(workers)
{
    private readonly Shape _shape = operation.Input.Shape;
    private readonly long _plane = (long)operation.Input.Shape.H * operation.Input.Shape.W;
    private float* _input;
    private float* _statistics;
    private float* _weight;
    private float* _bias;
    private float* _output;

    protected override int Items => checked(_shape.N * _shape.C);

    public override void Run(int item, int worker)
    {
        int c = item % _shape.C;
        float mean = _statistics[c];
        float scale = _statistics[_shape.C + c] * _weight[c];
        float bias = _bias[c];
        float* from = _input + (item * _plane);
        float* to = _output + (item * _plane);
        (Vector<float> means, Vector<float> scales, Vector<float> biases) = (new(mean), new(scale), new(bias));
        long i = 0;
        for (; i <= _plane - Vector<float>.Count; i += Vector<float>.Count)
        {
            (((Vector.Load(from + i) - means) * scales) + biases).Store(to + i);
        }

        for (; i < _plane; i++)
        {
            to[i] = ((from[i] - mean) * scale) + bias;
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _statistics = frame.Float(operation.Statistics);
        _weight = frame.Float(operation.Weight);
        _bias = frame.Float(operation.Bias);
        _output = frame.Float(operation.Output);
    }
}

/// <summary>Two sums over batch and pixels in double precision. One item a channel.</summary>
internal sealed unsafe class BatchNormGradientSumsKernel(WorkerPool workers, BatchNorm2dGradientSums operation) : ParallelKernel(workers)
{
    private readonly Shape _shape = operation.Input.Shape;
    private readonly long _plane = (long)operation.Input.Shape.H * operation.Input.Shape.W;
    private float* _input;
    private float* _gradOutput;
    private float* _statistics;
    private float* _sums;

    protected override int Items => _shape.C;

    public override void Run(int item, int worker)
    {
        double mean = _statistics[item];
        (double g0, double g1, double p0, double p1) = (0, 0, 0, 0);
        for (int n = 0; n < _shape.N; n++)
        {
            long first = (((long)n * _shape.C) + item) * _plane;
            float* x = _input + first;
            float* g = _gradOutput + first;
            long i = 0;
            for (; i + 2 <= _plane; i += 2)
            {
                g0 += g[i];
                g1 += g[i + 1];
                p0 += g[i] * (x[i] - mean);
                p1 += g[i + 1] * (x[i + 1] - mean);
            }

            if (i < _plane)
            {
                g0 += g[i];
                p0 += g[i] * (x[i] - mean);
            }
        }

        _sums[item] = (float)(g0 + g1);
        _sums[_shape.C + item] = (float)((p0 + p1) * _statistics[_shape.C + item]);
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _gradOutput = frame.Float(operation.GradOutput);
        _statistics = frame.Float(operation.Statistics);
        _sums = frame.Float(operation.Sums);
    }
}

/// <summary>Adds the sums to the gradients of weight and bias, on the calling thread.</summary>
internal sealed unsafe class BatchNormBackwardWeightKernel(BatchNorm2dBackwardWeight operation) : IKernel
{
    public long WorkspaceBytes => 0;

    public void Execute(KernelFrame frame)
    {
        int channels = operation.Sums.Shape[1];
        float* sums = frame.Float(operation.Sums);
        Add(frame, operation.GradWeight, sums + channels, channels);
        Add(frame, operation.GradBias, sums, channels);
    }

    private static void Add(KernelFrame frame, ProgramValue? gradient, float* sums, int channels)
    {
        if (gradient is not null)
        {
            float* target = frame.Float(gradient);
            for (int c = 0; c < channels; c++)
            {
                target[c] += sums[c];
            }
        }
    }
}

/// <summary>gradInput = scale * (gradOutput - offset - (input - mean) * slope), three numbers a channel. One item a plane.</summary>
internal sealed unsafe class BatchNormBackwardInputKernel(WorkerPool workers, BatchNorm2dBackwardInput operation) : ParallelKernel(workers)
{
    private readonly Shape _shape = operation.GradInput.Shape;
    private readonly long _plane = (long)operation.GradInput.Shape.H * operation.GradInput.Shape.W;
    private float* _gradOutput;
    private float* _input;
    private float* _statistics;
    private float* _weight;
    private float* _sums;
    private float* _gradInput;

    protected override int Items => checked(_shape.N * _shape.C);

    public override void Run(int item, int worker)
    {
        int c = item % _shape.C;
        float deviation = _statistics[_shape.C + c];
        float scale = _weight[c] * deviation;
        float* g = _gradOutput + (item * _plane);
        float* to = _gradInput + (item * _plane);
        var scales = new Vector<float>(scale);
        long i = 0;
        if (_sums == null)
        {
            for (; i <= _plane - Vector<float>.Count; i += Vector<float>.Count)
            {
                (Vector.Load(g + i) * scales).Store(to + i);
            }

            for (; i < _plane; i++)
            {
                to[i] = g[i] * scale;
            }

            return;
        }

        double count = (double)_plane * _shape.N;
        float mean = _statistics[c];
        float offset = (float)(_sums[c] / count);
        float slope = (float)(_sums[_shape.C + c] / count * deviation);
        float* x = _input + (item * _plane);
        (Vector<float> means, Vector<float> offsets, Vector<float> slopes) = (new(mean), new(offset), new(slope));
        for (; i <= _plane - Vector<float>.Count; i += Vector<float>.Count)
        {
            ((Vector.Load(g + i) - offsets - ((Vector.Load(x + i) - means) * slopes)) * scales).Store(to + i);
        }

        for (; i < _plane; i++)
        {
            to[i] = (g[i] - offset - ((x[i] - mean) * slope)) * scale;
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(operation.GradOutput);
        _statistics = frame.Float(operation.Statistics);
        _weight = frame.Float(operation.Weight);
        _gradInput = frame.Float(operation.GradInput);

        // Without sums the input is not among the operands: its memory may hold something else by now.
        _sums = operation.Sums is null ? null : frame.Float(operation.Sums);
        _input = operation.Sums is null ? null : frame.Float(operation.Input);
    }
}
