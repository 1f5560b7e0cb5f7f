using System.Numerics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>What the two passes share: an item is a run of pixels of one image, with all its channels.</summary>
internal abstract unsafe class LocalResponseNormKernel(WorkerPool workers, LocalResponseNormParameters parameters, Shape shape) : ParallelKernel(workers)
{
    /// <summary>Pixels of an item: a window of a few channels of them, in several tensors, stays in the nearest caches.</summary>
    private const int Pixels = 512;

    private readonly long _plane = (long)shape.H * shape.W;

    protected LocalResponseNormParameters P { get; } = parameters;

    protected int Channels { get; } = shape.C;

    /// <summary>Elements from a channel to the next.</summary>
    protected nint Plane => (nint)_plane;

    protected override int Items { get; } = checked((int)(shape.N * (((long)shape.H * shape.W + Pixels - 1) / Pixels)));

    public override void Run(int item, int worker)
    {
        long runs = (_plane + Pixels - 1) / Pixels;
        long pixel = item % runs * Pixels;
        int count = (int)Math.Min(Pixels, _plane - pixel);
        nint first = (nint)(item / runs * Channels * _plane + pixel);
        for (int channel = 0; channel < Channels; channel++)
        {
            (int from, int to) = P.Window(channel, Channels);
            Row(first + channel * Plane, first + from * Plane, to - from, count);
        }
    }

    /// <summary>One channel's pixels.</summary>
    /// <param name="at">The first of them.</param>
    /// <param name="window">The same pixel in the first channel of the window.</param>
    /// <param name="channels">Channels of the window.</param>
    /// <param name="count">Number of pixels.</param>
    protected abstract void Row(nint at, nint window, int channels, int count);

    /// <summary>
    /// scale^beta. The exponents in use need square roots only, which are rounded correctly in vectors, too; pow of the
    /// runtime, a number at a time, serves the others.
    /// </summary>
    protected Vector<float> Power(Vector<float> scale)
    {
        if (P.Beta == 0.75f)
        {
            Vector<float> root = Vector.SquareRoot(scale);
            return root * Vector.SquareRoot(root);
        }

        if (P.Beta is 0.5f or 1)
        {
            return P.Beta == 1 ? scale : Vector.SquareRoot(scale);
        }

        Vector<float> power = scale;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
        {
            power = Vector.WithElement(power, lane, Power(scale[lane]));
        }

        return power;
    }

    /// <summary>The same bits for a single number, so that results do not depend on where a vector begins.</summary>
    protected float Power(float scale) => P.Beta switch
    {
        0.75f => MathF.Sqrt(scale) * MathF.Sqrt(MathF.Sqrt(scale)),
        0.5f => MathF.Sqrt(scale),
        1 => scale,
        _ => MathF.Pow(scale, P.Beta),
    };
}

/// <summary>output = input / (k + alpha / size * sum of squares)^beta.</summary>
internal sealed unsafe class LocalResponseNormForwardKernel(WorkerPool workers, LocalResponseNormForward operation)
    : LocalResponseNormKernel(workers, operation.Parameters, operation.Input.Shape)
{
    private readonly float _factor = (float)((double)operation.Parameters.Alpha / operation.Parameters.Size);
    private float* _input;
    private float* _output;
    private float* _scale;

    protected override void Row(nint at, nint window, int channels, int count)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> squares = Vector<float>.Zero;
            for (int c = 0; c < channels; c++)
            {
                Vector<float> value = Vector.Load(_input + window + c * Plane + i);
                squares += value * value;
            }

            Vector<float> scale = new Vector<float>(P.K) + new Vector<float>(_factor) * squares;
            (Vector.Load(_input + at + i) / Power(scale)).Store(_output + at + i);
            if (_scale != null)
            {
                scale.Store(_scale + at + i);
            }
        }

        for (; i < count; i++)
        {
            float squares = 0;
            for (int c = 0; c < channels; c++)
            {
                float value = _input[window + c * Plane + i];
                squares += value * value;
            }

            float scale = P.K + _factor * squares;
            _output[at + i] = _input[at + i] / Power(scale);
            if (_scale != null)
            {
                _scale[at + i] = scale;
            }
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
        _scale = operation.Scale is null ? null : frame.Float(operation.Scale);
    }
}

/// <summary>gradInput = gradOutput / scale^beta - 2 alpha beta / size * input * sum of gradOutput * output / scale.</summary>
internal sealed unsafe class LocalResponseNormBackwardKernel(WorkerPool workers, LocalResponseNormBackward operation)
    : LocalResponseNormKernel(workers, operation.Parameters, operation.Input.Shape)
{
    private readonly float _factor = (float)(2.0 * operation.Parameters.Alpha * operation.Parameters.Beta / operation.Parameters.Size);
    private float* _gradOutput;
    private float* _input;
    private float* _output;
    private float* _scale;
    private float* _gradInput;

    protected override void Row(nint at, nint window, int channels, int count)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> sum = Vector<float>.Zero;
            for (int c = 0; c < channels; c++)
            {
                nint j = window + c * Plane + i;
                sum += Vector.Load(_gradOutput + j) * Vector.Load(_output + j) / Vector.Load(_scale + j);
            }

            Vector<float> direct = Vector.Load(_gradOutput + at + i) / Power(Vector.Load(_scale + at + i));
            (direct - new Vector<float>(_factor) * Vector.Load(_input + at + i) * sum).Store(_gradInput + at + i);
        }

        for (; i < count; i++)
        {
            float sum = 0;
            for (int c = 0; c < channels; c++)
            {
                nint j = window + c * Plane + i;
                sum += _gradOutput[j] * _output[j] / _scale[j];
            }

            _gradInput[at + i] = _gradOutput[at + i] / Power(_scale[at + i]) - _factor * _input[at + i] * sum;
        }
    }

    protected override void Bind(KernelFrame frame)
    {
        _gradOutput = frame.Float(operation.GradOutput);
        _input = frame.Float(operation.Input);
        _output = frame.Float(operation.Output);
        _scale = frame.Float(operation.Scale);
        _gradInput = frame.Float(operation.GradInput);
    }
}
