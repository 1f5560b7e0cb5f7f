using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Depthwise convolution of stride 1, forward and data gradient: each channel by itself, vectors along its rows. An item is
/// some planes, which a worker copies into zeros one by one, so that they stay in its nearest cache.
/// </summary>
internal sealed unsafe class DepthwiseConvolution : IKernel, IParallelJob
{
    /// <summary>Elements of an item, about: enough to outweigh its zeros.</summary>
    private const long ItemElements = 32 << 10;

    private readonly WorkerPool _workers;
    private readonly PlaneKernels _kernels;
    private readonly ProgramValue _input;
    private readonly ProgramValue _weight;
    private readonly ProgramValue? _bias;
    private readonly ProgramValue _output;
    private readonly float _floor;
    private readonly PaddedPlane _plane;
    private readonly int _taps;
    private readonly int _planes;
    private readonly int _planesPerItem;

    private float* _inputData;
    private float* _weightData;
    private float* _biasData;
    private float* _outputData;
    private byte* _scratch;

    private DepthwiseConvolution(WorkerPool workers, KernelSet kernels, Conv2dParameters p, ProgramValue input, ProgramValue weight, ProgramValue? bias, ProgramValue output, bool backward, bool relu)
    {
        (_workers, _kernels, _input, _weight, _bias, _output) = (workers, kernels.Planes, input, weight, bias, output);
        _floor = relu ? 0 : float.NegativeInfinity;
        _plane = new PaddedPlane(p, input.Shape, output.Shape, backward, overread: 4 * kernels.Lanes);
        _taps = p.KernelHeight * p.KernelWidth;
        _planes = checked(output.Shape.N * output.Shape.C);
        _planesPerItem = (int)Math.Clamp(ItemElements / ((long)output.Shape.H * output.Shape.W), 1, _planes);
    }

    public long WorkspaceBytes => checked(_plane.Bytes * _workers.Threads);

    public static DepthwiseConvolution Forward(WorkerPool workers, KernelSet kernels, Conv2dForward o) =>
        new(workers, kernels, o.Parameters, o.Input, o.Weight, o.Bias, o.Output, backward: false, o.Relu);

    public static DepthwiseConvolution BackwardInput(WorkerPool workers, KernelSet kernels, Conv2dBackwardInput o) =>
        new(workers, kernels, o.Parameters, o.GradOutput, o.Weight, null, o.GradInput, backward: true, relu: false);

    public void Execute(KernelFrame frame)
    {
        _inputData = frame.Float(_input);
        _weightData = frame.Float(_weight);
        _biasData = _bias is null ? null : frame.Float(_bias);
        _outputData = frame.Float(_output);
        _scratch = frame.Workspace;
        _workers.Run(this, (_planes + _planesPerItem - 1) / _planesPerItem);
    }

    public void Run(int item, int worker)
    {
        Shape from = _input.Shape;
        Shape to = _output.Shape;
        float* memory = (float*)(_scratch + worker * _plane.Bytes);
        nint* offsets = (nint*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_plane.Offsets));
        _plane.Clear(memory);
        for (int plane = item * _planesPerItem; plane < Math.Min(_planes, (item + 1) * _planesPerItem); plane++)
        {
            int channel = plane % to.C;
            _plane.Load(_inputData + (nint)plane * from.H * from.W, memory);
            float bias = _biasData == null ? 0 : _biasData[channel];
            _kernels.Convolve(memory, _plane.Pitch, offsets, _weightData + channel * _taps, _taps, bias, _floor, _outputData + (nint)plane * to.H * to.W, to.H, to.W);
        }
    }
}

/// <summary>Weight gradient of a depthwise convolution of stride 1. An item is a channel of all images, in their order.</summary>
internal sealed unsafe class DepthwiseWeightGradient : IKernel, IParallelJob
{
    private readonly WorkerPool _workers;
    private readonly PlaneKernels _kernels;
    private readonly Conv2dBackwardWeight _operation;
    private readonly ProgramValue _gradWeight;
    private readonly PaddedPlane _plane;
    private readonly PaddedPlane _gradient;
    private readonly int _columns;
    private readonly int _taps;

    private float* _inputData;
    private float* _gradientData;
    private float* _target;
    private byte* _scratch;

    public DepthwiseWeightGradient(WorkerPool workers, KernelSet kernels, Conv2dBackwardWeight operation, ProgramValue gradWeight)
    {
        (_workers, _kernels, _operation, _gradWeight) = (workers, kernels.Planes, operation, gradWeight);
        Conv2dParameters p = operation.Parameters;
        Shape gradient = operation.GradOutput.Shape;
        _columns = checked((gradient.W + kernels.Lanes - 1) / kernels.Lanes * kernels.Lanes);
        _plane = new PaddedPlane(p, operation.Input.Shape, gradient, backward: false, overread: kernels.Lanes);
        _gradient = new PaddedPlane(new Conv2dParameters(1, 1), gradient, new Shape(1, 1, gradient.H, _columns), backward: false, overread: 0);
        _taps = p.KernelHeight * p.KernelWidth;
    }

    public long WorkspaceBytes => checked(WorkerBytes * _workers.Threads);

    private long WorkerBytes => checked(_plane.Bytes + _gradient.Bytes);

    public void Execute(KernelFrame frame)
    {
        _inputData = frame.Float(_operation.Input);
        _gradientData = frame.Float(_operation.GradOutput);
        _target = frame.Float(_gradWeight);
        _scratch = frame.Workspace;
        _workers.Run(this, _operation.Input.Shape.C);
    }

    public void Run(int item, int worker)
    {
        Shape from = _operation.Input.Shape;
        Shape to = _operation.GradOutput.Shape;
        float* plane = (float*)(_scratch + worker * WorkerBytes);
        float* gradient = (float*)(_scratch + worker * WorkerBytes + _plane.Bytes);
        nint* offsets = (nint*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_plane.Offsets));
        float* sums = stackalloc float[_plane.Offsets.Length];
        new Span<float>(sums, _plane.Offsets.Length).Clear();
        _plane.Clear(plane);
        _gradient.Clear(gradient);
        for (int image = 0; image < from.N; image++)
        {
            nint at = (nint)image * from.C + item;
            _plane.Load(_inputData + at * from.H * from.W, plane);
            _gradient.Load(_gradientData + at * to.H * to.W, gradient);
            _kernels.AddProducts(gradient, _gradient.Pitch, plane, _plane.Pitch, offsets, _plane.Offsets.Length, to.H, _columns, sums);
        }

        for (int t = 0; t < _taps; t++)
        {
            _target[item * _taps + t] += sums[t];
        }
    }
}
