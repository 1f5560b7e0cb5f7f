using FcnSharp.Tensors.Cpu.Blocked;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Makes the kernels of convolutions by the algorithms that <see cref="ConvolutionRules"/> choose.</summary>
internal sealed class ConvolutionChoice(WorkerPool workers, KernelSet kernels, Precision precision)
{
    private readonly BlockedKernels _blocked = kernels.Blocked;
    private readonly ConvolutionRules _rules = new(kernels.Blocked, precision);

    public IKernel Forward(Conv2dForward o, bool constantWeights)
    {
        Conv2dParameters p = o.Parameters;
        var site = new ConvolutionSite(p, o.Weight.Shape, o.Output.Shape, constantWeights);
        ConvolutionAlgorithm algorithm = ConvolutionRules.Choose(_rules.Forward, site);
        bool anyMap = ConvolutionRules.IsForAnyMap(_rules.Forward, site);
        return algorithm.Scheme is { } scheme
            ? new BlockedConvolution(workers, _blocked, scheme, o.Input, o.Weight, o.Bias, o.Output, new BlockedOptions(p.PaddingHeight, p.PaddingWidth, p.Groups, Relu: o.Relu, ConstantWeights: constantWeights), anyMap)
            : algorithm == ConvolutionAlgorithm.Direct
            ? new DirectConvolution(workers, _blocked, ConvolutionPhase.ToCoarse(p, o.Output.Shape), o.Input, o.Weight, o.Bias, o.Output, new BlockedOptions(0, 0, p.Groups, Relu: o.Relu, ConstantWeights: constantWeights), anyMap)
            : algorithm == ConvolutionAlgorithm.FirstLayer
            ? new FirstLayerConvolution(workers, _blocked, o, constantWeights)
            : algorithm == ConvolutionAlgorithm.Planes
            ? new PlaneConvolution(workers, _blocked, o.Input, o.Weight, o.Bias, o.Output, new BlockedOptions(0, 0, p.Groups, Relu: o.Relu, ConstantWeights: constantWeights), anyMap)
            : algorithm == ConvolutionAlgorithm.Depthwise
            ? DepthwiseConvolution.Forward(workers, kernels, o)
            : GemmConvolution.Forward(workers, kernels, o);
    }

    /// <summary>Whether a convolution can pool its outputs while it has them: tiles of an even edge.</summary>
    public bool CanPool(Conv2dForward o, bool constantWeights) =>
        ConvolutionRules.Choose(_rules.Forward, new ConvolutionSite(o.Parameters, o.Weight.Shape, o.Output.Shape, constantWeights)).Scheme is { Kernel: 3 };

    public IKernel Forward(Conv2dMaxPoolForward o, bool constantWeights)
    {
        Conv2dParameters p = o.Parameters;
        WinogradScheme scheme = ConvolutionRules.Choose(_rules.Forward, new ConvolutionSite(p, o.Weight.Shape, o.Unpooled, constantWeights)).Scheme!;
        return new BlockedConvolution(workers, _blocked, scheme, o.Input, o.Weight, o.Bias, o.Output, new BlockedOptions(p.PaddingHeight, p.PaddingWidth, p.Groups, Relu: o.Relu, ConstantWeights: constantWeights, Unpooled: o.Unpooled), anyMap: false);
    }

    public IKernel BackwardInput(Conv2dBackwardInput o, bool constantWeights)
    {
        Conv2dParameters p = o.Parameters;
        var site = new ConvolutionSite(p, o.Weight.Shape, o.GradInput.Shape, constantWeights);
        ConvolutionAlgorithm algorithm = ConvolutionRules.Choose(_rules.BackwardInput, site);
        bool anyMap = ConvolutionRules.IsForAnyMap(_rules.BackwardInput, site);
        return algorithm.Scheme is { } scheme
            ? new BlockedConvolution(workers, _blocked, scheme, o.GradOutput, o.Weight, null, o.GradInput, new BlockedOptions(p.KernelHeight - 1 - p.PaddingHeight, p.KernelWidth - 1 - p.PaddingWidth, p.Groups, Backward: true, ConstantWeights: constantWeights), anyMap)
            : algorithm == ConvolutionAlgorithm.Direct
            ? new DirectConvolution(workers, _blocked, ConvolutionPhase.ToFine(p, o.GradInput.Shape), o.GradOutput, o.Weight, null, o.GradInput, new BlockedOptions(0, 0, p.Groups, Backward: true, ConstantWeights: constantWeights), anyMap)
            : algorithm == ConvolutionAlgorithm.Depthwise
            ? DepthwiseConvolution.BackwardInput(workers, kernels, o)
            : algorithm == ConvolutionAlgorithm.Planes
            ? new PlaneConvolution(workers, _blocked, o.GradOutput, o.Weight, null, o.GradInput, new BlockedOptions(0, 0, p.Groups, Backward: true, ConstantWeights: constantWeights), anyMap)
            : algorithm == ConvolutionAlgorithm.ImageRows
            ? new FirstLayerInputGradient(workers, kernels, o)
            : GemmConvolution.BackwardInput(workers, kernels, o);
    }

    public IKernel BackwardWeight(Conv2dBackwardWeight o, ProgramValue gradWeight)
    {
        ConvolutionAlgorithm algorithm = ConvolutionRules.Choose(_rules.BackwardWeight, new ConvolutionSite(o.Parameters, gradWeight.Shape, o.GradOutput.Shape, ConstantWeights: false));
        return algorithm.Scheme is { } scheme
            ? new WinogradWeightGradient(workers, _blocked, scheme, o, gradWeight)
            : algorithm == ConvolutionAlgorithm.Direct
            ? new DirectWeightGradient(workers, _blocked, o, gradWeight)
            : algorithm == ConvolutionAlgorithm.FirstLayer
            ? new FirstLayerWeightGradient(workers, _blocked, o, gradWeight)
            : algorithm == ConvolutionAlgorithm.Depthwise
            ? new DepthwiseWeightGradient(workers, kernels, o, gradWeight)
            : algorithm == ConvolutionAlgorithm.Pixels
            ? new PointwiseWeightGradient(workers, _blocked, o, gradWeight)
            : algorithm == ConvolutionAlgorithm.Matrix
            ? new MatrixWeightGradient(workers, _blocked, o, gradWeight)
            : algorithm == ConvolutionAlgorithm.Planes
            ? new PlaneWeightGradient(workers, kernels, o, gradWeight)
            : WeightGradient.Of(workers, kernels, o, gradWeight);
    }

    public IKernel Forward(ConvTranspose2dForward o, bool constantWeights)
    {
        ConvolutionAlgorithm algorithm = Transposed(_rules.TransposedForward, o.Parameters, o.Weight.Shape, o.Output.Shape, constantWeights);
        return algorithm == ConvolutionAlgorithm.StrideTiles
            ? new StrideBlockTiles(workers, _blocked, o)
            : algorithm == ConvolutionAlgorithm.StrideBlocks
            ? new StrideBlocks(workers, _blocked, o, constantWeights)
            : GemmConvolution.Forward(workers, kernels, o);
    }

    public IKernel BackwardInput(ConvTranspose2dBackwardInput o)
    {
        ConvolutionAlgorithm algorithm = Transposed(_rules.TransposedBackward, o.Parameters, o.Weight.Shape, o.GradOutput.Shape, constantWeights: false);
        return algorithm == ConvolutionAlgorithm.StrideBlocks
            ? new StrideBlocksBackwardInput(workers, _blocked, o)
            : algorithm == ConvolutionAlgorithm.Depthwise
            ? new WindowBackwardInput(workers, kernels, o)
            : GemmConvolution.BackwardInput(workers, kernels, o);
    }

    public IKernel BackwardWeight(ConvTranspose2dBackwardWeight o, ProgramValue gradWeight)
    {
        ConvolutionAlgorithm algorithm = Transposed(_rules.TransposedBackward, o.Parameters, gradWeight.Shape, o.GradOutput.Shape, constantWeights: false);
        return algorithm == ConvolutionAlgorithm.StrideBlocks
            ? new StrideBlocksBackwardWeight(workers, _blocked, o, gradWeight)
            : algorithm == ConvolutionAlgorithm.Depthwise
            ? new WindowBackwardWeight(workers, kernels, o, gradWeight)
            : WeightGradient.Of(workers, kernels, o, gradWeight);
    }

    private static ConvolutionAlgorithm Transposed(IReadOnlyList<ConvolutionRule> rules, ConvTranspose2dParameters p, Shape weight, Shape output, bool constantWeights) =>
        ConvolutionRules.Choose(rules, new ConvolutionSite(p.Convolution, weight, output, constantWeights));
}
