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
