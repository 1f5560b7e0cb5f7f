using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Mean, then variance around it, in double precision: no cancellation where the mean is far from 0. One item a channel.</summary>
internal sealed unsafe class BatchNormStatisticsKernel(WorkerPool workers, KernelSet kernels, BatchNorm2dStatistics operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
    private readonly Shape _shape = operation.Input.Shape;
    private readonly long _plane = (long)operation.Input.Shape.H * operation.Input.Shape.W;

    /// <summary>What a sum of squares adds to the running variance, which divides by one less than the count.</summary>
    private readonly double _unbiased = operation.Parameters.Momentum / ((double)operation.Input.Shape.N * operation.Input.Shape.H * operation.Input.Shape.W - 1);
    private float* _input;
    private float* _mean;
    private float* _variance;
    private float* _statistics;
    private float* _nextMean;
    private float* _nextVariance;

    protected override int Items => _shape.C;

    public override void Run(int item, int worker)
    {
        double share = 1 / ((double)_plane * _shape.N);
        double sum = 0;
        for (int n = 0; n < _shape.N; n++)
        {
            sum += _kernels.Sum(Plane(n, item), _plane);
        }

        double mean = sum * share;
        double squares = 0;
        for (int n = 0; n < _shape.N; n++)
        {
            squares += _kernels.Squares(Plane(n, item), _plane, mean);
        }

        double momentum = operation.Parameters.Momentum;
        _statistics[item] = (float)mean;
        _statistics[_shape.C + item] = (float)(1 / Math.Sqrt((squares * share) + operation.Parameters.Epsilon));
        _nextMean[item] = (float)(((1 - momentum) * _mean[item]) + (momentum * mean));
        _nextVariance[item] = (float)(((1 - momentum) * _variance[item]) + (squares * _unbiased));
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
internal sealed unsafe class BatchNormNormalizeKernel(WorkerPool workers, KernelSet kernels, BatchNorm2dNormalize operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
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
        long first = item * _plane;
        _kernels.Normalize(_input + first, _output + first, _plane, _statistics[c], _statistics[_shape.C + c] * _weight[c], _bias[c]);
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
internal sealed unsafe class BatchNormGradientSumsKernel(WorkerPool workers, KernelSet kernels, BatchNorm2dGradientSums operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
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
        double* sums = stackalloc double[2];
        (sums[0], sums[1]) = (0, 0);
        for (int n = 0; n < _shape.N; n++)
        {
            long first = (((long)n * _shape.C) + item) * _plane;
            _kernels.AddGradients(_input + first, _gradOutput + first, _plane, mean, sums);
        }

        _sums[item] = (float)sums[0];
        _sums[_shape.C + item] = (float)(sums[1] * _statistics[_shape.C + item]);
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
internal sealed unsafe class BatchNormBackwardInputKernel(WorkerPool workers, KernelSet kernels, BatchNorm2dBackwardInput operation) : ParallelKernel(workers)
{
    private readonly PlaneKernels _kernels = kernels.Planes;
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
        if (_sums == null)
        {
            _kernels.Normalize(g, to, _plane, 0, scale, 0);
            return;
        }

        double count = (double)_plane * _shape.N;
        float offset = (float)(_sums[c] / count);
        float slope = (float)(_sums[_shape.C + c] / count * deviation);
        _kernels.NormalizeGradient(g, _input + (item * _plane), to, _plane, _statistics[c], slope, offset, scale);
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
