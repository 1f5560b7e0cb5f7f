using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>Weight gradients of 1x1 convolutions on small maps: sizes lie around whole tiles of outputs, pairs of vectors of inputs and squares of pixels.</summary>
public sealed class MatrixWeightGradientTests
{
    private static readonly ConvolutionCase[] All =
    [
        Conv("whole tiles and pairs", new Shape(1, 64, 7, 7), 14 * 6),
        Conv("odd channels", new Shape(1, 67, 7, 7), 101),
        Conv("one pixel", new Shape(1, 70, 1, 1), 90),
        Conv("one row, batch of 3", new Shape(3, 33, 1, 17), 71),
        Conv("tiles of all sizes, batch of 2", new Shape(2, 96, 5, 8), 14 * 4 + 12 + 8 + 6 + 4 + 2),
        Conv("fewer inputs than a pair", new Shape(1, 19, 9, 9), 130),
        Conv("many weights", new Shape(1, 520, 12, 15), 516),
    ];

    public static TheoryData<string> Cases => [.. All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_kernel_set_takes_it(string name)
    {
        ConvolutionCase c = Find(name);
        var site = new ConvolutionSite(c.Convolution!, c.Weight, c.Output, ConstantWeights: false);
        Assert.All(KernelSet.All, k => Assert.Equal(ConvolutionAlgorithm.Matrix, ConvolutionRules.Choose(new ConvolutionRules(k.Blocked, Precision.Exact).BackwardWeight, site)));
    }

    [Theory]
    [InlineData(1, 64, 64, 7, 7, 1, 0, true)]
    [InlineData(2, 64, 64, 7, 7, 1, 0, false)]
    [InlineData(1, 64, 64, 7, 7, 2, 0, false)]
    [InlineData(1, 64, 64, 7, 7, 1, 1, false)]
    [InlineData(1, 15, 64, 7, 7, 1, 0, false)]
    [InlineData(1, 512, 512, 13, 23, 1, 0, true)]
    [InlineData(1, 512, 512, 15, 20, 1, 0, false)]
    [InlineData(1, 512, 511, 13, 23, 1, 0, false)]
    public void Vectors_of_16_lanes_take_it_for_one_group_of_many_weights_or_few_pixels(int groups, int inputs, int outputs, int height, int width, int stride, int padding, bool taken)
    {
        Conv2dParameters p = Conv2dParameters.Square(1, stride, padding, groups: groups);
        var site = new ConvolutionSite(p, new Shape(outputs * groups, inputs, 1, 1), new Shape(1, outputs * groups, height, width), ConstantWeights: false);
        Assert.Equal(taken, ConvolutionRules.Choose(new ConvolutionRules(KernelSet.Avx512.Blocked, Precision.Exact).BackwardWeight, site) == ConvolutionAlgorithm.Matrix);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whole_numbers_are_exact(string name) => ConvolutionChecks.WholeNumbersAreExact(Find(name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Random_numbers_stay_within_the_rounding_bound(string name) => ConvolutionChecks.RandomNumbersStayWithinTheRoundingBound(Find(name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_of_two_runs_add_up(string name) => ConvolutionChecks.ParameterGradientsOfTwoRunsAddUp(Find(name));

    private static ConvolutionCase Find(string name) => All.Single(c => c.Name == name);

    private static ConvolutionCase Conv(string name, Shape input, int outputs) => new(name, input, outputs, Conv2dParameters.Square(1), null);
}
