using FcnSharp.Tensors.Cpu.Blocked;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Which algorithm computes a convolution: a fixed rule of its shapes, made from measurements (docs/performance.md), and never
/// a measurement at run time, which would give other bits from one run to the next.
/// </summary>
internal sealed class ConvolutionChoice(WorkerPool workers, KernelSet kernels, Precision precision)
{
    /// <summary>Channels a group needs on both sides for vectors of channels to be filled well enough.</summary>
    private const int LeastChannels = 16;

    /// <summary>Outputs of a map below which transforming weights costs more than it saves.</summary>
    private const long LeastPixels = 400;

    /// <summary>Outputs of a map from which the larger tile pays, when its weights are transformed beforehand.</summary>
    private const long LargePixels = 2_000;

    /// <summary>The same when they are transformed at each execution.</summary>
    private const long LargePixelsOfChangingWeights = 10_000;

    /// <summary>Strides from which on the phases of a data gradient have so few taps that nothing is gained.</summary>
    private const int MostStride = 4;

    /// <summary>Taps of a kernel that are packed in the memory of a worker's stack.</summary>
    private const int MostTaps = 121;

    /// <summary>Padding up to which a first layer's input is copied with its zeros.</summary>
    private const int MostFirstPadding = 512;

    public IKernel Forward(Conv2dForward o, bool constantWeights)
    {
        Conv2dParameters p = o.Parameters;
        if (IsScoreLayer(p, o.Weight.Shape))
        {
            return GemmConvolution.Forward(workers, kernels, o);
        }

        return SchemeFor(p, o.Weight.Shape, o.Output.Shape, constantWeights) is { } scheme
            ? new BlockedConvolution(workers, kernels.Blocked, scheme, o.Input, o.Weight, o.Bias, o.Output, new BlockedOptions(p.PaddingHeight, p.PaddingWidth, p.Groups, Relu: o.Relu, ConstantWeights: constantWeights))
            : IsDirect(p, o.Weight.Shape)
            ? new DirectConvolution(workers, kernels.Blocked, ConvolutionPhase.ToCoarse(p, o.Output.Shape), o.Input, o.Weight, o.Bias, o.Output, new BlockedOptions(0, 0, p.Groups, Relu: o.Relu, ConstantWeights: constantWeights), IsDirectForAnyMap(p))
            : IsFirstLayer(p, o.Weight.Shape)
            ? new FirstLayerConvolution(workers, kernels.Blocked, o, constantWeights)
            : GemmConvolution.Forward(workers, kernels, o);
    }

    /// <summary>Whether a convolution can pool its outputs while it has them: tiles of an even edge.</summary>
    public bool CanPool(Conv2dForward o, bool constantWeights) =>
        SchemeFor(o.Parameters, o.Weight.Shape, o.Output.Shape, constantWeights) is { Kernel: 3 };

    public IKernel Forward(Conv2dMaxPoolForward o, bool constantWeights)
    {
        Conv2dParameters p = o.Parameters;
        WinogradScheme scheme = SchemeFor(p, o.Weight.Shape, o.Unpooled, constantWeights)!;
        return new BlockedConvolution(workers, kernels.Blocked, scheme, o.Input, o.Weight, o.Bias, o.Output, new BlockedOptions(p.PaddingHeight, p.PaddingWidth, p.Groups, Relu: o.Relu, ConstantWeights: constantWeights, Unpooled: o.Unpooled));
    }

    public IKernel Forward(ConvTranspose2dForward o) => StrideBlocks.CanCompute(kernels.Blocked, o.Parameters)
        ? new StrideBlocks(workers, kernels.Blocked, o)
        : GemmConvolution.Forward(workers, kernels, o);

    public IKernel BackwardInput(ConvTranspose2dBackwardInput o) => StrideBlocks.CanCompute(kernels.Blocked, o.Parameters)
        ? new StrideBlocksBackwardInput(workers, kernels.Blocked, o)
        : GemmConvolution.BackwardInput(workers, kernels, o);

    public IKernel BackwardWeight(ConvTranspose2dBackwardWeight o, ProgramValue gradWeight) => StrideBlocks.CanCompute(kernels.Blocked, o.Parameters)
        ? new StrideBlocksBackwardWeight(workers, kernels.Blocked, o, gradWeight)
        : WeightGradient.Of(workers, kernels, o, gradWeight);

    public IKernel BackwardInput(Conv2dBackwardInput o, bool constantWeights)
    {
        Conv2dParameters p = o.Parameters;
        return SchemeFor(p, o.Weight.Shape, o.GradInput.Shape, constantWeights) is { } scheme
            ? new BlockedConvolution(workers, kernels.Blocked, scheme, o.GradOutput, o.Weight, null, o.GradInput, new BlockedOptions(p.KernelHeight - 1 - p.PaddingHeight, p.KernelWidth - 1 - p.PaddingWidth, p.Groups, Backward: true, ConstantWeights: constantWeights))
            : IsDirect(p, o.Weight.Shape) && FillsTiles(o.Weight.Shape.C)
            ? new DirectConvolution(workers, kernels.Blocked, ConvolutionPhase.ToFine(p, o.GradInput.Shape), o.GradOutput, o.Weight, null, o.GradInput, new BlockedOptions(0, 0, p.Groups, Backward: true, ConstantWeights: constantWeights), IsDirectForAnyMap(p))
            : GemmConvolution.BackwardInput(workers, kernels, o);
    }

    public IKernel BackwardWeight(Conv2dBackwardWeight o, ProgramValue gradWeight) =>
        SchemeFor(o.Parameters, gradWeight.Shape, o.GradOutput.Shape, constantWeights: false) is { Kernel: > 1 } scheme
            ? new WinogradWeightGradient(workers, kernels.Blocked, scheme, o, gradWeight)
            : IsDirect(o.Parameters, gradWeight.Shape)
            ? new DirectWeightGradient(workers, kernels.Blocked, o, gradWeight)
            : IsFirstLayer(o.Parameters, gradWeight.Shape)
            ? new FirstLayerWeightGradient(workers, kernels.Blocked, o, gradWeight)
            : WeightGradient.Of(workers, kernels, o, gradWeight);

    /// <summary>
    /// The scheme, or null for sums of products as they are. For 1x1 and 7x7 kernels it does not depend on the map, so that
    /// constant weights can be kept in its layout alone.
    /// </summary>
    private WinogradScheme? SchemeFor(Conv2dParameters p, Shape weight, Shape output, bool constantWeights)
    {
        bool plain = p is { StrideHeight: 1, StrideWidth: 1, DilationHeight: 1, DilationWidth: 1 };
        if (!plain || weight.C < LeastChannels || weight.N / p.Groups < LeastChannels)
        {
            return null;
        }

        long pixels = (long)output.N * output.H * output.W;
        switch (p.KernelHeight, p.KernelWidth)
        {
            case (1, 1) when p is { PaddingHeight: 0, PaddingWidth: 0 }:
                return WinogradScheme.Pointwise;
            case (3, 3) when precision == Precision.Fast && pixels >= LeastPixels:
                return pixels >= (constantWeights ? LargePixels : LargePixelsOfChangingWeights) ? WinogradScheme.Conv3x3Large : WinogradScheme.Conv3x3Small;
            case (7, 7) when precision == Precision.Fast && (constantWeights || weight.C >= 128):
                return WinogradScheme.Conv7x7;
            default:
                return null;
        }
    }

    /// <summary>Scores of few classes: pixels side by side fill the vectors, classes would not.</summary>
    private bool IsScoreLayer(Conv2dParameters p, Shape weight) =>
        p is { KernelHeight: 1, KernelWidth: 1 } && weight.N / p.Groups < 2 * kernels.Blocked.Lanes;

    /// <summary>A tile is two vectors of channels wide: of one or less, half of what it computes would be thrown away.</summary>
    private bool FillsTiles(int outputs) => outputs > kernels.Blocked.Lanes;

    /// <summary>Whether sums of products are formed on vectors of channels.</summary>
    private static bool IsDirect(Conv2dParameters p, Shape weight) =>
        weight.C >= LeastChannels && weight.N / p.Groups >= LeastChannels
        && Math.Max(p.StrideHeight, p.StrideWidth) <= MostStride
        && p.KernelHeight * (long)p.KernelWidth <= MostTaps;

    /// <summary>Whether the channels of a pixel are so few that they are laid side by side with those of its neighbours.</summary>
    private static bool IsFirstLayer(Conv2dParameters p, Shape weight) =>
        p.Groups == 1 && (weight.C is 3 or 4) && weight.N >= LeastChannels
        && p.DilationWidth == 1 && p.StrideWidth <= 2 && p.StrideHeight <= MostStride
        && Math.Max(p.PaddingHeight, p.PaddingWidth) <= MostFirstPadding && Math.Max(p.KernelHeight, p.DilationHeight) <= MostFirstPadding
        && p.KernelHeight * (long)p.KernelWidth <= MostTaps;

    /// <summary>Whether that holds for maps of every size.</summary>
    private bool IsDirectForAnyMap(Conv2dParameters p) =>
        precision == Precision.Exact || p is not { KernelHeight: 3, KernelWidth: 3, StrideHeight: 1, StrideWidth: 1, DilationHeight: 1, DilationWidth: 1 };
}
