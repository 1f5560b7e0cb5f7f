using FcnSharp.Tensors.Cpu.Blocked;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Data gradient of a transposed convolution whose channels do not mix and whose kernel's rows are whole vectors: a class's own
/// upsampling. Each number is the product of the kernel and of a window of the gradient. One item a row.
/// </summary>
internal sealed unsafe class WindowBackwardInput : IKernel, IParallelJob
{
    private readonly WorkerPool _workers;
    private readonly PlaneKernels _kernels;
    private readonly ConvTranspose2dBackwardInput _operation;
    private readonly GradientPlanes _planes;
    private float* _gradient;
    private float* _weights;
    private float* _target;

    public WindowBackwardInput(WorkerPool workers, KernelSet kernels, ConvTranspose2dBackwardInput operation)
    {
        (_workers, _kernels, _operation) = (workers, kernels.Planes, operation);
        _planes = new GradientPlanes(workers, operation.Parameters.Convolution, operation.GradOutput.Shape, operation.GradInput.Shape, overread: 0);
    }

    public long WorkspaceBytes => _planes.Bytes;

    public void Execute(KernelFrame frame)
    {
        _gradient = _planes.Run(frame.Float(_operation.GradOutput), (float*)frame.Workspace);
        _weights = frame.Float(_operation.Weight);
        _target = frame.Float(_operation.GradInput);
        Shape result = _operation.GradInput.Shape;
        _workers.Run(this, checked(result.N * result.C * result.H));
    }

    public void Run(int item, int worker)
    {
        Shape result = _operation.GradInput.Shape;
        ConvTranspose2dParameters p = _operation.Parameters;
        int plane = item / result.H;
        float* source = _gradient + plane * _planes.Plane + item % result.H * (nint)p.StrideHeight * _planes.Pitch;
        float* weights = _weights + plane % result.C * (nint)p.KernelHeight * p.KernelWidth;
        _kernels.SumWindows(source, _planes.Pitch, p.StrideWidth, weights, p.KernelHeight, p.KernelWidth, _target + (nint)item * result.W, result.W);
    }
}

/// <summary>Weight gradient of the same: the sum of windows of the gradient, each times its pixel. One item a channel.</summary>
internal sealed unsafe class WindowBackwardWeight : IKernel, IParallelJob
{
    private readonly WorkerPool _workers;
    private readonly PlaneKernels _kernels;
    private readonly ConvTranspose2dBackwardWeight _operation;
    private readonly ProgramValue _gradWeight;
    private readonly GradientPlanes _planes;
    private float* _gradient;
    private float* _input;
    private float* _target;

    public WindowBackwardWeight(WorkerPool workers, KernelSet kernels, ConvTranspose2dBackwardWeight operation, ProgramValue gradWeight)
    {
        (_workers, _kernels, _operation, _gradWeight) = (workers, kernels.Planes, operation, gradWeight);
        _planes = new GradientPlanes(workers, operation.Parameters.Convolution, operation.GradOutput.Shape, operation.Input.Shape, overread: 0);
    }

    public long WorkspaceBytes => _planes.Bytes;

    /// <summary>What these gradients can compute.</summary>
    public static ConvolutionCondition[] Conditions(int lanes) =>
    [
        new("a group a channel", s => s.Weight.C == 1 && s.Weight.N == s.Parameters.Groups),
        new("no dilation", s => s.Parameters is { DilationHeight: 1, DilationWidth: 1 }),
        new($"kernel width a multiple of {lanes}, height of 4", s => s.Parameters.KernelWidth % lanes == 0 && s.Parameters.KernelHeight % 4 == 0),
    ];

    public void Execute(KernelFrame frame)
    {
        _gradient = _planes.Run(frame.Float(_operation.GradOutput), (float*)frame.Workspace);
        _input = frame.Float(_operation.Input);
        _target = frame.Float(_gradWeight);
        _workers.Run(this, _operation.Input.Shape.C);
    }

    public void Run(int item, int worker)
    {
        Shape input = _operation.Input.Shape;
        ConvTranspose2dParameters p = _operation.Parameters;
        for (int image = 0; image < input.N; image++)
        {
            nint plane = (nint)image * input.C + item;
            _kernels.AddWindows(
                _gradient + plane * _planes.Plane, _planes.Pitch, p.StrideWidth, p.StrideHeight * _planes.Pitch,
                _input + plane * input.H * input.W, input.H, input.W, _target + item * (nint)p.KernelHeight * p.KernelWidth, p.KernelHeight, p.KernelWidth);
        }
    }
}
