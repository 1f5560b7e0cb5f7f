using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>The processor: SIMD kernels of the best instruction set there is, on the threads of a worker pool.</summary>
public sealed class CpuDevice : HostDevice
{
    private readonly WorkerPool _workers;
    private readonly KernelSet _kernels;
    private readonly ConvolutionChoice _convolutions;
    private readonly Lock _solverGate = new();
    private readonly SgdStepJob _sgd = new();
    private readonly AdamWStepJob _adamW = new();

    /// <summary>Creates the device.</summary>
    /// <param name="workers">The threads to run on; null for the pool of the process.</param>
    /// <param name="kernels">The instruction set; null for the best.</param>
    /// <param name="precision">Whether convolutions may take a short cut that rounds more.</param>
    /// <param name="memoryBudget">Bytes that plans may take; null for what the machine has available.</param>
    /// <exception cref="FcnSharpException">This machine lacks the instruction set.</exception>
    public CpuDevice(WorkerPool? workers = null, KernelSet? kernels = null, Precision precision = Precision.Fast, long? memoryBudget = null)
        : base(memoryBudget)
    {
        _workers = workers ?? WorkerPool.Shared;
        _kernels = kernels ?? KernelSet.Best;
        Precision = precision;
        _convolutions = new ConvolutionChoice(_workers, _kernels, precision);
        if (!_kernels.IsSupported)
        {
            throw new FcnSharpException($"This machine has no {_kernels.Name} instructions; it has {string.Join(", ", KernelSet.All.Where(s => s.IsSupported).Select(s => s.Name))}.");
        }
    }

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <summary>The instruction set that it computes with.</summary>
    public KernelSet Kernels => _kernels;

    /// <summary>Whether convolutions may take a short cut that rounds more.</summary>
    public Precision Precision { get; }

    /// <inheritdoc/>
    public override string Description => $"{_kernels.Name} kernels, {_workers.Threads} thread{(_workers.Threads == 1 ? "" : "s")}";

    /// <inheritdoc/>
    public override void SgdStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor velocity, SgdCoefficients coefficients)
    {
        CheckSameShape(weight, gradient, velocity);
        lock (_solverGate)
        {
            _sgd.Run(_workers, (HostTensor)weight, (HostTensor)gradient, (HostTensor)velocity, coefficients);
        }
    }

    /// <inheritdoc/>
    public override void AdamWStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor firstMoment, IDeviceTensor secondMoment, AdamWCoefficients coefficients)
    {
        CheckSameShape(weight, gradient, firstMoment, secondMoment);
        lock (_solverGate)
        {
            _adamW.Run(_workers, (HostTensor)weight, (HostTensor)gradient, (HostTensor)firstMoment, (HostTensor)secondMoment, coefficients);
        }
    }

    internal override IKernel CreateKernel(Operation operation, bool constantParameters) => operation switch
    {
        Conv2dForward o => _convolutions.Forward(o, constantParameters),
        Conv2dMaxPoolForward o => _convolutions.Forward(o, constantParameters),
        Conv2dBackwardInput o => _convolutions.BackwardInput(o, constantParameters),
        Conv2dBackwardWeight o => Gradients(o.GradWeight is { } w ? _convolutions.BackwardWeight(o, w) : null, o.GradOutput, o.GradBias),
        ConvTranspose2dForward o => _convolutions.Forward(o, constantParameters),
        ConvTranspose2dBackwardInput o => _convolutions.BackwardInput(o),
        ConvTranspose2dBackwardWeight o => Gradients(o.GradWeight is { } w ? _convolutions.BackwardWeight(o, w) : null, o.GradOutput, o.GradBias),
        MaxPool2dForward o => new MaxPoolForwardKernel(_workers, _kernels, o),
        MaxPool2dBackward o => new MaxPoolBackwardKernel(_workers, _kernels, o),
        ReluForward o => new ReluForwardKernel(_workers, _kernels, o),
        ReluBackward o => new ReluBackwardKernel(_workers, _kernels, o),
        DropoutApply o => new DropoutKernel(_workers, _kernels, o),
        CropForward o => new CropForwardKernel(_workers, o),
        CropBackward o => new CropBackwardKernel(_workers, o),
        SumForward o => new SumKernel(_workers, _kernels, o),
        SoftmaxCrossEntropyForward o => new SoftmaxLossForwardKernel(_workers, _kernels, o),
        SoftmaxCrossEntropyBackward o => new SoftmaxLossBackwardKernel(_workers, _kernels, o),
        ArgMaxForward o => new ArgMaxKernel(_workers, _kernels, o),
        BilinearResize2dForward o => new BilinearResizeForwardKernel(_workers, o),
        BilinearResize2dBackward o => new BilinearResizeBackwardKernel(_workers, o),
        BatchNorm2dStatistics o => new BatchNormStatisticsKernel(_workers, _kernels, o),
        BatchNorm2dRunningStatistics o => new BatchNormRunningStatisticsKernel(o),
        BatchNorm2dNormalize o => new BatchNormNormalizeKernel(_workers, _kernels, o),
        BatchNorm2dGradientSums o => new BatchNormGradientSumsKernel(_workers, _kernels, o),
        BatchNorm2dBackwardWeight o => new BatchNormBackwardWeightKernel(o),
        BatchNorm2dBackwardInput o => new BatchNormBackwardInputKernel(_workers, _kernels, o),
        AvgPool2dForward o => new AvgPoolForwardKernel(_workers, _kernels, o),
        AvgPool2dBackward o => new AvgPoolBackwardKernel(_workers, _kernels, o),
        MaxUnpool2dForward o => new MaxUnpoolForwardKernel(_workers, o),
        MaxUnpool2dBackward o => new MaxUnpoolBackwardKernel(_workers, o),
        LocalResponseNormForward o => new LocalResponseNormForwardKernel(_workers, _kernels, o),
        LocalResponseNormBackward o => new LocalResponseNormBackwardKernel(_workers, _kernels, o),
        ConcatForward o => new ConcatKernel(_workers, o),
        SliceChannels o => new SliceChannelsKernel(_workers, o),
        ScaleApply o => new ScaleKernel(_workers, _kernels, o),
        WeightedSumForward o => new WeightedSumKernel(_workers, _kernels, o),
        Pad2dForward o => new Pad2dKernel(_workers, o),
        SoftmaxForward o => new SoftmaxForwardKernel(_workers, _kernels, o),
        SoftmaxBackward o => new SoftmaxBackwardKernel(_workers, _kernels, o),
        ClassifyPixelsForward o => new ClassifyPixelsKernel(_workers, _kernels, o),
        _ => throw new NotSupportedException($"The CPU device has no {operation.Kind}."),
    };

    private protected override TensorProgram Rewrite(TensorProgram program) => 
        OperationFusion.Fuse(program, conv => _convolutions.CanPool(conv, program.ConstantParameters));

    private ParameterGradients Gradients(IKernel? weight, ProgramValue gradOutput, ProgramValue? gradBias) =>
        new(weight, gradBias is null ? null : new BiasGradientKernel(_workers, _kernels.Planes, gradOutput, gradBias));

    /// <summary>The weight's gradient and the bias's, one after the other.</summary>
    private sealed class ParameterGradients(IKernel? weight, BiasGradientKernel? bias) : IKernel
    {
        public long WorkspaceBytes => weight?.WorkspaceBytes ?? 0;

        public void Execute(KernelFrame frame)
        {
            weight?.Execute(frame);
            bias?.Execute(frame);
        }
    }
}
