using FcnSharp.TestKit;
using FcnSharp.Tensors.Operations;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class ConvolutionTests
{
    public static TheoryData<string> Cases => [.. CaseList.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whole_numbers_give_exactly_the_reference_on_every_kernel_set_and_thread_count(string name) => ConvolutionChecks.WholeNumbersAreExact(CaseList.Find(name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Random_numbers_stay_within_the_rounding_bound_with_the_same_bits_for_any_thread_count(string name) => ConvolutionChecks.RandomNumbersStayWithinTheRoundingBound(CaseList.Find(name));

    [Theory]
    [InlineData("3x3 same")]
    [InlineData("33 channels to 64")]
    [InlineData("7x7, stride 2, padding 3")]
    [InlineData("2 groups, stride, dilation")]
    [InlineData("depthwise")]
    [InlineData("up 8, FCN's kernel 16")]
    [InlineData("up 8, one group a class, 9 columns, batch of 2")]
    [InlineData("up 3, output padding 2")]
    public void Parameter_gradients_of_two_runs_add_up_and_outputs_do_not(string name) => ConvolutionChecks.ParameterGradientsOfTwoRunsAddUp(CaseList.Find(name));

    [Theory]
    [InlineData(1, 1, 20, 1)]
    [InlineData(1, 1, 6, 1)]
    [InlineData(1, 2, 9, 1)]
    [InlineData(3, 1, 7, 2)]
    [InlineData(3, 1, 24, 1)]
    [InlineData(5, 1, 9, 1)]
    public void Constant_weights_serve_forward_and_data_gradient_of_one_net(int kernel, int stride, int edge, int groups) =>
        ConvolutionChecks.ConstantWeightsServeBothDirections(new("square", new Shape(1, 48, edge, edge), 48, Conv2dParameters.Square(kernel, stride, padding: kernel / 2, groups: groups), null));

    [Fact]
    public void A_row_of_thirty_thousand_pixels_is_exact_in_both_directions()
    {
        foreach (ConvolutionCase c in (ConvolutionCase[])
            [
                new("wide", new Shape(1, 2, 1, 30_000), 3, new(1, 5) { PaddingWidth = 2 }, null),
                new("wide, stride", new Shape(1, 2, 1, 30_001), 3, new(1, 3) { StrideWidth = 2, DilationWidth = 2 }, null),
                new("wide, up", new Shape(1, 2, 1, 15_000), 2, null, new(1, 4) { StrideWidth = 2, PaddingWidth = 1 }),
                new("tall", new Shape(1, 2, 30_000, 1), 3, new(5, 1) { PaddingHeight = 2 }, null),
            ])
        {
            ConvolutionChecks.WholeNumbersAreExact(c);
        }
    }
}
