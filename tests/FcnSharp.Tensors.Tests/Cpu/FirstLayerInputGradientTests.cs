using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>Data gradients of convolutions of images, with and without a stride. Sizes lie around items of four rows, whole vectors of columns and the planes that are seen at a time.</summary>
public sealed class FirstLayerInputGradientTests
{
    private static readonly ConvolutionCase[] All =
    [
        Conv("3x3", new Shape(1, 3, 9, 40), 19, new(3, 3) { PaddingHeight = 1, PaddingWidth = 1 }),
        Conv("ResNet's first layer, batch of 2", new Shape(2, 3, 32, 30), 64, Conv2dParameters.Square(7, stride: 2, padding: 3)),
        Conv("AlexNet's first layer", new Shape(1, 3, 43, 47), 33, Conv2dParameters.Square(11, stride: 4)),
        Conv("odd rows and columns of a stride", new Shape(1, 3, 17, 131), 17, Conv2dParameters.Square(5, stride: 2, padding: 2)),
        Conv("other strides down and across", new Shape(1, 3, 23, 38), 20, new(5, 4) { StrideHeight = 3, StrideWidth = 2, PaddingHeight = 1, PaddingWidth = 2 }),
        Conv("a stride across alone", new Shape(1, 3, 10, 29), 16, new(3, 3) { StrideWidth = 4 }),
        Conv("a stride with dilation", new Shape(1, 3, 25, 26), 18, new(3, 3) { StrideHeight = 2, StrideWidth = 2, DilationHeight = 3, DilationWidth = 2, PaddingHeight = 3 }),
        Conv("pixels that no tap reaches", new Shape(1, 3, 13, 21), 16, Conv2dParameters.Square(2, stride: 3)),
        Conv("rows and columns that no output reaches", new Shape(1, 3, 14, 18), 24, Conv2dParameters.Square(3, stride: 4)),
        Conv("padding larger than the kernel", new Shape(1, 3, 6, 9), 16, Conv2dParameters.Square(3, stride: 2, padding: 5)),
        Conv("a stride larger than the image", new Shape(2, 3, 2, 3), 16, Conv2dParameters.Square(4, stride: 4, padding: 1)),
        Conv("one output channel", new Shape(1, 3, 12, 12), 1, Conv2dParameters.Square(3, stride: 2)),
        Conv("wide rows: one plane at a time", new Shape(1, 3, 6, 6000), 5, Conv2dParameters.Square(3, stride: 2, padding: 1)),
    ];

    public static TheoryData<string> Cases => [.. All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_kernel_set_takes_it(string name)
    {
        ConvolutionCase c = Find(name);
        var site = new ConvolutionSite(c.Convolution!, c.Weight, c.Input, ConstantWeights: false);
        Assert.All(KernelSet.All, k => Assert.Equal(ConvolutionAlgorithm.ImageRows, ConvolutionRules.Choose(new ConvolutionRules(k.Blocked, Precision.Fast).BackwardInput, site)));
    }

    [Theory]
    [InlineData(3, 2, 1, 1, true)]
    [InlineData(2, 2, 1, 1, false)]
    [InlineData(4, 2, 1, 1, false)]
    [InlineData(3, 4, 1, 1, true)]
    [InlineData(3, 5, 1, 1, false)]
    [InlineData(3, 2, 21, 1, true)]
    [InlineData(3, 2, 22, 1, false)]
    [InlineData(3, 2, 1, 2, false)]
    public void Other_channels_and_large_strides_and_dilations_are_left_to_others(int inputs, int stride, int dilation, int groups, bool taken)
    {
        var site = new ConvolutionSite(Conv2dParameters.Square(3, stride, dilation: dilation, groups: groups), new Shape(12 * groups, inputs, 3, 3), new Shape(1, inputs * groups, 200, 200), ConstantWeights: false);
        Assert.Equal(taken, ConvolutionRules.Choose(new ConvolutionRules(KernelSet.Avx512.Blocked, Precision.Fast).BackwardInput, site) == ConvolutionAlgorithm.ImageRows);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whole_numbers_are_exact(string name) => ConvolutionChecks.WholeNumbersAreExact(Find(name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Random_numbers_stay_within_the_rounding_bound(string name) => ConvolutionChecks.RandomNumbersStayWithinTheRoundingBound(Find(name));

    private static ConvolutionCase Find(string name) => All.Single(c => c.Name == name);

    private static ConvolutionCase Conv(string name, Shape input, int outputs, Conv2dParameters parameters) => new(name, input, outputs, parameters, null);
}
