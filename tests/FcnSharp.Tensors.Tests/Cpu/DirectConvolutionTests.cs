using FcnSharp.TestKit;
using FcnSharp.Tensors.Operations;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>
/// Convolutions computed as sums of products on vectors of channels: at least 16 channels on both sides, or three at a first
/// layer. Sizes lie around whole tiles, runs of positions and blocks of channels.
/// </summary>
public sealed class DirectConvolutionTests
{
    private static readonly ConvolutionCase[] All =
    [
        new("3x3, small map", new Shape(1, 16, 6, 6), 32, Conv2dParameters.Square(3, padding: 1), null),
        new("3x3, odd channels, batch of 3", new Shape(3, 33, 5, 9), 41, Conv2dParameters.Square(3, padding: 1), null),
        new("3x3, valid", new Shape(1, 20, 8, 19), 17, Conv2dParameters.Square(3), null),
        new("3x3, stride 2", new Shape(1, 32, 15, 14), 48, Conv2dParameters.Square(3, stride: 2, padding: 1), null),
        new("3x3, stride 2, batch of 2, odd channels", new Shape(2, 19, 14, 17), 35, Conv2dParameters.Square(3, stride: 2, padding: 1), null),
        new("3x3, stride 3 leaves columns over", new Shape(1, 16, 13, 12), 16, Conv2dParameters.Square(3, stride: 3), null),
        new("2x2, stride 4: inputs nobody sees", new Shape(1, 17, 13, 15), 18, Conv2dParameters.Square(2, stride: 4), null),
        new("3x2, stride 2x1", new Shape(1, 16, 11, 9), 24, new Conv2dParameters(3, 2) { StrideHeight = 2, PaddingHeight = 1 }, null),
        new("1x1, stride 2", new Shape(1, 64, 9, 11), 40, Conv2dParameters.Square(1, stride: 2), null),
        new("1x1, padding 1", new Shape(2, 16, 4, 5), 33, Conv2dParameters.Square(1, padding: 1), null),
        new("1x1, stride 2: rows of the gradient that no tap reaches", new Shape(1, 80, 8, 7), 96, Conv2dParameters.Square(1, stride: 2), null),
        new("1x1, stride larger than the map", new Shape(2, 16, 2, 3), 16, Conv2dParameters.Square(1, stride: 4), null),
        new("5x5, padding 2", new Shape(1, 24, 12, 15), 33, Conv2dParameters.Square(5, padding: 2), null),
        new("3x3, dilation 2", new Shape(1, 16, 11, 13), 20, Conv2dParameters.Square(3, padding: 2, dilation: 2), null),
        new("3x3, dilation 2, stride 2", new Shape(1, 16, 11, 13), 20, Conv2dParameters.Square(3, stride: 2, padding: 2, dilation: 2), null),
        new("3x3, 2 groups, stride 2", new Shape(2, 34, 11, 10), 40, Conv2dParameters.Square(3, stride: 2, padding: 1, groups: 2), null),
        new("3x3, padding 4: taps that see only zeros", new Shape(1, 16, 3, 4), 16, Conv2dParameters.Square(3, padding: 4), null),
        new("1x9 on one row", new Shape(1, 16, 1, 300), 16, new Conv2dParameters(1, 9) { PaddingWidth = 4 }, null),
        new("9x1 on one column", new Shape(1, 16, 300, 1), 16, new Conv2dParameters(9, 1) { PaddingHeight = 4 }, null),
        new("5x5, many positions and outputs", new Shape(1, 48, 30, 33), 130, Conv2dParameters.Square(5, padding: 2), null),
        new("first layer, 3x3, padding 1", new Shape(1, 3, 17, 29), 33, Conv2dParameters.Square(3, padding: 1), null),
        new("first layer, 3x3, padding 100, batch of 2", new Shape(2, 3, 5, 7), 16, Conv2dParameters.Square(3, padding: 20), null),
        new("first layer, 7x7, stride 2", new Shape(2, 3, 30, 27), 64, Conv2dParameters.Square(7, stride: 2, padding: 3), null),
        new("first layer, 5x3, dilation 2", new Shape(1, 3, 19, 16), 20, new Conv2dParameters(5, 3) { DilationHeight = 2, PaddingHeight = 1, PaddingWidth = 2 }, null),
        new("first layer, many rows", new Shape(1, 3, 70, 45), 48, Conv2dParameters.Square(3), null),
        new("first layer, 4 channels", new Shape(1, 4, 12, 13), 17, Conv2dParameters.Square(3, padding: 1), null),
    ];

    public static TheoryData<string> Cases => [.. All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whole_numbers_give_exactly_the_reference_on_every_kernel_set_and_thread_count(string name) => ConvolutionChecks.WholeNumbersAreExact(Find(name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Random_numbers_stay_within_the_rounding_bound_with_the_same_bits_for_any_thread_count(string name) => ConvolutionChecks.RandomNumbersStayWithinTheRoundingBound(Find(name));

    [Theory]
    [InlineData("3x3, stride 2")]
    [InlineData("1x1, stride 2")]
    [InlineData("5x5, many positions and outputs")]
    [InlineData("first layer, 3x3, padding 1")]
    [InlineData("first layer, many rows")]
    public void Gradients_of_two_runs_add_up_and_outputs_do_not(string name) => ConvolutionChecks.ParameterGradientsOfTwoRunsAddUp(Find(name));

    [Theory]
    [InlineData("3x3, small map", false)]
    [InlineData("3x3, stride 2", true)]
    [InlineData("5x5, padding 2", true)]
    [InlineData("3x3, 2 groups, stride 2", true)]
    [InlineData("first layer, 7x7, stride 2", true)]
    public void Constant_weights_packed_once_and_a_fused_relu_change_no_bit(string name, bool forAnyMap) => ConvolutionChecks.ConstantWeightsAndAFusedReluChangeNoBit(Find(name), forAnyMap);

    private static ConvolutionCase Find(string name) => All.Single(c => c.Name == name);
}
