using FcnSharp.Tensors.Cpu.Blocked;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Which algorithm computes a convolution: a fixed table by shapes, made from measurements (docs/performance.md), of which the
/// first line that fits is taken. Never a measurement at run time, which would give other bits from one run to the next.
/// The table that people see is this one.
/// </summary>
internal sealed class ConvolutionRules
{
    /// <summary>Channels a group needs on both sides for vectors of channels to be filled well enough.</summary>
    private const int LeastChannels = 16;

    /// <summary>Outputs of a 1x1 kernel below which vectors of pixels are filled better than vectors of channels.</summary>
    private const int FewOutputs = 32;

    /// <summary>Pixels of a map from which 1x1 kernels are faster on planes as they lie: enough to fill vectors, and to outweigh a pass over the weights.</summary>
    private const long LeastPixelsOfPlanes = 300;

    /// <summary>Weights of a 1x1 kernel above which vectors of channels are faster, as their tiles read them fewer times.</summary>
    private const long MostWeightsOfPlanes = 1 << 20;

    /// <summary>Outputs of a 1x1 kernel up to which its weight gradient is faster as products of planes than on vectors of channels.</summary>
    private const int MostOutputsOfWeightGradient = 48;

    /// <summary>Pixels of a map from which weight gradients of 1x1 kernels are fastest as sums over pixels, with vectors of 16 lanes.</summary>
    private const long LeastPixelsOfSums16 = 100;

    /// <summary>The same with shorter vectors, where there are more outputs than <see cref="MostOutputsOfSums"/>.</summary>
    private const long LeastPixelsOfSums = 300;

    /// <summary>Outputs up to which the size of the map does not matter to them, unless there are <see cref="LeastWeightsOfMatrix"/>.</summary>
    private const int MostOutputsOfSums = 64;

    /// <summary>Pixels of a map below which weight gradients of 1x1 kernels may be faster as products that lie as the weights do.</summary>
    private const long LeastPixelsOfTurnedSums = 300;

    /// <summary>Weights of a 1x1 kernel from which turning the sums over few pixels costs more than it saves elsewhere.</summary>
    private const long LeastWeightsOfMatrix = 1 << 18;

    /// <summary>Outputs of a map from which tiles pay for 3x3 kernels.</summary>
    private const long LeastPixels = 40;

    /// <summary>Outputs below which constant 3x3 kernels get the smallest tile: a larger one would take more memory for them, and the time to read it.</summary>
    private const long SmallPixelsOfConstantWeights = 100;

    /// <summary>Outputs of a map from which 5x5 kernels that change are worth transforming.</summary>
    private const long LeastPixels5x5 = 100;

    /// <summary>Outputs of a map from which the larger tile pays.</summary>
    private const long LargePixels = 2_000;

    /// <summary>The same for weights that change, of which none are kept between two executions.</summary>
    private const long LargePixelsOfChangingWeights = 600;

    /// <summary>Input channels from which 7x7 kernels that change are worth transforming.</summary>
    private const int LeastChannels7x7 = 128;

    /// <summary>Strides from which on the phases of a data gradient have so few taps that nothing is gained.</summary>
    private const int MostStride = 4;

    /// <summary>Taps of a kernel that are packed in the memory of a worker's stack.</summary>
    private const int MostTaps = 121;

    /// <summary>Padding up to which a first layer's input is copied with its zeros.</summary>
    private const int MostFirstPadding = 512;

    /// <summary>Kernel and padding up to which rows of a first layer's gradient with their zeros stay in a near cache.</summary>
    private const int MostImageReach = 64;

    /// <param name="kernels">The instruction set.</param>
    /// <param name="precision">Whether minimal filtering is allowed.</param>
    public ConvolutionRules(BlockedKernels kernels, Precision precision)
    {
        int lanes = kernels.Lanes;

        // Scores of few classes: pixels side by side fill the vectors, classes would not.
        var scores = new ConvolutionRule(ConvolutionAlgorithm.PlaneRuns, Kernel(1), new($"fewer than {FewOutputs} outputs", s => s.Outputs < FewOutputs));
        static ConvolutionRule Pixelwise(ConvolutionAlgorithm algorithm, params ConvolutionCondition[] conditions) =>
            new(algorithm, [Kernel(1), Plain, Unpadded, .. conditions]);
        var oneGroup = new ConvolutionCondition("one group", s => s.Parameters.Groups == 1);
        ConvolutionCondition UpToOutputs(int most) => new($"{LeastChannels} inputs or more to up to {most} outputs", s => s.Inputs >= LeastChannels && s.Outputs <= most);
        var manyPixels = new ConvolutionCondition($"{LeastPixelsOfPlanes} pixels or more", s => s.Pixels >= LeastPixelsOfPlanes);
        ConvolutionRule largePlanes = Pixelwise(ConvolutionAlgorithm.Planes, ManyChannels, manyPixels, new($"up to {MostWeightsOfPlanes} weights", s => s.Inputs * (long)s.Outputs <= MostWeightsOfPlanes));
        ConvolutionRule[] tiles = Tiles(precision);
        ConvolutionRule pointwise = Pixelwise(ConvolutionAlgorithm.Pointwise, ManyChannels);
        ConvolutionCondition[] direct =
        [
            ManyChannels,
            new($"stride up to {MostStride}", s => Math.Max(s.Parameters.StrideHeight, s.Parameters.StrideWidth) <= MostStride),
            new($"up to {MostTaps} taps", s => Taps(s) <= MostTaps),
        ];
        var firstLayer = new ConvolutionRule(
            ConvolutionAlgorithm.FirstLayer,
            new("3 or 4 inputs", s => s.Parameters.Groups == 1 && s.Inputs is 3 or 4),
            new($"{LeastChannels} outputs or more", s => s.Outputs >= LeastChannels),
            new($"stride up to 2 across and {MostStride} down, no dilation across", s => s.Parameters is { DilationWidth: 1, StrideWidth: <= 2, StrideHeight: <= MostStride }),
            new($"padding, kernel and dilation down up to {MostFirstPadding}", s => Math.Max(Math.Max(s.Parameters.PaddingHeight, s.Parameters.PaddingWidth), Math.Max(s.Parameters.KernelHeight, s.Parameters.DilationHeight)) <= MostFirstPadding),
            new($"up to {MostTaps} taps", s => Taps(s) <= MostTaps));
        var rest = new ConvolutionRule(ConvolutionAlgorithm.PlaneRuns);

        var depthwise = new ConvolutionRule(
            ConvolutionAlgorithm.Depthwise,
            new("a group a channel", s => s.Inputs == 1 && s.Outputs == 1),
            new("stride 1", s => s.Parameters is { StrideHeight: 1, StrideWidth: 1 }),
            new($"up to {MostTaps} taps", s => Taps(s) <= MostTaps));

        // On vectors of 16 lanes runs of planes are faster for so few outputs.
        ConvolutionRule[] someOutputs = lanes == 16 ? [] : [Pixelwise(ConvolutionAlgorithm.Planes, ManyChannels, manyPixels, new($"fewer than {FewOutputs} outputs", s => s.Outputs < FewOutputs))];
        Forward = [depthwise, .. someOutputs, scores, largePlanes, pointwise, .. tiles, new(ConvolutionAlgorithm.Direct, direct), firstLayer, rest];

        // A tile is two vectors of channels wide: of one or less, half of what it computes would be thrown away.
        BackwardInput = [depthwise, Pixelwise(ConvolutionAlgorithm.Planes, UpToOutputs(FewOutputs - 1)), largePlanes, pointwise, .. tiles, new(ConvolutionAlgorithm.Direct, [.. direct, new($"more than {lanes} inputs", s => s.Inputs > lanes)]), new(ConvolutionAlgorithm.ImageRows, FirstLayerInputGradient.Conditions(MostImageReach)), rest];

        // Two vectors of outputs are computed at a time: of one of 16 lanes or less, half would be thrown away.
        int leastOutputs = Math.Max(LeastChannels, lanes + 1);
        ConvolutionRule pixelSums = Pixelwise(
            ConvolutionAlgorithm.Pixels,
            oneGroup,
            new($"{LeastChannels} inputs or more to {leastOutputs} outputs or more", s => s.Inputs >= LeastChannels && s.Outputs >= leastOutputs),
            lanes == 16
                ? new($"{LeastPixelsOfSums16} pixels or more", s => s.Pixels >= LeastPixelsOfSums16)
                : new($"{LeastPixelsOfSums} pixels or more, or up to {MostOutputsOfSums} outputs", s => s.Pixels >= LeastPixelsOfSums || s.Outputs <= MostOutputsOfSums));
        var smallMap = new ConvolutionCondition($"fewer than {LeastPixelsOfTurnedSums} pixels", s => s.Pixels < LeastPixelsOfTurnedSums);
        ConvolutionRule matrix = Pixelwise(ConvolutionAlgorithm.Matrix, oneGroup, ManyChannels, smallMap);
        ConvolutionRule largeMatrix = Pixelwise(ConvolutionAlgorithm.Matrix, oneGroup, ManyChannels, smallMap, new($"{LeastWeightsOfMatrix} weights or more", s => s.Inputs * (long)s.Outputs >= LeastWeightsOfMatrix));
        BackwardWeight = [depthwise, largeMatrix, pixelSums, Pixelwise(ConvolutionAlgorithm.Planes, oneGroup, UpToOutputs(MostOutputsOfWeightGradient)), matrix, .. tiles.Where(t => t.Algorithm != ConvolutionAlgorithm.TinyTiles), new(ConvolutionAlgorithm.Direct, direct), firstLayer, rest];
        ConvolutionRule[] strideTiles = precision == Precision.Exact ? [] : [new(ConvolutionAlgorithm.StrideTiles, StrideBlockTiles.Conditions(kernels))];
        TransposedForward = [.. strideTiles, new(ConvolutionAlgorithm.StrideBlocks, StrideBlocks.Conditions(kernels)), rest];
        TransposedBackward = [new(ConvolutionAlgorithm.StrideBlocks, StrideBlocks.BackwardConditions(kernels)), new(ConvolutionAlgorithm.Depthwise, WindowBackwardWeight.Conditions(lanes)), rest];
    }

    /// <summary>Convolutions, forward.</summary>
    public IReadOnlyList<ConvolutionRule> Forward { get; }

    /// <summary>Gradients of their inputs, of whose maps tiles are cut.</summary>
    public IReadOnlyList<ConvolutionRule> BackwardInput { get; }

    /// <summary>Gradients of their weights.</summary>
    public IReadOnlyList<ConvolutionRule> BackwardWeight { get; }

    /// <summary>Transposed convolutions, forward.</summary>
    public IReadOnlyList<ConvolutionRule> TransposedForward { get; }

    /// <summary>Both gradients of transposed convolutions.</summary>
    public IReadOnlyList<ConvolutionRule> TransposedBackward { get; }

    private static ConvolutionCondition Plain { get; } = new("stride 1, no dilation", s => s.Parameters is { StrideHeight: 1, StrideWidth: 1, DilationHeight: 1, DilationWidth: 1 });

    private static ConvolutionCondition Unpadded { get; } = new("no padding", s => s.Parameters is { PaddingHeight: 0, PaddingWidth: 0 });

    private static ConvolutionCondition LargeMap { get; } = new(
        $"{LargePixels} pixels or more, {LargePixelsOfChangingWeights} where weights change, in maps for which {WinogradScheme.Conv3x3Large} multiplies less than {WinogradScheme.Conv3x3Small}",
        s => s.Pixels >= (s.ConstantWeights ? LargePixels : LargePixelsOfChangingWeights) && s.Points(WinogradScheme.Conv3x3Large) < s.Points(WinogradScheme.Conv3x3Small));

    private static ConvolutionCondition ManyChannels { get; } = new($"{LeastChannels} inputs and outputs or more", s => s.Inputs >= LeastChannels && s.Outputs >= LeastChannels);

    /// <summary>The algorithm of the first rule that fits; the last one always does.</summary>
    public static ConvolutionAlgorithm Choose(IReadOnlyList<ConvolutionRule> rules, ConvolutionSite site) => rules.First(r => r.Fits(site)).Algorithm;

    /// <summary>Whether maps of every size get the same algorithm.</summary>
    public static bool IsForAnyMap(IReadOnlyList<ConvolutionRule> rules, ConvolutionSite site) =>
        Choose(rules, site with { Map = new Shape(1, 1, 1, 1) }) == Choose(rules, site with { Map = new Shape(1, 1, short.MaxValue, short.MaxValue) });

    /// <summary>For constant 5x5 and 7x7 kernels it does not depend on the map, so that their weights can be kept in its layout alone.</summary>
    private static ConvolutionRule[] Tiles(Precision precision) => precision == Precision.Exact ? [] :
    [
        new(ConvolutionAlgorithm.LargeTiles, Kernel(3), Plain, ManyChannels, LargeMap),
        new(ConvolutionAlgorithm.TinyTiles, Kernel(3), Plain, ManyChannels, new($"constant weights, {LeastPixels} to {SmallPixelsOfConstantWeights - 1} pixels", s => s.ConstantWeights && s.Pixels is >= LeastPixels and < SmallPixelsOfConstantWeights)),
        new(ConvolutionAlgorithm.SmallTiles, Kernel(3), Plain, ManyChannels, new($"{LeastPixels} pixels or more", s => s.Pixels >= LeastPixels)),
        new(ConvolutionAlgorithm.Tiles5x5, Kernel(5), Plain, ManyChannels, new($"constant weights or {LeastPixels5x5} pixels", s => s.ConstantWeights || s.Pixels >= LeastPixels5x5)),
        new(ConvolutionAlgorithm.Tiles7x7, Kernel(7), Plain, ManyChannels, new($"constant weights or {LeastChannels7x7} inputs", s => s.ConstantWeights || s.Inputs >= LeastChannels7x7)),
    ];

    private static ConvolutionCondition Kernel(int edge) => new($"{edge}x{edge}", s => s.Parameters.KernelHeight == edge && s.Parameters.KernelWidth == edge);

    private static long Taps(ConvolutionSite site) => site.Parameters.KernelHeight * (long)site.Parameters.KernelWidth;
}
